import BearerAuth
import ServiceManifest

/// What becomes of tokens that are sent: a wrong one, the right one, and what only resembles it.
extension SiteDoctor {
  /// Whether the door is shut again when tokens have been tried, so that there is more to look at.
  func staysShut(_ front: WebServerName?, _ diagnosis: inout Diagnosis) throws -> Bool {
    let wrong = try answerToWrongToken()
    guard isRefused(wrong) else {
      try diagnosis.wrong(
        "with a wrong token: \(wrong.status)",
        "any token opens the door: nobody looks whether it is a good one",
        Remedy.guardLocation.lines(for: front))
      return true
    }
    let error = challenge(of: wrong)?.error
    guard let token, isPrivate else {
      if error == nil, challenge(of: wrong) != nil {
        try reportStripped("with a wrong token: \(wrong.status), as without one", front, &diagnosis)
      } else {
        try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
      }
      if token == nil { try diagnosis.note("the right token was not tried; give it with --token-stdin") }
      return true
    }
    try diagnosis.ok("with a wrong token: \(wrong.status)\(described(error))")
    guard let right = try answer(to: token, front, &diagnosis) else { return true }
    try checkEcho(of: token, in: right, &diagnosis)
    guard try isForgotten(&diagnosis) else { return false }
    try checkScheme(token, front, &diagnosis)
    try checkResemblances(token, front, &diagnosis)
    return true
  }

  func isRefused(_ answer: HTTPResponse) -> Bool {
    [400, 401, 403].contains(answer.status) || answer.status >= 500
  }

  private func challenge(of answer: HTTPResponse) -> ReceivedChallenge? {
    answer.values(of: "WWW-Authenticate").lazy.map(ReceivedChallenge.init).first(where: \.isBearer)
  }

  private func described(_ error: String?) -> String { error.map { ", error=\"\($0)\"" } ?? "" }

  private func answerToWrongToken() throws -> HTTPResponse {
    // As a plain header: it opens nothing, so it may be sent anywhere.
    let value = Array("Bearer ".utf8) + Secret.generate(randomBytes: try randomBytes(Secret.randomByteCount))
    return try ask(headers: [("Authorization", value)])
  }

  private func reportStripped(_ seen: String, _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    try diagnosis.wrong(
      seen, "your server strips Authorization: no token has reached bearerd",
      Remedy.passAuthorization.lines(for: front))
  }

  /// What the right token gets; nil where it does not get in.
  private func answer(to token: [UInt8], _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws
    -> HTTPResponse?
  {
    let answer = try ask(Array("Bearer ".utf8) + token)
    let challenge = challenge(of: answer)
    let seen = "with your token: \(answer.status)\(described(challenge?.error))"
    switch (answer.status, challenge?.error) {
    case (401, nil) where challenge != nil: try reportStripped("\(seen), as without one", front, &diagnosis)
    case (401, nil):
      try diagnosis.wrong(
        seen, "something else than bearerd looks at it", Remedy.guardLocation.lines(for: front))
    case (401, _):
      try diagnosis.wrong(
        seen, "it is not good here now; ask why, beside the token file", ["bearerd token explain <TOKEN"])
    case (403, "insufficient_scope"?):
      let scopes = challenge?.scope.map { " --scopes \($0.replacing(" ", with: ","))" } ?? ""
      try diagnosis.wrong(
        seen, "the token does not open this door; make one that does", ["bearerd token new APP\(scopes)"])
    case (403, _):
      try diagnosis.wrong(seen, "bearerd lets it in or says why not: something else refuses it here")
    case (500...599, _):
      try diagnosis.wrong(
        seen, "it is let in, and what is behind the door fails; or bearerd does, see its log")
    default:
      try diagnosis.ok(seen)
      if answer.status == 404 { try diagnosis.note("there is nothing behind the door at this path") }
      return answer
    }
    return nil
  }

  /// RFC 9110 section 11.1: schemes have no case.
  private func checkScheme(_ token: [UInt8], _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    let answer = try ask(Array("bearer ".utf8) + token)
    guard isRefused(answer) else {
      return try diagnosis.ok("with \"bearer\" in small letters: \(answer.status)")
    }
    try diagnosis.wrong(
      "with \"bearer\" in small letters: \(answer.status)",
      "schemes have no case (RFC 9110, 11.1): a text is compared "
        + "with the header, and some clients write it so", Remedy.guardLocation.lines(for: front))
  }

  /// Comparisons of one's own, and what they take for the same.
  private func checkResemblances(_ token: [UInt8], _ front: WebServerName?, _ diagnosis: inout Diagnosis)
    throws
  {
    var swapped = token.map { $0.isLetter ? $0 ^ 0x20 : $0 }
    defer { swapped.wipe() }
    if swapped != token {
      let answer = try ask(Array("Bearer ".utf8) + swapped)
      if isRefused(answer) {
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
    let answer = try ask(Array("Bearer ".utf8) + token + Array("x".utf8))
    guard !isRefused(answer) else { return try diagnosis.ok("with a letter more: \(answer.status)") }
    try diagnosis.wrong(
      "with a letter more: \(answer.status)",
      "whatever begins with the token passes: a regular expression without its end",
      Remedy.guardLocation.lines(for: front))
  }

  /// Whether the answer to a token is for that one alone, and not kept for whoever comes next.
  private func isForgotten(_ diagnosis: inout Diagnosis) throws -> Bool {
    let next = try ask()
    guard isRefused(next) else {
      try diagnosis.wrong(
        "without a token, after it: \(next.status)", "a cache gives everybody what the token was given",
        [
          "where it caches: proxy_cache_bypass $http_authorization;",
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
      "the token stands in the answer to it", "what is behind the door gets the secret, and need not",
      ["in the location: include snippets/bearerd-proxy.conf; or bearerd-fastcgi.conf;"])
  }
}
