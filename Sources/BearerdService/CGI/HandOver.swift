import FastCGI
import Glibc

/// Serves files by internal redirect, for a CGI program that is requested in place of a file: an allowed
/// request is redirected to the same path below a private directory that clients cannot request.
///
/// A path is only copied, never interpreted: one that two programs could interpret differently is rejected, not
/// corrected.
/// refused, not put right.
package struct HandOver: Sendable {
  /// The variable with the requested path, decoded once by the web server.
  package enum PathVariable: String, CaseIterable, Sendable {
    /// The part after the program's own path (RFC 3875 section 4.1.5).
    case pathInfo = "PATH_INFO"
    /// The path before Apache's rewriting, which a client cannot set otherwise.
    case redirectURL = "REDIRECT_URL"
  }

  /// The form of the redirect.
  package enum Kind: Sendable {
    /// `Location: /path`: a local redirect (RFC 3875 section 6.2.2).
    case location
    /// `X-Sendfile: /path`: a file by its path on disk.
    case sendfile
  }

  /// An invalid setting, and what to write instead.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    package var description: String
  }

  /// The longest path that is served, in bytes.
  static let maximumPath = 1024

  let variable: PathVariable
  let kind: Kind
  private let publicPrefix: [UInt8]
  private let privatePrefix: [UInt8]

  /// - Parameters:
  ///   - publicPrefix: the prefix of the requested path, for example `/private/`.
  ///   - privatePrefix: the prefix that replaces it: a URL path, or a directory for X-Sendfile.
  package init(
    from variable: PathVariable, publicPrefix: String, privatePrefix: String, kind: Kind
  ) throws(Invalid) {
    for prefix in [publicPrefix, privatePrefix] {
      guard HandOver.isDirectory(prefix) else {
        throw Invalid(
          description:
            "\(prefix) is not a directory path; write /NAME/, with a slash at both ends and no . or .."
        )
      }
    }
    guard privatePrefix != "/" else {
      throw Invalid(description: "/ contains everything; give the private directory, /NAME/")
    }
    // A redirect to this path would be rewritten to this program again.
    guard kind == .sendfile || variable == .pathInfo || !privatePrefix.hasPrefix(publicPrefix) else {
      throw Invalid(description: "\(privatePrefix) is inside \(publicPrefix); choose a path outside it")
    }
    self.variable = variable
    self.kind = kind
    self.publicPrefix = Array(publicPrefix.utf8)
    self.privatePrefix = Array(privatePrefix.utf8)
  }

  /// The target of the requested path; nil if the path is rejected.
  func target(of path: ArraySlice<UInt8>) -> [UInt8]? {
    guard path.count <= HandOver.maximumPath, path.starts(with: publicPrefix) else { return nil }
    let rest = path.dropFirst(publicPrefix.count)
    guard HandOver.isPlain(rest) else { return nil }
    // The web server sends files only, and finds a directory's index by URL only.
    guard kind == .location || !rest.isEmpty && rest.last != UInt8(ascii: "/") else { return nil }
    return privatePrefix + rest
  }

  /// The header line for a target, without its line end. The target contains no `%`, so it names the same file
  /// to a server that decodes X-Sendfile and to one that does not.
  func header(for target: [UInt8]) -> [UInt8] {
    switch kind {
    case .location: Array("Location: ".utf8) + HandOver.percentEncoded(target)
    case .sendfile: Array("X-Sendfile: ".utf8) + target
    }
  }

  /// Segments that every program interprets in the same way: no empty one except the last, none that begins
  /// with a dot (`..`, `.htaccess`, `.git`), no control byte, no `%`, which may be decoded again, and no `\`,
  /// which some interpret as `/`. Other bytes are safe: the header encodes them, or contains a path and not a
  /// URL.
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
  /// The response to an allowed request: the redirect, or why there is none. A denied client does not learn that.
  func outcome(
    of allowed: ResponseMessage, _ environment: CGIEnvironment, complain: (String) -> Void
  ) -> CGI.Outcome {
    // An internal redirect turns every method into GET and loses the body. A CORS preflight has no application
    // and gets no file.
    let method = environment.value(of: "REQUEST_METHOD").map { String(decoding: $0, as: UTF8.self) }
    guard method == "GET" || method == "HEAD", allowed.header("X-Bearerd-Application") != nil else {
      return HandOver.refuse("405 Method Not Allowed", "Allow: GET, HEAD\r\n")
    }
    guard let path = environment.value(of: variable.rawValue) else {
      complain("no file to serve: the web server sent no \(variable.rawValue)")
      return HandOver.refuse("404 Not Found")
    }
    guard let target = target(of: path) else {
      complain("path rejected: not below --public, or with a byte or a leading dot that is not allowed")
      return HandOver.refuse("404 Not Found")
    }
    return CGI.Outcome(response: response(naming: target, to: allowed), code: 0)
  }

  /// X-Sendfile is part of a complete response. A redirect has no status, and RFC 3875 allows no other header
  /// with it; but Apache writes these headers to its log, and there is no other way to get the names there.
  private func response(naming target: [UInt8], to allowed: ResponseMessage) -> [UInt8] {
    var lines: [[UInt8]] = []
    if kind == .sendfile { lines += ["Status: 200 OK", "Cache-Control: no-store"].map { Array($0.utf8) } }
    for name in ["X-Bearerd-Application", "X-Bearerd-Key"] {
      if let value = allowed.header(name) { lines.append(Array("\(name): \(value)".utf8)) }
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
