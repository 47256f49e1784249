import Glibc

/// The values of one request's parameters that a responder asked for, in storage that every request of a loop
/// shares. Nothing here outlives its request: `removeAll` overwrites it.
public struct Parameters: ~Copyable {
  private let names: ParameterNames
  // Never grown, so never copied: a copy left behind would not be overwritten.
  @usableFromInline let storage: UnsafeMutablePointer<UInt8>
  /// A place for each name; one that begins at -1 is of a parameter that the front did not send. The last is what is
  /// used of the storage.
  @usableFromInline let values: UnsafeMutablePointer<(start: Int, count: Int)>
  @usableFromInline let count: Int

  private var used: Int {
    get { values[count].count }
    nonmutating set { values[count].count = newValue }
  }

  /// - Parameter names: what to keep; all other parameters are passed over.
  public init(names: ParameterNames) {
    self.names = names
    count = names.count
    storage = .allocate(capacity: Gate.maximumHead)
    values = .allocate(capacity: count + 1)
    values.initialize(repeating: (-1, 0), count: count + 1)
  }

  deinit {
    explicit_bzero(storage, used)
    storage.deallocate()
    values.deallocate()
  }

  /// Hands the value of the parameter at `index` of the names to `body`; nil where the front did not send it.
  @inlinable
  public func withValue<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
    precondition(index >= 0 && index < count)
    let value = values[index]
    guard value.start >= 0 else { return nil }
    return body(UnsafeBufferPointer(start: storage + value.start, count: value.count).span)
  }

  /// Whether the front sent the parameter at `index` with at least one byte.
  @inlinable
  public func hasValue(at index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return values[index].count > 0
  }

  /// Keeps `value` where `name` is asked for and was not seen yet. What all of them together hold is no more than
  /// the gate lets pass.
  public func keep(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    guard let index = names.index(of: name), values[index].start < 0 else { return }
    precondition(value.count <= Gate.maximumHead - used)
    value.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { (storage + used).update(from: start, count: bytes.count) }
    }
    values[index] = (used, value.count)
    used += value.count
  }

  /// Overwrites and forgets every value.
  public func removeAll() {
    explicit_bzero(storage, used)
    used = 0
    for index in 0..<count { values[index] = (-1, 0) }
  }
}
