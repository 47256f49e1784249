import BearerAuth
import ServiceManifest

/// Other ways to the same door, and what must not be behind one.
extension SiteDoctor {
  /// HEAD is GET without its body, and must be guarded as that is.
  func checkMethods(_ front: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    let answer = try ask(method: "HEAD")
    guard isRefused(answer) else {
      return try diagnosis.wrong(
        "HEAD without a token: \(answer.status)", "only some methods are guarded",
        Remedy.guardLocation.lines(for: front)
          + (front == .nginx ? ["and no limit_except and no if around it"] : []))
    }
    try diagnosis.ok("HEAD without a token: \(answer.status)")
  }

  /// Whether a page of another site may call (the Fetch standard, CORS protocol). Wrong only where it was asked for.
  func checkPages(_ diagnosis: inout Diagnosis) throws {
    let page = origin ?? "https://app.example.com"
    let answer = try ask(
      method: "OPTIONS",
      headers: [
        ("Origin", Array(page.utf8)), ("Access-Control-Request-Method", Array("GET".utf8)),
        ("Access-Control-Request-Headers", Array("authorization".utf8)),
      ])
    let seen = "a browser's preflight: \(answer.status)"
    guard (200...299).contains(answer.status), allows(page, answer), allowsAuthorization(answer) else {
      guard origin != nil else {
        return try diagnosis.note("\(seen); pages of other sites cannot call, which need not be wrong")
      }
      let missing =
        (200...299).contains(answer.status)
        ? allows(page, answer)
          ? "Access-Control-Allow-Headers does not name Authorization, which * does not mean"
          : "Access-Control-Allow-Origin does not allow \(page)"
        : "a browser asks without a token first, and must get 2xx"
      return try diagnosis.wrong(seen, missing, corsLines(page))
    }
    try diagnosis.ok("\(seen), and pages of \(origin == nil ? "other sites" : page) may call")
    let denial = try ask(headers: [("Origin", Array(page.utf8))])
    guard denial.status == 401, !allows(page, denial) else { return }
    let text = "a denial has no Access-Control-Allow-Origin"
    guard origin != nil else { return try diagnosis.note("\(text), so that a page cannot read it") }
    try diagnosis.wrong(text, "the page learns no more than that something failed", corsLines(page))
  }

  private func corsLines(_ page: String) -> [String] {
    [
      "in the location, before its guard: set $bearerd_allow_origin \(page);",
      "and: include snippets/bearerd-cors.conf;",
    ]
  }

  private func allows(_ page: String, _ answer: HTTPResponse) -> Bool {
    let allowed = answer.values(of: "Access-Control-Allow-Origin")
    return allowed == ["*"] || allowed == [page]
  }

  private func allowsAuthorization(_ answer: HTTPResponse) -> Bool {
    answer.values(of: "Access-Control-Allow-Headers").contains { value in
      value.lowercased().split(separator: ",").contains {
        $0.drop { $0 == " " }.prefix { $0 != " " } == "authorization"
      }
    }
  }

  func checkPublic(_ path: String, _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    let answer = try ask(at: try url.at(path))
    let seen = "\(path): \(answer.status)"
    switch answer.status {
    case 200:
      guard let token, try PublishedSecrets.contains(try hash(token), in: answer.body) else {
        return try diagnosis.ok("\(seen), for everybody")
      }
      try diagnosis.wrong(
        "\(seen), with the token in it", "everybody can read it there; take it out, and end it",
        ["bearerd token rotate APP --keep 0"])
    case 401, 403:
      try diagnosis.wrong(
        seen, "a public file is covered by the gate", Remedy.allowPublic(path: path).lines(for: front))
    case 300...399:
      try diagnosis.wrong(seen, "it has moved to \(answer.value(of: "Location") ?? "nowhere")")
    default:
      try diagnosis.wrong(seen, "it is not there")
    }
  }
}
