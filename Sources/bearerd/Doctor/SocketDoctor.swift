import BearerAuth
import FastCGI
import Glibc

/// Checks a daemon's socket as a web server uses it.
struct SocketDoctor {
  let address: ListenAddress
  /// A token that must be allowed.
  let token: [UInt8]?
  let scope: String?

  func examine() throws {
    var diagnosis = try Diagnosis(of: address.description)
    if case .unix(let path) = address { try checkFile(path, &diagnosis) }
    do {
      try checkAnswers(&diagnosis)
    } catch is Exposed {
      try diagnosis.wrong(
        "your token was not sent", "\(address) is another machine, and FastCGI is not encrypted",
        ["on that machine: bearerd doctor \(address) --token-stdin"])
    } catch let error as SystemError {
      try diagnosis.wrong("no connection", error.description, remedy(for: error.code))
    } catch let failure as Client.Failure {
      let meaning =
        switch failure {
        case .closed:
          "it closes the connection without a response: not bearerd, or this host is not in --allow-peer"
        case .tooLarge: "its response does not end: not bearerd"
        case .timedOut: "it accepts the request and does not answer: suspended, or not bearerd"
        case .unexpectedRecord: "its response is not FastCGI: not bearerd"
        }
      try diagnosis.wrong("no response", meaning, ["see which program listens: ss -lpx, ss -lptn"])
    }
    try diagnosis.finish()
  }

  /// A token would have been sent to another machine unencrypted.
  private struct Exposed: Error {}

  private func remedy(for code: Int32) -> [String] {
    let serve = "bearerd serve --listen \(address)"
    switch code {
    case ENOENT: return ["start it: \(serve) --socket-owner :www-data"]
    case ECONNREFUSED: return ["nothing listens any more; start it: \(serve)"]
    case EACCES, EPERM:
      return ["run this as root or as the web server's user; or start it with: --socket-owner :GROUP"]
    default: return ["is it running? \(serve)"]
    }
  }

  private func checkAnswers(_ diagnosis: inout Diagnosis) throws {
    let unknown = try ask()
    guard unknown.isEnded, unknown.status == 401, let challenge = unknown.header("WWW-Authenticate") else {
      let status = unknown.status.map(String.init) ?? "no status"
      return try diagnosis.wrong(
        "without a token: \(status)", "bearerd answers 401 with a challenge: this is another program",
        ["see which program listens: ss -lpx, ss -lptn"])
    }
    try diagnosis.ok("without a token: 401, \(challenge)")
    let wrong = try ask(Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount)))
    let error = wrong.header("WWW-Authenticate").flatMap { ReceivedChallenge($0).error }
    if wrong.status == 401, error == "invalid_token" {
      try diagnosis.ok("with a wrong token: 401, error=\"invalid_token\"")
    } else {
      try diagnosis.wrong(
        "with a wrong token: \(wrong.status ?? 0)", "bearerd answers 401: this is another program")
    }
    try checkHealth(&diagnosis)
    if let token {
      try checkToken(token, &diagnosis)
    } else {
      try diagnosis.note("no valid token was tried; give one with --token-stdin")
    }
    let preflight = try ask(
      method: "OPTIONS",
      more: [("HTTP_ORIGIN", "https://app.example.com"), ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "GET")])
    try diagnosis.note(
      "a browser's preflight: \(preflight.status == 200 ? "200, by --allow-preflight" : "like any other request")"
    )
  }

  private func checkHealth(_ diagnosis: inout Diagnosis) throws {
    let answer = try ask(more: [("BEARERD_ENDPOINT", "health")])
    let text = answer.body.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    switch answer.status {
    case 200: try diagnosis.ok("health check: \(text)")
    case 503:
      try diagnosis.wrong("health check: \(text)", "for details run", ["bearerd status --listen \(address)"])
    default: try diagnosis.note("it does not answer the health check: an older version, or another program")
    }
  }

  private func checkToken(_ token: [UInt8], _ diagnosis: inout Diagnosis) throws {
    let roles: [(Role, String)] = [
      (.responder, "as a Responder (nginx)"), (.authorizer, "as an Authorizer (lighttpd)"),
    ]
    for (role, name) in roles {
      let answer = try ask(token, isSecret: true, role: role)
      let challenge = answer.header("WWW-Authenticate").map(ReceivedChallenge.init)
      switch answer.status {
      case 200:
        let names =
          role == .authorizer
          ? ("Variable-BEARERD_APPLICATION", "Variable-BEARERD_KEY")
          : ("X-Bearerd-Application", "X-Bearerd-Key")
        let application = answer.header(names.0) ?? ""
        let key = answer.header(names.1).map { " \($0)" } ?? ""
        try diagnosis.ok("with your token, \(name): 200, \(application)\(key)")
      case 403:
        try diagnosis.wrong(
          "with your token, \(name): 403", "the token lacks the required scope; create one with it",
          [
            "bearerd token new APP\(challenge?.scope.map { " --scopes \($0.replacing(" ", with: ","))" } ?? "")"
          ])
      default:
        try diagnosis.wrong(
          "with your token, \(name): \(answer.status ?? 0)\(challenge?.error.map { ", error=\"\($0)\"" } ?? "")",
          "it is not valid from 127.0.0.1 now; to find out why, run on the machine with the token file",
          ["bearerd token explain --from 127.0.0.1 <TOKEN"])
      }
    }
  }

  private func ask(
    _ token: [UInt8]? = nil, isSecret: Bool = false, method: String = "GET", role: Role = .responder,
    more: [(String, String)] = []
  ) throws -> ResponseMessage {
    let client = try Client(connectingTo: address)
    guard !isSecret || client.isLocal else { throw Exposed() }
    var parameters =
      [("REQUEST_METHOD", method), ("REMOTE_ADDR", "127.0.0.1"), ("REQUEST_URI", "/doctor")] + more
    if let scope { parameters.append(("BEARERD_SCOPE", scope)) }
    var message = RequestMessage(role: role, parameters: parameters.map { ($0.0, Array($0.1.utf8)) })
    if let token { message.parameters.append(("HTTP_AUTHORIZATION", Array("Bearer ".utf8) + token)) }
    return try client.response(to: message)
  }

  /// The users of web servers on Debian and other systems.
  private static let webUsers = ["www-data", "nginx", "apache", "http", "caddy", "lighttpd", "www"]

  /// Checks which users may connect to a unix socket: those with write access to its file (unix(7)).
  private func checkFile(_ path: String, _ diagnosis: inout Diagnosis) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    let mode = String(status.st_mode & 0o777, radix: 8)
    guard status.st_mode & S_IWOTH == 0 else {
      return try diagnosis.wrong(
        "the socket's mode is 0\(mode)",
        "all users of this machine can try tokens there, bypassing the web server's limits",
        ["bearerd serve --socket-mode 0660 --socket-owner :www-data"])
    }
    let users = SocketDoctor.webUsers.filter { getpwnam($0) != nil }
    let admitted = users.filter { mayWrite($0, status) }
    if let user = admitted.first {
      try diagnosis.ok("the socket's mode is 0\(mode), and \(user) may connect")
    } else if let user = users.first {
      try diagnosis.wrong(
        "the socket's mode is 0\(mode)", "\(user), the user of web servers, may not connect",
        ["bearerd serve --socket-owner :\(user)"])
    }
  }

  private func mayWrite(_ user: String, _ status: stat) -> Bool {
    guard let entry = getpwnam(user)?.pointee else { return false }
    if entry.pw_uid == status.st_uid { return status.st_mode & S_IWUSR != 0 }
    var groups = [gid_t](repeating: 0, count: 64)
    var count = Int32(groups.count)
    getgrouplist(user, entry.pw_gid, &groups, &count)
    return groups.prefix(Int(max(0, count))).contains(status.st_gid) && status.st_mode & S_IWGRP != 0
  }
}
