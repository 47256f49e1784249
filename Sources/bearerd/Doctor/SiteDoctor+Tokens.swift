import BearerAuth
import ServiceManifest

/// Requests with tokens: a wrong one, the right one, and similar ones.
extension SiteDoctor {
  /// Whether requests without a token are still denied after tokens were tried; otherwise further checks are pointless.
  func remainsProtected(_ server: WebServerName?, _ diagnosis: inout Diagnosis) throws -> Bool {
    let wrong = try answerToWrongToken()
    guard isDenied(wrong) else {
      try diagnosis.wrong(
        "with a wrong token: \(wrong.status)",
        "any token is accepted: it is not checked",
        Remedy.guardLocation.lines(for: server))
      return true
    }
    let error = challenge(of: wrong)?.error
    guard let token, isPrivate else {
      if error == nil, challenge(of: wrong) != nil {
        try reportStripped("with a wrong token: \(wrong.status), as without one", server, &diagnosis)
      } else {
        try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
      }
      if token == nil { try diagnosis.note("no valid token was tried; give one with --token-stdin") }
      return true
    }
    try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
    guard let right = try answer(to: token, server, &diagnosis) else { return true }
    try checkEcho(of: token, in: right, &diagnosis)
    guard try isForgotten(&diagnosis) else { return false }
    try checkScheme(token, server, &diagnosis)
    try checkSimilarTokens(token, server, &diagnosis)
    return true
  }

  func isDenied(_ answer: HTTPResponse) -> Bool {
    [400, 401, 403].contains(answer.status) || answer.status >= 500
  }

  private func challenge(of answer: HTTPResponse) -> ReceivedChallenge? {
    answer.values(of: "WWW-Authenticate").lazy.map(ReceivedChallenge.init).first(where: \.isBearer)
  }

  private func described(_ error: String?) -> String { error.map { ", error=\"\($0)\"" } ?? "" }

  private func answerToWrongToken() throws -> HTTPResponse {
    // As a plain header: it is not valid anywhere, so it may be sent in clear.
    let value = Array("Bearer ".utf8) + Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    return try ask(headers: [("Authorization", value)])
  }

  private func reportStripped(_ seen: String, _ server: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    try diagnosis.wrong(
      seen, "your server strips Authorization: no token has reached bearerd",
      Remedy.passAuthorization.lines(for: server))
  }

  /// The response to the right token; nil if it is denied.
  private func answer(to token: [UInt8], _ server: WebServerName?, _ diagnosis: inout Diagnosis) throws
    -> HTTPResponse?
  {
    let answer = try ask(Array("Bearer ".utf8) + token)
    let challenge = challenge(of: answer)
    let seen = "with your token: \(answer.status)\(described(challenge?.error))"
    switch (answer.status, challenge?.error) {
    case (401, nil) where challenge != nil: try reportStripped("\(seen), as without one", server, &diagnosis)
    case (401, nil):
      try diagnosis.wrong(
        seen, "another program checks it, not bearerd", Remedy.guardLocation.lines(for: server))
    case (401, _):
      try diagnosis.wrong(
        seen, "it is not valid here now; to find out why, run on the machine with the token file",
        ["bearerd token explain <TOKEN"])
    case (403, "insufficient_scope"?):
      let scopes = challenge?.scope.map { " --scopes \($0.replacing(" ", with: ","))" } ?? ""
      try diagnosis.wrong(
        seen, "the token lacks the required scope; create one with it", ["bearerd token new APP\(scopes)"])
    case (403, _):
      try diagnosis.wrong(
        seen, "bearerd would allow it, or deny it with a reason: another program denies it here")
    case (500...599, _):
      try diagnosis.wrong(
        seen, "it is allowed and the backend fails; or bearerd fails, see its log")
    default:
      try diagnosis.ok(seen)
      if answer.status == 404 { try diagnosis.note("the protected location has nothing at this path") }
      return answer
    }
    return nil
  }

  /// RFC 9110 section 11.1: schemes are case-insensitive.
  private func checkScheme(_ token: [UInt8], _ server: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    let answer = try ask(Array("bearer ".utf8) + token)
    guard isDenied(answer) else {
      return try diagnosis.ok("with \"bearer\" in lower case: \(answer.status)")
    }
    try diagnosis.wrong(
      "with \"bearer\" in lower case: \(answer.status)",
      "schemes are case-insensitive (RFC 9110, 11.1): the header is compared "
        + "with a text, and some clients send lower case", Remedy.guardLocation.lines(for: server))
  }

  /// Hand-written comparisons may accept similar tokens.
  private func checkSimilarTokens(_ token: [UInt8], _ server: WebServerName?, _ diagnosis: inout Diagnosis)
    throws
  {
    var swapped = token.map { $0.isLetter ? $0 ^ 0x20 : $0 }
    defer { swapped.wipe() }
    if swapped != token {
      let answer = try ask(Array("Bearer ".utf8) + swapped)
      if isDenied(answer) {
        try diagnosis.ok("in another case: \(answer.status)")
      } else {
        try diagnosis.wrong(
          "in another case: \(answer.status)",
          "any case is accepted: nginx's map ignores case",
          ["instead of the map and its if: include snippets/bearerd-guard.conf;"])
      }
    }
    // Nothing may follow =.
    guard token.last != UInt8(ascii: "=") else { return }
    let answer = try ask(Array("Bearer ".utf8) + token + Array("x".utf8))
    guard !isDenied(answer) else { return try diagnosis.ok("with one extra character: \(answer.status)") }
    try diagnosis.wrong(
      "with one extra character: \(answer.status)",
      "anything that begins with the token is accepted: a regular expression without $",
      Remedy.guardLocation.lines(for: server))
  }

  /// Whether the response to a token is not cached for the next client.
  private func isForgotten(_ diagnosis: inout Diagnosis) throws -> Bool {
    let next = try ask()
    guard isDenied(next) else {
      try diagnosis.wrong(
        "without a token, after it: \(next.status)", "a cache serves everyone the response for the token",
        [
          "in the location of the cache: proxy_cache_bypass $http_authorization;",
          "and: proxy_no_cache $http_authorization;",
        ])
      return false
    }
    try diagnosis.ok("without a token, after it: \(next.status)")
    return true
  }

  private func checkEcho(of token: [UInt8], in right: HTTPResponse, _ diagnosis: inout Diagnosis) throws {
    let headers = right.headers.map { "\($0.name): \($0.value)\n" }.joined()
    let text = right.body + Array("\n\(headers)".utf8)
    guard try PublishedSecrets.contains(try hash(token), in: text) else { return }
    try diagnosis.wrong(
      "the response contains the token", "the backend gets the secret, which it does not need",
      ["in the location: include snippets/bearerd-proxy.conf; or bearerd-fastcgi.conf;"])
  }
}
