import Foundation
import TestSupport
import Testing

@Suite("A rotation of a token that is in use through nginx")
struct NginxRotationTests {
  @Test("refuses no call: the old token and the next are good at once, and then the old one can go")
  func overlap() throws {
    let site = try NginxSite()
    let old = try site.token("app")
    let load = try Load(requests: 10_000, to: site, token: old)
    let next = try rotate(site, "--keep", "1h")
    #expect(try eventually { try status(site, next) == 200 })
    #expect(try load.wait() == .init(complete: 10_000, failed: 0))
    #expect(try status(site, old) == 200)

    let keys = try keys(site)
    try #require(keys.count == 2)
    let revoked = try Bearerd.run("token", "revoke", "app", "--key", keys[0], tokens: site.tokens)
    try #require(revoked.code == 0, "\(revoked.errors)")
    #expect(try eventually { try status(site, old) == 401 })
    #expect(try status(site, next) == 200)
  }

  @Test("that leaked ends it at once, and no other application notices")
  func leak() throws {
    let site = try NginxSite()
    let leaked = try site.token("app")
    let other = try site.token("other")
    let load = try Load(requests: 10_000, to: site, token: other)
    let next = try rotate(site, "--keep", "0")
    #expect(try eventually { try status(site, leaked) == 401 })
    #expect(try status(site, next) == 200)
    #expect(try load.wait() == .init(complete: 10_000, failed: 0))
  }

  private func status(_ site: NginxSite, _ token: String) throws -> Int {
    try site.http.get("/private/page.html", token: token).status
  }

  private func rotate(_ site: NginxSite, _ options: String...) throws -> String {
    let command = [Bearerd.path, "token", "rotate", "app", "--tokens", site.tokens] + options
    let rotated = try Bearerd.start(command).wait()
    try #require(rotated.code == 0, "\(rotated.errors)")
    return rotated.line
  }

  /// The application's keys, in the order of the file.
  private func keys(_ site: NginxSite) throws -> [String] {
    try site.directory.lines().compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("id=") }.map { String($0.dropFirst(3)) }
    }
  }
}
