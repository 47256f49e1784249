import Testing

@Suite("An Authorization header through nginx")
struct NginxHeaderTests {
  /// What becomes of a header's value in which `@` stands for a good token.
  static let forms: [(Answer, [String])] = [
    (
      .admitted,
      [
        "Bearer @", "bearer @", "BEARER @", "bEaReR @", "Bearer  @", "Bearer     @", "  Bearer @",
        "Bearer @ ",
        "Bearer @   ",
      ]
    ),
    (.challenged(nil), ["", " "]),
    // Another scheme than Bearer.
    (
      .challenged(nil),
      [
        "@", "Basic @", "Basic dXNlcjpwYXNz", "Digest username=\"x\"", "Negotiate @", "Negotiate", "Token @",
        "Bear @", "Bearers @", "Bearer@", "Basic x, Bearer @", "Bearer-x @", "Bea rer @",
      ]
    ),
    // Bearer, and then not one token.
    (
      .challenged("invalid_request"),
      [
        "Bearer", "Bearer ", "Bearer:@", "Bearer=@", "Bearer\t@", "Bearer \t@", "Bearer @\t", "\tBearer @",
        "Bearer @ @", "Bearer @,@", "Bearer @, Bearer @", "Bearer @,Basic x", "Bearer ,@", "Bearer @,",
        "Bearer \"@\"", "Bearer '@'", "Bearer <@>", "Bearer {@}", "Bearer token=@", "Bearer token=\"@\"",
        "Bearer =@", "Bearer =", "Bearer @;", "Bearer @!", "Bearer @?", "Bearer @%00", "Bearer %40",
        "Bearer @\\",
        "Bearer @\u{301}", "Bearer @\u{e9}", "Bearer e\u{301}", "Bearer \u{ff22}@", "B\u{435}arer @",
        "Bearer \u{212a}", "Bearer @\u{200b}", "\u{feff}Bearer @", "Bearer\u{a0}@", "Bearer \u{2003}@",
        "Bearer @\u{1}", "Bearer @\u{7f}", "Bearer @\u{1b}[0m",
      ]
    ),
    // One token, which is not ours.
    (
      .challenged("invalid_token"),
      [
        "Bearer @=", "Bearer @==", "Bearer x@", "Bearer @x", "Bearer x", "Bearer brd_", "Bearer Bearer",
        "Bearer @.@",
      ]
    ),
    // What nginx itself takes for no header.
    (.unasked, ["Bearer @\0", "Bearer \0@", "\0", "Bearer @\rX: y", "Bearer\r\n @"]),
  ]

  enum Answer {
    case admitted
    /// 401 with this error code in the challenge.
    case challenged(String?)
    /// 400, and bearerd hears nothing of it.
    case unasked
  }

  @Test("has one answer for each form, and only the right token sees the page")
  func answers() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(Self.forms.map(\.1.count).reduce(0, +) >= 60)
    for (answer, values) in Self.forms {
      for value in values {
        let line = Array("Authorization: \(value.replacingOccurrences(of: "@", with: secret))".utf8)
        let response = try site.http.request("GET", "/private/page.html", lines: [line])
        check(response, is: answer, for: value)
      }
    }
  }

  private func check(_ response: HTTPResponse, is answer: Answer, for value: String) {
    let challenges = response.headers("WWW-Authenticate")
    switch answer {
    case .admitted:
      #expect(response.status == 200, "\(value.debugDescription)")
      #expect(response.body == "protected page\n")
    case .challenged(let error):
      #expect(response.status == 401, "\(value.debugDescription)")
      #expect(challenges.count == 1)
      let begin = "Bearer realm=\"bearerd\"" + (error.map { ", error=\"\($0)\"" } ?? "")
      #expect(challenges.first?.hasPrefix(begin) == true, "\(value.debugDescription): \(challenges)")
      #expect(error != nil || challenges.first == begin, "\(value.debugDescription): \(challenges)")
    case .unasked:
      #expect(response.status == 400, "\(value.debugDescription)")
      #expect(challenges.isEmpty)
    }
    if case .admitted = answer { return }
    #expect(!response.body.contains("protected"), "\(value.debugDescription)")
  }

  @Test(
    "that is no UTF-8 is refused",
    arguments: [[0xff], [0xc3, 0x28], [0x80], [0xed, 0xa0, 0x80]] as [[UInt8]])
  func bytes(tail: [UInt8]) throws {
    let site = try NginxSite()
    let line = Array("Authorization: Bearer \(try site.token("app"))".utf8) + tail
    #expect(try site.http.request("GET", "/private/page.html", lines: [line]).status == 401)
  }

  @Test("with one letter of the token in another case, or one byte changed, is refused")
  func changed() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    for (index, character) in secret.enumerated() {
      let other =
        character.isUppercase ? character.lowercased() : character.isLowercase ? character.uppercased() : "x"
      let start = secret.index(secret.startIndex, offsetBy: index)
      let wrong = secret.replacingCharacters(in: start...start, with: other)
      #expect(try site.http.get("/private/page.html", token: wrong).status == 401)
    }
  }

  @Test("sent twice is refused by nginx itself, good or not")
  func twice() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    for other in [secret, "x"] {
      let response = try site.http.get("/private/page.html", token: secret, "Authorization: Bearer \(other)")
      #expect(response.status == 400)
      #expect(!response.body.contains("protected"))
    }
  }

  @Test("in the query, in a body or in a cookie is no header")
  func elsewhere() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(try site.http.get("/private/page.html?access_token=\(secret)").status == 401)
    #expect(
      try site.http.get("/private/page.html", token: nil, "Cookie: access_token=\(secret)").status == 401)
    #expect(
      try site.http.get("/private/page.html", token: nil, "X-Authorization: Bearer \(secret)").status == 401)
    let form = Array("access_token=\(secret)".utf8)
    #expect(try site.http.request("POST", "/api/x", body: form).status == 401)
  }
}
