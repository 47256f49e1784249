/// The parameters a responder reads; all others are passed over.
public struct ParameterNames: Sendable {
  /// The names, in the order in which `Parameters` gives their values.
  public let names: [StaticString]
  private let bytes: [[UInt8]]

  /// - Parameter names: at most 32, all different.
  public init(_ names: [StaticString]) {
    precondition(names.count <= 32, "a bit mask of 32 tells which were seen")
    self.names = names
    bytes = names.map { $0.withUTF8Buffer(Array.init) }
  }

  var count: Int { bytes.count }

  /// The place of `name` among the names; nil for one that nobody reads.
  func index(of name: Span<UInt8>) -> Int? {
    for index in bytes.indices {
      let known = bytes[index]
      if known.span.holdsSameBytes(as: name) { return index }
    }
    return nil
  }

  /// Why a whole stream of pairs may not be shown to libfcgi, which cuts values at NUL, splits names at `=`
  /// and takes the first of two equal names.
  func refusal(of pairs: Span<UInt8>) -> Refusal? {
    var seen: UInt32 = 0
    var cursor = 0
    while cursor < pairs.count {
      guard let pair = NameValue(pairs, at: cursor) else { return .brokenPair }
      let name = pairs.extracting(pair.name)
      if name.contains(0) || pairs.extracting(pair.value).contains(0) { return .nulByte }
      if name.contains(UInt8(ascii: "=")) { return .equalsInName }
      if let index = index(of: name) {
        guard seen & 1 << index == 0 else { return .duplicateParameter }
        seen |= 1 << index
      }
      cursor = pair.value.upperBound
    }
    return nil
  }
}
