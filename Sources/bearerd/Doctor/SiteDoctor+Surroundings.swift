import BearerAuth
import ServiceManifest

/// Other ways to the protected location, and what must not be protected.
extension SiteDoctor {
  /// The same request written in other ways, without a token: each must be denied as the plain one is.
  func checkVariants(_ front: WebServerName?, _ diagnosis: inout Diagnosis) throws {
    let variants = Variant.all(of: url)
    var (open, weak): (Int, [String]) = (0, [])
    for variant in variants {
      guard let answer = try answer(to: variant) else {
        if !variant.isOptional { weak.append("\(variant.name): no answer") }
        continue
      }
      guard !isRefused(answer), answer.status != 413 else { continue }
      if isOpen(answer, variant), try isContent(answer, variant) {
        open += 1
        try diagnosis.wrong(
          "\(variant.name) without a token: \(answer.status)", variant.meaning,
          variant.remedy.lines(for: front))
      } else {
        weak.append("\(variant.name): \(answer.status)")
      }
    }
    if open == 0 {
      try diagnosis.ok("written in \(variants.count) other ways without a token: nothing guarded comes back")
    }
    guard !weak.isEmpty else { return }
    try diagnosis.note(
      "not denied, but without guarded content: \(weak.joined(separator: ", "))")
  }

  /// Nil if nothing came back.
  private func answer(to variant: Variant) throws -> HTTPResponse? {
    var request = HTTPRequest(url: url, timeout: 5, route: route)
    try variant.change(&request)
    do {
      return try Curl.response(to: request)
    } catch is Curl.Unanswered {
      return nil
    }
  }

  /// An answer to OPTIONS without content says no more than which methods there are.
  private func isOpen(_ answer: HTTPResponse, _ variant: Variant) -> Bool {
    (200...299).contains(answer.status) && (variant.method != "OPTIONS" || !answer.body.isEmpty)
  }

  /// Another path may be one that everybody gets: a page for all unknown paths, say.
  private func isContent(_ answer: HTTPResponse, _ variant: Variant) throws -> Bool {
    guard variant.isOtherPath else { return true }
    let name = try randomBytes(8).map { String($0, radix: 16) }.joined()
    let unknown = try ask(at: try url.at("/\(name)\(url.path)"))
    guard (200...299).contains(unknown.status) else { return true }
    guard answer.body != unknown.body, let token, isPrivate else { return false }
    return try ask(Array("Bearer ".utf8) + token).body == answer.body
  }

  /// lighttpd before 1.4.77 sends an authorizer the beginning of a body that comes over HTTP/2, if that has arrived with the
  /// head. One request may be lucky, so its version counts as well.
  func checkBodyOverHTTP2(_ plain: HTTPResponse, _ front: WebServerName?, _ diagnosis: inout Diagnosis) throws
  {
    guard plain.version == "HTTP/2", front == .lighttpd || front == nil else { return }
    var request = HTTPRequest(method: "POST", url: url, route: route)
    request.body = "a=b"
    var status = "no answer"
    do {
      status = "\(try Curl.response(to: request).status)"
    } catch is Curl.Unanswered {}
    let version = plain.value(of: "Server")?.split(separator: "/").last ?? ""
    let numbers = version.split(separator: ".").compactMap { Int($0) }
    let isOld = front == .lighttpd && numbers.count == 3 && numbers.lexicographicallyPrecedes([1, 4, 77])
    guard status == "500" || isOld else { return }
    try diagnosis.wrong(
      "POST with a body over HTTP/2: \(status)",
      "lighttpd before 1.4.77 sends bearerd the beginning of the body, and answers 500, with a good token as well",
      Remedy.bodyOverHTTP2.lines(for: .lighttpd))
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

/// One other way to write a request.
struct Variant {
  /// For a finding: `POST`, `//private/page.html`.
  let name: String
  var method = "GET"
  /// The path is another one to a web server that compares paths byte by byte.
  var isOtherPath = false
  /// No answer says nothing: not every server speaks this version, and some wait for the body.
  var isOptional = false
  let meaning: String
  let remedy: Remedy
  let change: (inout HTTPRequest) throws -> Void

  static func all(of url: WebURL) -> [Variant] {
    let methods = ["HEAD", "OPTIONS", "POST"].map { method in
      Variant(
        name: method, method: method, meaning: "only some methods are guarded", remedy: .guardMethods
      ) {
        $0.method = method
        // Some servers answer 411 if there is no length.
        if method == "POST" { $0.body = "" }
      }
    }
    return methods + paths(of: url) + forms(of: url)
  }

  private static func paths(of url: WebURL) -> [Variant] {
    let path = String(url.path.prefix { $0 != "?" })
    let query = url.path.dropFirst(path.count)
    let first = path.dropFirst().prefix { $0 != "/" }
    let rest = path.dropFirst(1 + first.count)
    // Two letters of a %-form may be in any case.
    let otherCase =
      first.contains("%") ? "" : first.uppercased() == first ? first.lowercased() : first.uppercased()
    let spellings = [
      "/\(path)", "/\(otherCase)\(rest)", "\(path).", "\(path)/", "\(path);x", "/\(first);x\(rest)",
      "/\(first)%2f\(rest.dropFirst())",
    ]
    var seen: Set = [path]
    return spellings.enumerated().compactMap { index, spelling in
      guard !first.isEmpty, !(spelling.hasPrefix("//") && index > 0), seen.insert(spelling).inserted else {
        return nil
      }
      return Variant(
        name: spelling, isOtherPath: true, meaning: "the guard compares the path in this spelling only",
        remedy: .guardSpelling(slashes: index == 0)
      ) { $0.url = try url.at(spelling + query) }
    }
  }

  private static func forms(of url: WebURL) -> [Variant] {
    var versions: [(String, HTTPVersion)] = [("HTTP/1.0", .http1_0)]
    versions += url.isSecure ? [("HTTP/1.1", .http1_1), ("HTTP/2", .http2)] : [("HTTP/2", .cleartextHTTP2)]
    let forms = versions.map { name, version in
      Variant(
        name: name, isOptional: true, meaning: "only another version of HTTP is guarded",
        remedy: .guardServers
      ) { $0.version = version }
    }
    let absolute = Variant(
      name: "GET \(url.origin)\(url.path)",
      meaning: "a request line with the whole URL goes around the guard",
      remedy: .guardServers
    ) {
      $0.version = .http1_1
      $0.target = url.origin + url.path
    }
    // No body follows: what is too long is answered before it comes. Of GET: a page for 413 need not take POST.
    let tooLong = Variant(
      name: "GET with a body of 1 TiB", isOptional: true,
      meaning:
        "a body over client_max_body_size is answered before the check, here by a page that is not guarded",
      remedy: .guardErrorPage
    ) {
      $0.version = .http1_1
      $0.headers = [("Content-Length", Array("\(1 << 40)".utf8))]
    }
    return forms + [absolute, tooLong]
  }
}
