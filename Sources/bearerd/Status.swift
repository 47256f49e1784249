import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd status`
struct Status: Command {
  static let configuration = CommandConfiguration(
    abstract:
      "Show the state of the running daemon: keys and their last use, denials, token file, connections.",
    discussion: """
      The daemon keeps all of it in memory, from its start. LAST USED is when a token was last used for an allowed \
      request, and FROM the client's address.
      """)

  @OptionGroup var daemon: DaemonOption

  @Flag(help: "Print the daemon's JSON object, for programs.")
  var json = false

  @Flag(help: "Repeat every two seconds, until interrupted.")
  var watch = false

  func perform() throws {
    guard watch else { return try Console.print(try screen()) }
    let isTerminal = isatty(STDOUT_FILENO) == 1
    while true {
      // Continues while the daemon restarts.
      let text = Result { try screen() }
      let shown = try? text.get()
      let message = (text.failure as? Failure).map { "bearerd: \($0.message)" } ?? ""
      if isTerminal { try Console.clear() }
      try Console.print(shown ?? message)
      sleep(2)
    }
  }

  private func screen() throws(Failure) -> String {
    guard json else { return StatusScreen(try daemon.report()).text }
    let response = try daemon.request("status")
    guard response.status == 200 else {
      throw Failure("the daemon does not support this request; is it an older version?")
    }
    guard (try? JSONDocument(parsing: Array(response.body.utf8))) != nil else {
      throw Failure("the daemon's response is not JSON")
    }
    return JSON.escaped(response.body.trimmingLineEnds)
  }
}

extension String {
  fileprivate var trimmingLineEnds: String {
    String(drop { $0.isNewline }.reversed().drop { $0.isNewline }.reversed())
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
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
