import BearerAuth
import ServiceManifest

/// Requests with tokens: a wrong one, the right one, and similar ones.
extension SiteDoctor {
  /// Whether requests without a token are still denied after requests with one: if so, there is more to check.
  func deniesAfterTokens(_ webServer: WebServerName?, _ diagnosis: inout Diagnosis) throws -> Bool {
    let wrong = try answerToWrongToken()
    guard isDenied(wrong) else {
      try diagnosis.wrong(
        "with a wrong token: \(wrong.status)",
        "any token is accepted: nothing checks whether it is valid",
        Remedy.guardLocation.lines(for: webServer))
      return true
    }
    let error = challenge(of: wrong)?.error
    guard let token, isPrivate else {
      if error == nil, challenge(of: wrong) != nil {
        try reportStripped("with a wrong token: \(wrong.status), as without one", webServer, &diagnosis)
      } else {
        try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
      }
      if token == nil { try diagnosis.note("the right token was not tried; give it with --token-stdin") }
      return true
    }
    try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
    guard let right = try answer(to: token, webServer, &diagnosis) else { return true }
    try checkEcho(of: token, in: right, &diagnosis)
    guard try isForgotten(&diagnosis) else { return false }
    try checkScheme(token, webServer, &diagnosis)
    try checkResemblances(token, webServer, &diagnosis)
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
    // As a plain header: it is not valid anywhere, so it need not be kept secret.
    let value = Array("Bearer ".utf8) + Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    return try send(headers: [("Authorization", value)])
  }

  private func reportStripped(_ seen: String, _ webServer: WebServerName?, _ diagnosis: inout Diagnosis)
    throws
  {
    try diagnosis.wrong(
      seen, "your server strips Authorization: no token has reached bearerd",
      Remedy.passAuthorization.lines(for: webServer))
  }

  /// The response to the right token; nil if it is denied.
  private func answer(to token: [UInt8], _ webServer: WebServerName?, _ diagnosis: inout Diagnosis) throws
    -> HTTPResponse?
  {
    let answer = try send(Array("Bearer ".utf8) + token)
    let challenge = challenge(of: answer)
    let seen = "with your token: \(answer.status)\(described(challenge?.error))"
    switch (answer.status, challenge?.error) {
    case (401, nil) where challenge != nil:
      try reportStripped("\(seen), as without one", webServer, &diagnosis)
    case (401, nil):
      try diagnosis.wrong(
        seen, "something other than bearerd checks it", Remedy.guardLocation.lines(for: webServer))
    case (401, _):
      try diagnosis.wrong(
        seen, "it is not valid here now; find out why, next to the token file",
        ["bearerd token explain <TOKEN"])
    case (403, "insufficient_scope"?):
      let scopes = challenge?.scope.map { " --scopes \($0)" } ?? ""
      try diagnosis.wrong(
        seen, "the token lacks the scope of this location; make one that has it",
        ["bearerd token new APP\(scopes)"])
    case (403, _):
      try diagnosis.wrong(seen, "bearerd allows it or says why not: something else denies it here")
    case (500...599, _):
      try diagnosis.wrong(
        seen, "it is allowed, and the backend fails; or bearerd fails, see its log")
    default:
      try diagnosis.ok(seen)
      if answer.status == 404 { try diagnosis.note("there is nothing at this path") }
      return answer
    }
    return nil
  }

  /// RFC 9110 section 11.1: schemes have no case.
  private func checkScheme(_ token: [UInt8], _ webServer: WebServerName?, _ diagnosis: inout Diagnosis) throws
  {
    let answer = try send(Array("bearer ".utf8) + token)
    guard isDenied(answer) else {
      return try diagnosis.ok("with \"bearer\" in small letters: \(answer.status)")
    }
    try diagnosis.wrong(
      "with \"bearer\" in small letters: \(answer.status)",
      "schemes have no case (RFC 9110, 11.1): a text is compared "
        + "with the header, and some clients write it so", Remedy.guardLocation.lines(for: webServer))
  }

  /// Comparisons that the site makes itself, and their usual mistakes.
  private func checkResemblances(_ token: [UInt8], _ webServer: WebServerName?, _ diagnosis: inout Diagnosis)
    throws
  {
    var swapped = token.map { $0.isLetter ? $0 ^ 0x20 : $0 }
    defer { swapped.wipe() }
    if swapped != token {
      let answer = try send(Array("Bearer ".utf8) + swapped)
      if isDenied(answer) {
        try diagnosis.ok("in another casing: \(answer.status)")
      } else {
        try diagnosis.wrong(
          "in another casing: \(answer.status)",
          "any casing passes: you are still on nginx map, which compares without regard to case",
          ["in place of the map and its if: include snippets/bearerd-guard.conf;"])
      }
    }
    // Behind = nothing may follow.
    guard token.last != UInt8(ascii: "=") else { return }
    let answer = try send(Array("Bearer ".utf8) + token + Array("x".utf8))
    guard !isDenied(answer) else { return try diagnosis.ok("with one extra character: \(answer.status)") }
    try diagnosis.wrong(
      "with one extra character: \(answer.status)",
      "whatever begins with the token passes: a regular expression without its end",
      Remedy.guardLocation.lines(for: webServer))
  }

  /// Whether no cache gives the response for a token to the next client.
  private func isForgotten(_ diagnosis: inout Diagnosis) throws -> Bool {
    let next = try send()
    guard isDenied(next) else {
      try diagnosis.wrong(
        "without a token, after it: \(next.status)", "a cache gives the response for the token to everyone",
        [
          "in the location with proxy_cache: proxy_cache_bypass $http_authorization;",
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
