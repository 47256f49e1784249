import Testing

@testable import FastCGI

@Suite("A listen address")
struct ListenAddressTests {
  @Test(
    "is read as written",
    arguments: [
      ("unix:/run/b.sock", .unix(path: "/run/b.sock")),
      ("127.0.0.1:9000", .tcp(host: "127.0.0.1", port: 9000)),
      ("[::1]:9000", .tcp(host: "::1", port: 9000)), ("localhost:0", .tcp(host: "localhost", port: 0)),
      ("fd:3", .descriptor(3)), ("systemd", .systemd(name: nil)), ("systemd:web", .systemd(name: "web")),
    ] as [(String, ListenAddress)])
  func reads(text: String, address: ListenAddress) throws {
    #expect(try ListenAddress(parsing: text) == address)
    #expect(address.description == text)
  }

  @Test(
    "that could be misread is refused, with what to write",
    arguments: [
      ("9000", "write 127.0.0.1:9000"), (":9000", "use 127.0.0.1:9000"), ("*:9000", "0.0.0.0:9000"),
      ("::1:9000", "in brackets"), ("unix:run/b.sock", "is not absolute"), ("fd:x", "use fd:N"),
      ("fd:-1", "use fd:N"), ("systemd:", "write systemd:NAME"), ("host", "is not a valid address"),
      ("", "is not a valid address"),
      ("host:65536", "needs a port"), ("host:", "needs a port"), ("host:+1", "needs a port"),
      ("unix:/" + String(repeating: "x", count: 107), "Linux allows at most 107"),
    ])
  func refuses(text: String, message: String) {
    let failure = #expect(throws: ListenAddress.Invalid.self) { try ListenAddress(parsing: text) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
  }
}
