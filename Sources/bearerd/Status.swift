import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `bearerd status`
struct Status: Command {
  static let configuration = CommandConfiguration(
    abstract:
      "Ask the running daemon what it does: keys and their last use, denials, the state of the tokens.",
    discussion: """
      The daemon keeps all of it in memory: it begins anew when the daemon is started. LAST USED is when a token last \
      opened a door, and FROM where the web server said the caller was.
      """)

  @OptionGroup var daemon: DaemonOption

  @Flag(help: "The daemon's own JSON object, for programs.")
  var json = false

  @Flag(help: "Again every two seconds, until interrupted.")
  var watch = false

  func perform() throws {
    guard watch else { return try Console.print(try screen()) }
    let isTerminal = isatty(STDOUT_FILENO) == 1
    while true {
      // One that is started again meanwhile is waited for.
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
    let response = try daemon.ask("status")
    guard response.status == 200 else { throw Failure("the daemon does not know the question; is it older?") }
    guard (try? JSONDocument(parsing: Array(response.body.utf8))) != nil else {
      throw Failure("the daemon's answer is not JSON")
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
