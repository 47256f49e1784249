import Glibc

/// The variables that a web server hands to a CGI program (RFC 3875 section 4.1), as they are, two of one name
/// included.
public struct CGIEnvironment {
  private let entries: [[UInt8]]

  /// - Parameter entries: `NAME=value` each, as in environ(7).
  public init(_ entries: [[UInt8]]) { self.entries = entries }

  /// This process's own.
  public static var current: CGIEnvironment {
    var entries: [[UInt8]] = []
    // The C library's array ends with a null pointer; nothing here changes it.
    var entry = environ
    while let text = entry.pointee {
      entries.append(
        Array(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }))
      entry += 1
    }
    return CGIEnvironment(entries)
  }

  /// All values of a name, in their order.
  func values(of name: String) -> [ArraySlice<UInt8>] {
    let start = Array("\(name)=".utf8)
    return entries.filter { $0.starts(with: start) }.map { $0.dropFirst(start.count) }
  }

  /// All variables, in their order.
  var variables: [(name: String, value: String)] {
    entries.map { entry in
      let name = entry.prefix { $0 != UInt8(ascii: "=") }
      let value = entry.dropFirst(name.count + 1)
      return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
  }

  /// Whether a web server started this process to answer a request (RFC 3875 section 4.1.4).
  public var isCGI: Bool { value(of: "GATEWAY_INTERFACE") != nil }

  /// The first value of a name; nil where there is none.
  func value(of name: String) -> ArraySlice<UInt8>? { values(of: name).first }

  /// Whether a file lies in the folder whose files the web server gives to everybody.
  func publishes(_ path: String) -> Bool {
    guard let folder = value(of: "DOCUMENT_ROOT"), !folder.isEmpty,
      let root = realpath(String(decoding: folder, as: UTF8.self), nil), let file = realpath(path, nil)
    else { return false }
    defer {
      free(root)
      free(file)
    }
    return String(cString: file).hasPrefix(String(cString: root) + "/")
  }
}
