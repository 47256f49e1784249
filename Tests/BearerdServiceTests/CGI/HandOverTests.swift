import Testing

@testable import BearerdService

@Suite("A path is handed over")
struct HandOverTests {
  private func target(_ path: String, kind: HandOver.Kind = .location) throws -> String? {
    try target(Array(path.utf8), kind: kind)
  }

  private func target(_ path: [UInt8], kind: HandOver.Kind = .location) throws -> String? {
    let handOver = try HandOver(
      from: .redirectURL, publicPrefix: "/private/", privatePrefix: "/hidden/", kind: kind)
    return handOver.target(of: path[...]).map { String(decoding: handOver.header(for: $0), as: UTF8.self) }
  }

  @Test(
    "as the same path below the private directory, encoded for a redirect and bare for X-Sendfile",
    arguments: [
      ("a.html", "a.html"), ("a/b/c.tar.gz", "a/b/c.tar.gz"), ("A-1_~x.y", "A-1_~x.y"), ("a.b..c", "a.b..c"),
      ("two words.txt", "two%20words.txt"), ("grün/ß.txt", "gr%C3%BCn/%C3%9F.txt"),
      ("a+b&c=d,e@f!(g)'$", "a%2Bb%26c%3Dd%2Ce%40f%21%28g%29%27%24"), ("-rf", "-rf"),
      ("a[1]{2}:;*", "a%5B1%5D%7B2%7D%3A%3B%2A"), ("|<>^\"#?`", "%7C%3C%3E%5E%22%23%3F%60"),
    ])
  func same(path: String, encoded: String) throws {
    #expect(try target("/private/\(path)") == "Location: /hidden/\(encoded)")
    #expect(try target("/private/\(path)", kind: .sendfile) == "X-Sendfile: /hidden/\(path)")
  }

  @Test("to a directory only if the web server finds its index", arguments: ["", "sub/", "sub/sub/"])
  func directories(path: String) throws {
    #expect(try target("/private/\(path)") == "Location: /hidden/\(path)")
    #expect(try target("/private/\(path)", kind: .sendfile) == nil)
  }

  @Test(
    "never where it could be read in two ways",
    arguments: [
      "", "/", "/private", "private/a", "/private2/a", "/PRIVATE/a", "//private/a", "/x/private/a",
      "/hidden/a",
      "http://localhost/private/a", " /private/a",
      "/private/..", "/private/../a", "/private/a/../b", "/private/a/..", "/private/.", "/private/./a",
      "/private/...", "/private/.a", "/private/a/.git/config", "/private/.htaccess", "/private/ /../a",
      "/private//", "/private//a", "/private/a//b", "/private/a//", "/private///",
      "/private/%2e%2e/a", "/private/a%2fb", "/private/a%00", "/private/100%", "/private/a%62",
      "/private/..\\a", "/private/a\\b", "/private/\\..\\a", "/private/a\0b", "/private/a\0",
      "/private/a\r\nX: y",
      "/private/a\nb", "/private/a\tb", "/private/a\u{7f}", "/private/\u{1}", "/private/..;/a",
      "/private/.;a/b",
      "/private/" + String(repeating: "a/", count: 600),
    ])
  func refused(path: String) throws {
    for kind in [HandOver.Kind.location, .sendfile] {
      #expect(try target(path, kind: kind) == nil)
    }
  }

  @Test("with each byte either meant as itself or refused, never changed", arguments: 0..<256)
  func bytes(byte: Int) throws {
    let path = Array("/private/a".utf8) + [UInt8(byte)] + Array("b".utf8)
    let handOver = try HandOver(
      from: .pathInfo, publicPrefix: "/private/", privatePrefix: "/hidden/", kind: .location)
    guard let target = handOver.target(of: path[...]) else { return }
    #expect(target == Array("/hidden/a".utf8) + [UInt8(byte)] + Array("b".utf8))
    let header = String(decoding: handOver.header(for: target), as: UTF8.self)
    let isUnreserved = header == "Location: /hidden/a\(Character(Unicode.Scalar(UInt8(byte))))b"
    let code = String(byte, radix: 16, uppercase: true)
    #expect(
      isUnreserved && byte < 0x80 || header == "Location: /hidden/a%\(code.count < 2 ? "0" : "")\(code)b")
  }

  @Test(
    "between directories that end with a slash",
    arguments: [
      ("private/", "/hidden/", "write /NAME/"), ("/private", "/hidden/", "write /NAME/"),
      ("/private/", "hidden/", "write /NAME/"), ("/private/", "/hidden", "write /NAME/"),
      ("/private/", "/a/../hidden/", "write /NAME/"), ("/private/", "/a//hidden/", "write /NAME/"),
      ("/private/", "//", "write /NAME/"), ("/private/", "/hid%64en/", "write /NAME/"),
      ("", "/hidden/", "write /NAME/"),
      ("/private/", "", "write /NAME/"), ("/private/", "/", "/ contains everything"),
      ("/private/", "/private/hidden/", "choose a path outside it"),
      ("/", "/hidden/", "choose a path outside it"),
    ])
  func settings(publicPrefix: String, privatePrefix: String, message: String) throws {
    let error = #expect(throws: HandOver.Invalid.self) {
      try HandOver(
        from: .redirectURL, publicPrefix: publicPrefix, privatePrefix: privatePrefix, kind: .location)
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("from a hidden directory of any depth, also one whose name begins with a dot")
  func hiddenDirectories() throws {
    for directory in ["/.hidden/", "/a/b/.c/", "/home/me/files of mine/"] {
      let handOver = try HandOver(
        from: .pathInfo, publicPrefix: "/", privatePrefix: directory, kind: .sendfile)
      #expect(handOver.target(of: Array("/x.txt".utf8)[...]) == Array("\(directory)x.txt".utf8))
    }
  }
}
