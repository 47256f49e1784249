import FastCGI
import Glibc

/// Where a CGI program, whom the web server asks for a file and not whether one may pass, sends those who may: the
/// same path below a private folder that nobody reaches directly.
///
/// A path is only ever copied, never looked through for a meaning: one that two readers could read in two ways is
/// refused, not put right.
package struct HandOver: Sendable {
  /// The variable that holds the path asked for, decoded once by the web server.
  package enum PathVariable: String, CaseIterable, Sendable {
    /// What stands behind the program's own path (RFC 3875 section 4.1.5).
    case pathInfo = "PATH_INFO"
    /// The path before Apache's rewriting, which a client's words never reach.
    case redirectURL = "REDIRECT_URL"
  }

  /// What the web server is told.
  package enum Kind: Sendable {
    /// `Location: /path`: a local redirect (RFC 3875 section 6.2.2).
    case location
    /// `X-Sendfile: /path`: a file by its name on the disk.
    case sendfile
  }

  /// A setting that cannot be meant, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    /// The whole sentence for the administrator.
    package var description: String
  }

  /// The longest path that is handed over, in bytes.
  static let maximumPath = 1024

  let variable: PathVariable
  let kind: Kind
  private let publicPrefix: [UInt8]
  private let privatePrefix: [UInt8]

  /// - Parameters:
  ///   - publicPrefix: what the path asked for must begin with, `/private/` say.
  ///   - privatePrefix: what stands in its place: a URL path, or a folder for X-Sendfile.
  package init(
    from variable: PathVariable, publicPrefix: String, privatePrefix: String, kind: Kind
  ) throws(Invalid) {
    for prefix in [publicPrefix, privatePrefix] {
      guard HandOver.isDirectory(prefix) else {
        throw Invalid(
          description: "\(prefix) is no folder's path; write /NAME/, with a slash at both ends and no . or .."
        )
      }
    }
    guard privatePrefix != "/" else {
      throw Invalid(description: "/ is everything; write the private folder, /NAME/")
    }
    // What is handed over would be asked for again.
    guard kind == .sendfile || variable == .pathInfo || !privatePrefix.hasPrefix(publicPrefix) else {
      throw Invalid(description: "\(privatePrefix) lies in \(publicPrefix); put it beside that")
    }
    self.variable = variable
    self.kind = kind
    self.publicPrefix = Array(publicPrefix.utf8)
    self.privatePrefix = Array(privatePrefix.utf8)
  }

  /// Where the path asked for lies; nil for one that is refused.
  func target(of path: ArraySlice<UInt8>) -> [UInt8]? {
    guard path.count <= HandOver.maximumPath, path.starts(with: publicPrefix) else { return nil }
    let rest = path.dropFirst(publicPrefix.count)
    guard HandOver.isPlain(rest) else { return nil }
    // The web server sends files, and finds a folder's index by URL only.
    guard kind == .location || !rest.isEmpty && rest.last != UInt8(ascii: "/") else { return nil }
    return privatePrefix + rest
  }

  /// The header line for a target, without its end. It holds no `%` of its own, so it is the same file to a server that
  /// decodes X-Sendfile and to one that does not.
  func header(for target: [UInt8]) -> [UInt8] {
    switch kind {
    case .location: Array("Location: ".utf8) + HandOver.percentEncoded(target)
    case .sendfile: Array("X-Sendfile: ".utf8) + target
    }
  }

  /// Segments that mean nothing but themselves, wherever they are read: no empty one but at the end, none that begins
  /// with a dot (`..`, `.htaccess`, `.git`), no control byte, no `%`, which may be decoded again, and no `\`, which some
  /// read as `/`. All else is part of a file's name: the header encodes it, or is a path and not a URL.
  private static func isPlain(_ path: ArraySlice<UInt8>) -> Bool {
    let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return path.allSatisfy { $0 == UInt8(ascii: "/") || isPlain($0) }
      && segments.allSatisfy { $0.first != UInt8(ascii: ".") }
      && segments.dropLast().allSatisfy { !$0.isEmpty }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7f && !#"/%\"#.utf8.contains(byte)
  }

  /// RFC 3986 section 2.3.
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    guard path.hasPrefix("/"), path.hasSuffix("/") else { return false }
    let segments = path.dropFirst().dropLast().split(separator: "/", omittingEmptySubsequences: false)
    return path == "/"
      || segments.allSatisfy { !["", ".", ".."].contains($0) && $0.utf8.allSatisfy(isPlain) }
  }

  private static func percentEncoded(_ path: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return path.flatMap { byte in
      byte == UInt8(ascii: "/") || isUnreserved(byte)
        ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}

extension HandOver {
  /// The answer to somebody who may: where the file lies, or why there is none. Only who may learns that.
  func outcome(
    of allowance: ResponseMessage, _ environment: CGIEnvironment, complain: (String) -> Void
  ) -> CGI.Outcome {
    // A redirect inside the web server turns every method into GET and loses the body. A CORS preflight, which passes
    // for nobody, gets no file.
    let method = environment.value(of: "REQUEST_METHOD").map { String(decoding: $0, as: UTF8.self) }
    guard method == "GET" || method == "HEAD", allowance.header("X-Bearerd-Application") != nil else {
      return HandOver.refuse("405 Method Not Allowed", "Allow: GET, HEAD\r\n")
    }
    guard let path = environment.value(of: variable.rawValue) else {
      complain("nothing to hand over: the web server sent no \(variable.rawValue)")
      return HandOver.refuse("404 Not Found")
    }
    guard let target = target(of: path) else {
      complain("path not handed over: not below --public, or with a byte or a dot that is refused")
      return HandOver.refuse("404 Not Found")
    }
    return CGI.Outcome(response: response(naming: target, to: allowance), code: 0)
  }

  /// X-Sendfile stands in a whole answer. A redirect has no status, and RFC 3875 would have nothing stand beside it;
  /// but Apache passes the names on to its log, and there is no other way to it.
  private func response(naming target: [UInt8], to allowance: ResponseMessage) -> [UInt8] {
    var lines: [[UInt8]] = []
    if kind == .sendfile { lines += ["Status: 200 OK", "Cache-Control: no-store"].map { Array($0.utf8) } }
    for name in ["X-Bearerd-Application", "X-Bearerd-Key"] {
      if let value = allowance.header(name) { lines.append(Array("\(name): \(value)".utf8)) }
    }
    lines.append(header(for: target))
    return Array(lines.joined(separator: Array("\r\n".utf8))) + Array("\r\n\r\n".utf8)
  }

  private static func refuse(_ status: String, _ header: String = "") -> CGI.Outcome {
    let body = "\(status.dropFirst(4))\n"
    let response =
      "Status: \(status)\r\n\(header)Cache-Control: no-store\r\nContent-Type: text/plain\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return CGI.Outcome(response: Array(response.utf8), code: EXIT_FAILURE)
  }
}
