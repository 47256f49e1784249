/// The options of a CGI program: no byte of the query becomes one. The input is a query; its first byte chooses how
/// the web server makes arguments of it, its second where the administrator's script puts them.
enum ArgumentsTarget {
  static func run(_ bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let query = bytes.dropFirst(2).filter { $0 != 0 }
    let words = words(of: query, by: bytes[0])
    let isScript = bytes[1] & 1 == 1
    let own = isScript ? ["--tokens", "/home/me/tokens"] : []
    let arguments = isScript ? bytes[1] & 2 == 0 ? ["cgi"] + own + words : ["cgi"] + words + own : words
    let environment = CGIEnvironment(
      ["GATEWAY_INTERFACE=CGI/1.1".utf8, "BEARERD_CGI_REALM=r".utf8, "HTTP_BEARERD_CGI_TOKENS=/x".utf8]
        .map { Array($0) } + [Array("QUERY_STRING=".utf8) + query])
    let options: [String]
    do throws(CGIFailure) {
      options = try CGIArguments.options(in: arguments, environment)
    } catch {
      return expect(arguments.first == "cgi", "without cgi nothing of the query denies")
    }
    expect(options == ["--realm=r"] + own, "no byte of the query is an option: \(options)")
  }

  /// As web servers and shells do it.
  private static func words(of query: [UInt8], by way: UInt8) -> [String] {
    // RFC 3875 section 4.4: a query with `=` is not a list of words.
    guard !query.isEmpty, !query.contains(UInt8(ascii: "=")) else { return [] }
    let plus = UInt8(ascii: "+")
    var words = query.split(separator: plus, omittingEmptySubsequences: false).map(Array.init)
    switch way % 4 {
    // Apache: decoded, ended at a NUL, with a backslash before what a shell would read.
    case 0: words = words.map { escaped(Array(decoded($0).prefix { $0 != 0 })) }
    // Decoded, and split again by a shell.
    case 1:
      words = words.flatMap {
        decoded($0).prefix { $0 != 0 }.split { [9, 10, 32].contains($0) }.map(Array.init)
      }
    // Not decoded.
    case 2: break
    // Not decoded, one argument.
    default: words = [query.map { $0 == plus ? 32 : $0 }]
    }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func decoded(_ word: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < word.count {
      if word[index] == UInt8(ascii: "%"), index + 2 < word.count, let high = digit(word[index + 1]),
        let low = digit(word[index + 2])
      {
        bytes.append(high * 16 + low)
        index += 3
      } else {
        bytes.append(word[index])
        index += 1
      }
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func escaped(_ word: [UInt8]) -> [UInt8] {
    word.flatMap { "&;`'\"|*?~<>^()[]{}$\\\n".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
  }
}
