/// The values of one request's parameters that a responder asked for, in storage that every request of a loop
/// shares. Nothing here outlives its request: `removeAll` overwrites it.
public struct Parameters {
  private let names: ParameterNames
  private var storage: [UInt8] = []
  private var values: [Range<Int>?]

  /// - Parameter names: what to keep; all other parameters are passed over.
  public init(names: ParameterNames) {
    self.names = names
    values = Array(repeating: nil, count: names.count)
    // Never grown, so never copied: a copy left behind would not be overwritten.
    storage.reserveCapacity(Gate.maximumHead)
  }

  /// Hands the value of the parameter at `index` of the names to `body`; nil where the front did not send it.
  public func withValue<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
    guard let range = values[index] else { return nil }
    return body(storage.span.extracting(range))
  }

  /// Whether the front sent the parameter at `index` with at least one byte.
  public func hasValue(at index: Int) -> Bool {
    values[index].map { !$0.isEmpty } ?? false
  }

  /// Keeps `value` where `name` is asked for and was not seen yet.
  public mutating func keep(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    guard let index = names.index(of: name), values[index] == nil else { return }
    let start = storage.count
    for position in value.indices { storage.append(value[position]) }
    values[index] = start..<storage.count
  }

  /// Overwrites and forgets every value.
  public mutating func removeAll() {
    storage.wipe()
    storage.removeAll(keepingCapacity: true)
    for index in values.indices { values[index] = nil }
  }
}
