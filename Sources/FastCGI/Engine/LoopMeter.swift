/// What one event loop has done and holds. Its loop writes, any thread reads.
public final class LoopMeter: Sendable {
  /// The figures of a loop.
  public enum Figure: Int, CaseIterable, Sendable {
    /// How often it has come round to waiting: what stands still while the loop hangs.
    case rounds
    /// Connections accepted.
    case accepted
    /// Connections now whose request, or whose end, is still to come.
    case reading
    /// Bytes of memory that requests took which did not arrive in one piece.
    case bytesTaken
    /// Those of them that were freed again.
    case bytesFreed
    /// Connections now that were answered and kept.
    case idle
    /// Connections closed at their deadline.
    case late
    /// Connections closed to make room for newer ones.
    case crowded
    /// Connections closed at once, since their peer is not among those allowed.
    case foreign
  }

  private let cells = Cells(count: Figure.allCases.count)

  /// The figure as the loop last left it.
  public subscript(figure: Figure) -> Int { Int(clamping: cells[figure.rawValue]) }

  func count(_ figure: Figure, _ amount: Int = 1) { cells.add(UInt64(amount), at: figure.rawValue) }

  /// The loop is about to wait.
  func passRound(reading: Int, idle: Int) {
    cells.add(at: Figure.rounds.rawValue)
    cells.set(UInt64(reading), at: Figure.reading.rawValue)
    cells.set(UInt64(idle), at: Figure.idle.rawValue)
  }
}
