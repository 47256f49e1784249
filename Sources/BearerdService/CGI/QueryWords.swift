/// The words of a query without `=`, which RFC 3875 section 4.4 has a web server pass as arguments: `?--tokens+/tmp/x`.
///
/// A script that passes its own arguments on would let a client choose our options. (php-cgi was open so for years.)
/// Words that are no options end as errors of usage by themselves.
struct QueryWords {
  private let words: [[UInt8]]

  init(of environment: CGIEnvironment) {
    let query = environment.value(of: "QUERY_STRING") ?? []
    words = query.split(separator: UInt8(ascii: "+")).map(QueryWords.decoded)
      .filter { $0.first == UInt8(ascii: "-") }
  }

  /// Whether an option among them is an argument. Some servers put a backslash before what a shell would read.
  func appear(in arguments: [String]) -> Bool {
    let arguments = arguments.map { QueryWords.withoutBackslashes(Array($0.utf8)) }
    return words.contains { arguments.contains(QueryWords.withoutBackslashes($0)) }
  }

  private static func decoded(_ word: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = word
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func withoutBackslashes(_ bytes: [UInt8]) -> [UInt8] {
    bytes.filter { $0 != UInt8(ascii: "\\") }
  }
}
