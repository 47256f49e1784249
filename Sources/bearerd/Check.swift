import ArgumentParser
import BearerAuth
import Glibc

/// `bearerd check`: whether the tokens can be loaded. Like `nginx -t`.
struct Check: Command {
  static let configuration = CommandConfiguration(
    abstract: "Check whether the tokens can be loaded, and list all errors.",
    discussion:
      "Exits 0 if they can be loaded, 78 if they have an error, and 74 if they cannot be read.")

  @OptionGroup var source: TokensOption

  func perform() throws {
    // Root need not be the daemon's user; any other user is assumed to be.
    let loaded = try source.load(owners: geteuid() == 0 ? .warned : .refused)
    try Console.print("ok: \(loaded.summary(at: .now))")
  }
}

/// `bearerd health`: a probe for monitors and for Kubernetes.
struct Health: Command {
  static let configuration = CommandConfiguration(
    abstract: "Check whether the running daemon is ready.",
    discussion: """
      Exits 0 if it is, and 1 if it is not, does not answer or does not run. It is not ready if the tokens in use \
      have differed from those on disk for more than five seconds.
      """)

  @OptionGroup var daemon: DaemonOption

  @Flag(
    help:
      "Only check whether it serves, even with outdated tokens: for a monitor that restarts or bypasses it.")
  var alive = false

  func perform() throws {
    let answer: String
    do {
      let response = try daemon.request(alive ? "alive" : "health")
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
