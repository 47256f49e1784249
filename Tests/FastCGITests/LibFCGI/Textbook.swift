import CFastCGI
import Glibc

/// libfcgi as its manual shows it, without the gate: the facts are observed with it.
enum Textbook {
  /// What libfcgi made of one request.
  struct Parsed: Equatable {
    /// As FCGX_Accept_r returned it.
    var code: Int32
    /// As libfcgi gives them: `NAME=value`.
    var parameters: [String] = []
  }

  /// Shows libfcgi these bytes and then the end of the connection.
  static func parse(_ bytes: [UInt8]) -> Parsed {
    var pair: [Int32] = [-1, -1]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
    write(pair[0], bytes, bytes.count)
    shutdown(pair[0], Int32(SHUT_WR))
    defer { close(pair[0]) }
    FCGX_Init()
    // Never freed: libfcgi's streams point at it.
    let request = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)
    FCGX_InitRequest(request, -1, 0)
    request.pointee.ipcFd = pair[1]
    request.pointee.keepConnection = 1
    var parsed = Parsed(code: FCGX_Accept_r(request))
    guard parsed.code == 0, var entry = request.pointee.envp else { return parsed }
    while let text = entry.pointee {
      let parameter = String(cString: text)
      // Its own addition.
      if parameter != "FCGI_ROLE=RESPONDER" { parsed.parameters.append(parameter) }
      entry += 1
    }
    return parsed
  }

  /// Everything that libfcgi writes when a request is finished without an answer.
  static func finishUnanswered(_ bytes: [UInt8]) -> [UInt8] {
    var pair: [Int32] = [-1, -1]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
    write(pair[0], bytes, bytes.count)
    FCGX_Init()
    let request = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)
    FCGX_InitRequest(request, -1, 0)
    request.pointee.ipcFd = pair[1]
    request.pointee.keepConnection = 1
    request.pointee.detached = 1
    guard FCGX_Accept_r(request) == 0 else { return [] }
    FCGX_Finish_r(request)
    var answer = [UInt8](repeating: 0, count: 1024)
    let count = read(pair[0], &answer, answer.count)
    return Array(answer.prefix(max(0, count)))
  }
}
