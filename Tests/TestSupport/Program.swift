import Foundation
import Testing

/// A real program that serves until it is stopped; stopped by its number with the object.
package final class Program {
  private let running: Running
  private var outcome: Outcome?

  package var pid: pid_t { running.pid }

  /// Everything that the program wrote.
  package var output: String { running.outputSoFar + running.errorsSoFar }

  /// What the list of processes shows of it, or showed when it was stopped.
  package var commandLine: String {
    outcome == nil
      ? (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? "" : lastCommandLine
  }

  private var lastCommandLine = ""

  /// Whether all its threads have taken a SIGSTOP, which takes its time.
  package var isStopped: Bool {
    get throws {
      let tasks = "/proc/\(pid)/task"
      return try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy {
        try String(contentsOfFile: "\(tasks)/\($0)/stat", encoding: .utf8).contains(") T ")
      }
    }
  }

  /// How many files and sockets it has open.
  package var descriptors: Int {
    get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }
  }

  package init(_ command: [String]) throws { running = try Bearerd.start(command) }

  deinit { stop() }

  /// Ends it, gracefully unless another signal is given; its exit code.
  @discardableResult
  package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    if outcome == nil {
      lastCommandLine = commandLine
      kill(pid, signal)
      outcome = try? running.wait()
    }
    return outcome?.code ?? -1
  }
}

/// Where the project's own files are.
package let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// Asks until the answer is yes, for a limited time.
package func eventually(seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
  let end = Date(timeIntervalSinceNow: seconds)
  while Date() < end {
    if try condition() { return true }
    usleep(10_000)
  }
  return try condition()
}
