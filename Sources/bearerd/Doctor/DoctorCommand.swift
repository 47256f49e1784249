import ArgumentParser

/// `bearerd doctor`: what is wrong with a live site, a socket, or nginx's configuration.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Find what is open, leaks or is denied by mistake: in a live site, a socket, or nginx's configuration.",
    discussion: """
      bearerd doctor https://api.example.com/api/ --token-stdin <app.token
      bearerd doctor unix:/run/bearerd/bearerd.sock
      bearerd doctor nginx
      """,
    subcommands: [Doctor.self, NginxDoctor.self],
    defaultSubcommand: Doctor.self)
}
