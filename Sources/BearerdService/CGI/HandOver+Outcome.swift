import FastCGI
import Glibc

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
