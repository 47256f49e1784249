import FastCGI

/// Whether the event loops go round. The control loop looks, and lets each go round once after every look: one that
/// does not then is held up, whatever it waits for. Any thread may ask.
final class LoopWatch: Sendable {
  /// A loop that has not moved for so long hangs, in milliseconds.
  static let patience: UInt64 = 15_000

  private let server: Server
  /// For each loop its rounds at the last look, and when it was last seen to have moved, in monotonic milliseconds.
  private let rounds: Cells
  private let moved: Cells
  /// When the control loop last looked.
  private let looked = Cells(count: 1)

  init(_ server: Server, at now: UInt64) {
    self.server = server
    rounds = Cells(count: server.meters.count)
    moved = Cells(count: server.meters.count)
    for loop in server.meters.indices { moved.set(now, at: loop) }
    looked.set(now, at: 0)
  }

  /// Notes which loops have moved. Only from the control loop.
  func look(at now: UInt64) {
    for (loop, meter) in server.meters.enumerated() where UInt64(meter[.rounds]) != rounds[loop] {
      rounds.set(UInt64(meter[.rounds]), at: loop)
      moved.set(now, at: loop)
    }
    looked.set(now, at: 0)
  }

  /// Lets every loop go round once.
  func nudge() { server.wake() }

  /// Whether every loop was seen to move after `time`.
  func haveAllMoved(since time: UInt64) -> Bool {
    server.meters.indices.allSatisfy { moved[$0] > time }
  }

  /// What hangs, for people; nil where nothing does.
  func complaint(at now: UInt64) -> String? {
    for loop in server.meters.indices where now > moved[loop] + LoopWatch.patience {
      return "loop \(loop) has not moved for \((now - moved[loop]) / 1000) seconds"
    }
    guard now > looked[0] + 2 * LoopWatch.patience else { return nil }
    return "no signal and no reload is taken for \((now - looked[0]) / 1000) seconds"
  }
}
