import BearerAuth
import Glibc

/// The options that are valid for a program started by a web server (RFC 3875).
///
/// A web server passes the words of a query without `=` as arguments (RFC 3875 section 4.4), so any argument
/// may be a client's. (php-cgi was vulnerable to this for years.) Options come from two places only: the
/// arguments in the administrator's script, after `cgi`, and environment variables that begin with
/// `BEARERD_CGI_`. What a client sends is in other variables: headers in `HTTP_...`, the query in
/// `QUERY_STRING`.
package enum CGIArguments {
  /// `BEARERD_CGI_CACHE_TTL=60` is `--cache-ttl=60`.
  static let prefix = "BEARERD_CGI_"
  /// Options without a value; their variable is set to `on`.
  static let flags = ["x-sendfile", "allow-preflight", "accept-redirected-authorization"]

  /// The options for `bearerd cgi`: those of the environment, then those of the script, which override them.
  /// - Parameter arguments: of this process, without its name. They are ignored unless they begin with `cgi`,
  /// because then the administrator's script did not write them.
  package static func options(
    in arguments: [String], _ environment: CGIEnvironment
  ) throws(CGIFailure) -> [String] {
    let written = arguments.first == "cgi" ? Array(arguments.dropFirst()) : []
    try rejectQuery(in: written, environment)
    return try options(of: environment) + written
  }

  /// Throws if an argument may be a word of the query, which happens if the script passes its own arguments on.
  package static func rejectQuery(
    in arguments: [String], _ environment: CGIEnvironment
  ) throws(CGIFailure) {
    guard !arguments.isEmpty else { return }
    let queries = environment.values(of: "QUERY_STRING")
    // RFC 3875 section 4.1.7 requires it; without it the origin of the arguments is unknown.
    guard !queries.isEmpty || !environment.isCGI else {
      throw CGIFailure("QUERY_STRING is missing, so the options may be a client's; do not unset it")
    }
    guard !queries.contains(where: { QueryWords($0).appear(in: arguments) }) else {
      throw CGIFailure(
        "a word of the query is also an argument; the script must not pass its arguments on (\"$@\")")
    }
  }

  /// Apache adds the prefix `REDIRECT_` to a variable when it redirects a request internally.
  private static func options(of environment: CGIEnvironment) throws(CGIFailure) -> [String] {
    var values: [(name: String, value: String)] = []
    for (name, value) in environment.variables {
      var name = name[...]
      while name.hasPrefix("REDIRECT_") { name = name.dropFirst("REDIRECT_".count) }
      guard name.hasPrefix(prefix) else { continue }
      if let known = values.first(where: { $0.name == name }) {
        guard known.value == value else { throw CGIFailure("\(name) has two values; keep one of them") }
      } else {
        values.append((String(name), value))
      }
    }
    return values.map { name, value in
      let option = name.dropFirst(prefix.count).lowercased().replacing("_", with: "-")
      return flags.contains(option) && value == "on" ? "--\(option)" : "--\(option)=\(value)"
    }
  }
}

/// The words of a query that a web server, or a shell behind it, may have passed as arguments.
private struct QueryWords {
  private let words: Set<[UInt8]>
  private let texts: [[UInt8]]

  init(_ query: ArraySlice<UInt8>) {
    let plus = UInt8(ascii: "+")
    let parts = query.isEmpty ? [] : query.split(separator: plus, omittingEmptySubsequences: false)
    let decoded = parts.map(QueryWords.decoded)
    // Apache truncates a word at a decoded NUL; a shell splits one at spaces, tabs and line ends, and keeps other control
    // characters in it.
    let separators: [(UInt8) -> Bool] = [
      { $0 <= 0x20 }, { [0, 0x09, 0x0a, 0x20].contains($0) }, { $0 == 0 },
    ]
    let split = separators.flatMap { isSeparator in
      decoded.flatMap { $0.split(whereSeparator: isSeparator).map(Array.init) }
    }
    // Some servers do not decode, or pass all words as one argument.
    texts = [parts.map(Array.init), decoded].map { QueryWords.visible(Array($0.joined())) }
    words = Set(
      (parts.map(Array.init) + decoded + split).map(QueryWords.visible) + texts.filter { !$0.isEmpty })
  }

  /// An option is rejected if it occurs anywhere in the query; another argument or an option's value, if it is
  /// a word of it.
  func appear(in arguments: [String]) -> Bool {
    arguments.contains { argument in
      let text = QueryWords.visible(Array(argument.utf8))
      if words.contains(text) { return true }
      guard text.first == UInt8(ascii: "-") else { return false }
      let value = text.firstIndex(of: UInt8(ascii: "=")).map { Array(text[($0 + 1)...]) }
      return texts.contains { $0.contains(text) } || value.map(words.contains) ?? false
    }
  }

  /// The bytes that are passed unchanged: Apache adds a backslash before characters that are special in a
  /// shell, and a byte beyond ASCII may be replaced.
  private static func visible(_ bytes: [UInt8]) -> [UInt8] {
    bytes.filter { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }
  }

  private static func decoded(_ word: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = word
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2).compactMap(\.hexValue)
      if byte == UInt8(ascii: "%"), digits.count == 2 {
        bytes.append(digits[0] << 4 | digits[1])
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}

/// An error in a request or its configuration, and the fix.
package struct CGIFailure: Error, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }
}

/// The variables that a web server passes to a CGI program (RFC 3875 section 4.1), unchanged, including two of
/// one name.
package struct CGIEnvironment {
  private let entries: [[UInt8]]

  /// - Parameter entries: `NAME=value` each, as in environ(7).
  package init(_ entries: [[UInt8]]) { self.entries = entries }

  /// The environment of this process.
  package static var current: CGIEnvironment {
    var entries: [[UInt8]] = []
    // The C library's array ends with a null pointer; nothing here changes it.
    var entry = environ
    while let text = entry.pointee {
      entries.append(
        Array(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(truncatingIfNeeded: $0) }))
      entry += 1
    }
    return CGIEnvironment(entries)
  }

  /// All values of a name, in order.
  func values(of name: String) -> [ArraySlice<UInt8>] {
    let start = Array("\(name)=".utf8)
    return entries.filter { $0.starts(with: start) }.map { $0.dropFirst(start.count) }
  }

  /// All variables, in order.
  var variables: [(name: String, value: String)] {
    entries.map { entry in
      let name = entry.prefix { $0 != UInt8(ascii: "=") }
      let value = entry.dropFirst(name.count + 1)
      return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
  }

  /// Whether a web server started this process to answer a request (RFC 3875 section 4.1.4).
  package var isCGI: Bool { value(of: "GATEWAY_INTERFACE") != nil }

  /// The first value of a name; nil if there is none.
  func value(of name: String) -> ArraySlice<UInt8>? { values(of: name).first }

  /// Whether a file is inside DOCUMENT_ROOT, whose files the web server publishes.
  func publishes(_ path: String) -> Bool {
    guard let directory = value(of: "DOCUMENT_ROOT"), !directory.isEmpty,
      let root = realpath(String(decoding: directory, as: UTF8.self), nil), let file = realpath(path, nil)
    else { return false }
    defer {
      free(root)
      free(file)
    }
    return String(cString: file).hasPrefix(String(cString: root) + "/")
  }
}
