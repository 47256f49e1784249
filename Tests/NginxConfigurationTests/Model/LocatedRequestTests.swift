import Testing

@testable import NginxConfiguration

@Suite("The location that takes a URL")
struct LocatedRequestTests {
  private static let text = """
    http {
      server { listen 8001; server_name other.example; location / { } }
      server {
        listen 8001 default_server; server_name _;
        location = /_bearerd { internal; fastcgi_pass unix:/run/bearerd.sock; }
        location /private/ { auth_request /_bearerd; }
        location ~ [.]php$ { deny all; }
        location / { }
      }
      server { listen 8001; server_name a.example; return 403; }
      server { listen 8001; server_name *.example; location /wild { } }
      server { listen 8001; server_name *.b.example; location /longer { } }
      server { listen 8001; server_name www.*; location /www { } }
      server { listen 8001; server_name ~^www[.]; location /regex { } }
      server { listen 8001; server_name .c.example; location /dot { } }
      server { listen 127.0.0.1:8002; merge_slashes off; server_name a.example; location /private/ { } }
    }
    """

  private func location(_ host: String, _ port: UInt16, _ path: String) throws -> LocatedRequest? {
    LocatedRequest(host: host, port: port, path: path, in: try ConfigurationText(LocatedRequestTests.text))
  }

  @Test(
    "is one of the server with the name: the exact one, the longest wildcard, or the default one",
    arguments: [
      ("other.example", "/wild", "location /"), ("a.example", "/wild", "the server"),
      ("x.example", "/wild", "location /wild"), ("x.b.example", "/longer", "location /longer"),
      ("x.b.example", "/wild", "the server"), ("c.example", "/dot", "location /dot"),
      ("x.c.example", "/dot", "location /dot"), ("www.other", "/www", "location /www"),
      ("www.other", "/regex", "the server"), ("127.0.0.1", "/private/x", "location /private/"),
    ])
  func server(host: String, path: String, title: String) throws {
    #expect(try location(host, 8001, path)?.title == title)
  }

  @Test(
    "is found by the decoded path, without its query and dots",
    arguments: [
      "/private/x", "//private/x", "/priv%61te/x", "/public/../private/x", "/./private/",
      "/private/x?y=/../..",
      "/private%2fx", "/a/b/../../private/", "/private/x/..", "/../private/x",
    ])
  func path(path: String) throws {
    let located = try #require(try location("unknown.test", 8001, path))
    #expect(located.title == "location /private/" && located.access == .guarded && located.isCertain)
    #expect(located.place == "nginx.conf:6")
  }

  @Test("is open, or decided by something else, as its directives say")
  func access() throws {
    #expect(try location("unknown.test", 8001, "/private")?.access == .open)
    #expect(try location("unknown.test", 8001, "/private/x.php")?.access == .decidedElsewhere)
    #expect(try location("a.example", 8001, "/x")?.access == .decidedElsewhere)
    #expect(try location("a.example", 8002, "//private/x")?.title == "the server")
  }

  @Test(
    "is found by the name if no server listens on the port, as behind a load balancer, and else not at all")
  func otherPort() throws {
    #expect(try location("x.b.example", 443, "/longer")?.title == "location /longer")
    #expect(try location("unknown.test", 443, "/") == nil)
  }
}
