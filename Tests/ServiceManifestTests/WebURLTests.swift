import ServiceManifest
import Testing

@Suite("A URL of a manifest")
struct WebURLTests {
  @Test(
    "is taken apart",
    arguments: [
      ("https://example.com", "https://example.com", "/"),
      ("HTTP://Example.COM/A/b?c=d#e", "http://example.com", "/A/b?c=d"),
      ("https://example.com:8443?x=1", "https://example.com:8443", "/?x=1"),
      ("http://[::1]:80/x", "http://[::1]:80", "/x"),
      ("https://127.0.0.1/%20", "https://127.0.0.1", "/%20"),
      ("https://xn--caf-dma.example/", "https://xn--caf-dma.example", "/"),
      ("https://a_b.example/@x:y", "https://a_b.example", "/@x:y"),
    ])
  func parts(text: String, origin: String, path: String) throws {
    let url = try WebURL(parsing: text)
    #expect(url.origin == origin && url.path == path && url.description == text)
  }

  @Test(
    "that is none is refused",
    arguments: [
      ("", "is not a URL"), ("example.com", "is not a URL"), ("//example.com/", "is not a URL"),
      ("ftp://example.com/", "is not a URL"),
      ("https:/example.com", "is not a URL"), ("javascript:alert(1)", "is not a URL"),
      ("https://", "has no host"),
      ("https:///x", "has no host"), ("https://?x", "has no host"),
      ("https://caf\u{e9}.example/", "contains a character"),
      ("https://a b.example/", "contains a character"), ("https://example.com/\"x", "contains a character"),
      ("https://example.com/{id}", "contains a character"),
      ("https://example.com/\n", "contains a character"),
      ("https://example.com/a\\b", "contains a character"),
      ("https://user@example.com/", "contains a user name"),
      ("https://u:p@example.com/", "contains a user name"), ("https://example.com:0/", "needs a port"),
      ("https://example.com:65536/", "needs a port"), ("https://example.com:/", "needs a port"),
      ("https://example.com:8o/", "needs a port"), ("https://example.com:+80/", "needs a port"),
      ("https://[::1/", "has no valid IPv6"), ("https://[::1]x/", "needs a port"),
      ("https://[1.2.3]/", "has no valid IPv6"),
      ("https://exam!ple.com/", "has no host"),
    ])
  func refused(text: String, reason: String) throws {
    let error = try #require(throws: WebURL.Invalid.self) { try WebURL(parsing: text) }
    #expect(error.description.hasPrefix(reason), "\(error)")
  }

  @Test(
    "belongs to who registered its name",
    arguments: [
      ("example.com", "example.com"), ("a.b.example.com", "example.com"), ("shop.co.uk", "shop.co.uk"),
      ("api.shop.co.uk", "shop.co.uk"), ("co.uk", "co.uk"), ("a.b.io", "b.io"), ("localhost", "localhost"),
      ("192.0.2.7", "192.0.2.7"), ("[2001:db8::1]", "[2001:db8::1]"),
    ])
  func domain(host: String, domain: String) throws {
    #expect(try WebURL(parsing: "https://\(host)/").registeredDomain == domain)
  }

  @Test(
    "may lead to this machine",
    arguments: [
      ("localhost", true), ("a.localhost", true), ("127.0.0.1", true), ("127.9.9.9", true), ("[::1]", true),
      ("127.0.0.1.example.com", false), ("127.example.com", false), ("example.com", false),
      ("192.0.2.1", false),
    ])
  func loopback(host: String, isLoopback: Bool) throws {
    #expect(try WebURL(parsing: "http://\(host)/").isLoopback == isLoopback)
  }

  @Test("resolves what its file says of its own site")
  func resolving() throws {
    let url = try WebURL(parsing: "https://example.com:1/a/openapi.json")
    #expect(try url.resolving("/v1").description == "https://example.com:1/v1")
    #expect(try url.resolving("https://example.org/v1").description == "https://example.org/v1")
    #expect(throws: WebURL.Invalid.self) { try url.resolving("//example.org/v1") }
    #expect(throws: WebURL.Invalid.self) { try url.resolving("v1") }
  }
}
