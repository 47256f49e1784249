/// What came back for one request.
public struct ResponseMessage: Equatable, Sendable {
  /// The contents of all STDOUT records.
  public var output: [UInt8] = []
  /// Whether END_REQUEST came. Without it, nothing in `output` may be believed.
  public var isEnded = false

  /// A response of which the output, if any, is known already.
  public init(output: [UInt8] = [], isEnded: Bool = false) {
    self.output = output
    self.isEnded = isEnded
  }

  /// The code of the `Status:` line, which we always send first; nil where there is none.
  public var status: Int? {
    header("Status").flatMap { Int($0.prefix(3)) }
  }

  /// The value of the first header line of that name.
  public func header(_ name: String) -> String? {
    for line in head {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
        continue
      }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  /// What follows the header block's empty line.
  public var body: String {
    guard let end = headEnd else { return "" }
    return String(decoding: output[(end + 4)...], as: UTF8.self)
  }

  private var head: [Substring] {
    guard let end = headEnd else { return [] }
    return String(decoding: output[..<end], as: UTF8.self).split(separator: "\r\n")
  }

  private var headEnd: Int? {
    let end: [UInt8] = [13, 10, 13, 10]
    return output.indices.first { output[$0...].starts(with: end) }
  }
}
