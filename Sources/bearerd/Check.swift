import ArgumentParser
import BearerAuth
import Glibc

/// `bearerd check`: would these tokens be loaded? Like `nginx -t`.
struct Check: Command {
  static let configuration = CommandConfiguration(
    abstract: "Tell whether the tokens can be loaded, and all that is wrong with them.",
    discussion:
      "Exits with 0 where they can be, 78 where they have an error, and 74 where they cannot be read.")

  @OptionGroup var source: TokensOption

  func perform() throws {
    // Root need not be the user that the daemon runs as; any other user is taken for that.
    let loaded = try source.load(owners: geteuid() == 0 ? .warned : .refused)
    try Console.print("ok: \(loaded.summary(at: .now))")
  }
}

/// `bearerd health`: a probe for monitors and for Kubernetes.
struct Health: Command {
  static let configuration = CommandConfiguration(
    abstract: "Ask the running daemon whether it is ready.",
    discussion: """
      Exits with 0 if it is, and with 1 if it is not, does not answer or is not there. It is not ready while the tokens \
      in force have differed from those on disk for more than five seconds.
      """)

  @OptionGroup var daemon: DaemonOption

  @Flag(help: "Only whether it serves, also by the tokens from before: for what would restart or bypass it.")
  var alive = false

  func perform() throws {
    let answer: String
    do {
      let response = try daemon.ask(alive ? "alive" : "health")
      answer = response.body
      guard response.status != 200 else { return try Console.print("ready") }
    } catch {
      throw Failure(error.message)
    }
    try Console.print(
      answer.split(separator: "\n").first.map { String($0).shortened(to: 1000).printable }
        ?? "not ready: no answer")
    throw ExitCode(EXIT_FAILURE)
  }
}
