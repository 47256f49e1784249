import Synchronization

/// A row of numbers that one thread writes and any thread may read: no lock, and no instruction that another core
/// has to wait for. All begin at 0.
///
/// A reader sees each number whole, and maybe a moment late; two numbers need not be of the same moment.
public struct Cells: ~Copyable, @unchecked Sendable {
  /// A row has its cache lines for itself, so that two loops never fight for one; processors fetch them in pairs.
  private static let alignment = 128

  private let start: UnsafeMutablePointer<Atomic<UInt64>>
  /// How many numbers there are.
  public let count: Int

  /// A row of `count` numbers.
  public init(count: Int) {
    let bytes = (count * 8 + Cells.alignment - 1) / Cells.alignment * Cells.alignment
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Cells.alignment)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    // An atomic number lies in memory as the number itself does.
    start = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    self.count = count
  }

  deinit { start.deallocate() }

  /// The number at `index`, from any thread.
  public subscript(index: Int) -> UInt64 {
    precondition(index >= 0 && index < count)
    return start[index].load(ordering: .relaxed)
  }

  /// Adds to the number at `index`; only from the thread that writes. A plain load and a plain store.
  public func add(_ amount: UInt64 = 1, at index: Int) {
    precondition(index >= 0 && index < count)
    start[index].store(start[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Replaces the number at `index`; only from the thread that writes.
  public func set(_ value: UInt64, at index: Int) {
    precondition(index >= 0 && index < count)
    start[index].store(value, ordering: .relaxed)
  }
}
