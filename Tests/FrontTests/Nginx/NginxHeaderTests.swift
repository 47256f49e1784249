import Testing

@Suite("An Authorization header through nginx")
struct NginxHeaderTests {
  /// A header's value in which `@` stands for the secret, and the status that the caller gets.
  static let forms: [(String, [Int])] = [
    ("Bearer @", [200]), ("bearer @", [200]), ("BEARER @", [200]), ("bEaReR @", [200]), ("Bearer  @", [200]),
    ("Bearer     @", [200]), ("  Bearer @", [200]), ("Bearer @ ", [200]), ("Bearer @   ", [200]),
    ("", [401]), (" ", [401]), ("Bearer", [401]), ("Bearer ", [401]), ("@", [401]), ("Basic @", [401]),
    ("Basic dXNlcjpwYXNz", [401]), ("Digest username=\"x\"", [401]), ("Negotiate @", [401]),
    ("Token @", [401]),
    ("Bear @", [401]), ("Bearers @", [401]), ("Bearer@", [401]), ("Bearer:@", [401]), ("Bearer=@", [401]),
    ("Bearer\t@", [401]), ("Bearer \t@", [401]), ("Bearer @\t", [401]), ("\tBearer @", [401]),
    ("Bearer @ @", [401]), ("Bearer @,@", [401]), ("Bearer @, Bearer @", [401]), ("Bearer @,Basic x", [401]),
    ("Basic x, Bearer @", [401]), ("Bearer \"@\"", [401]), ("Bearer '@'", [401]), ("Bearer <@>", [401]),
    ("Bearer token=@", [401]), ("Bearer token=\"@\"", [401]), ("Bearer @=", [401]), ("Bearer @==", [401]),
    ("Bearer =@", [401]), ("Bearer =", [401]), ("Bearer @;", [401]), ("Bearer @!", [401]),
    ("Bearer @%00", [401]),
    ("Bearer %40", [401]), ("Bearer @\\", [401]), ("Bearer {@}", [401]), ("Bearer @\u{301}", [401]),
    ("Bearer @\u{e9}", [401]), ("Bearer e\u{301}", [401]), ("Bearer \u{ff22}@", [401]),
    ("B\u{435}arer @", [401]),
    ("Bearer @\u{200b}", [401]), ("Bearer\u{a0}@", [401]), ("Bearer @\u{1}", [401]),
    ("Bearer @\u{7f}", [401]),
    ("Bearer @\u{1b}[0m", [401]), ("Bearer x@", [401]), ("Bearer @x", [401]), ("Bearer x", [401]),
    ("Bearer brd_", [401]), ("Bearer @\0", [400]), ("Bearer @\rX: y", [400, 401]),
    ("Bearer\r\n @", [400, 401]),
  ]

  @Test("has one answer for each form, and only the right token sees the page")
  func answers() throws {
    let site = try NginxSite()
    let secret = try site.token("app")
    #expect(Self.forms.count >= 60)
    for (form, statuses) in Self.forms {
      let line = Array("Authorization: \(form.replacingOccurrences(of: "@", with: secret))".utf8)
      let response = try site.http.request("GET", "/private/page.html", lines: [line])
      #expect(statuses.contains(response.status), "\(form.debugDescription) gave \(response.status)")
      #expect(response.body.contains("protected page") == (response.status == 200))
      if response.status == 401 {
        #expect(response.headers("WWW-Authenticate").count == 1)
        #expect(response.headers("WWW-Authenticate").first?.hasPrefix("Bearer realm=\"bearerd\"") == true)
      }
    }
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
