import Foundation
import TestSupport
import Testing

@Suite("Two daemons behind one nginx")
struct NginxUpstreamTests {
  /// A site whose upstream is the directory's `socket` and `other`, at which a second daemon is that fails as
  /// Fault.swift has it.
  private func site(fault: String) throws -> (site: NginxSite, other: Program) {
    var other: Program?
    let site = try NginxSite { directory in
      try directory.make(
        """
        upstream bearerd {
          server unix:\(directory.path)/other max_fails=0;
          server unix:\(directory.path)/socket max_fails=0;
        }
        """, to: "snippets/bearerd-upstream.conf")
      other = try Program([
        "env", "BEARERD_FAULT=\(fault)", Bearerd.path, "serve", "--tokens", directory.tokens, "--listen",
        "unix:\(directory.path)/other",
      ])
      return try NginxSite.serve(directory)
    }
    let started = try #require(other)
    try #require(eventually { started.output.contains("ready on") })
    return (site, started)
  }

  @Test(
    "lose no request where one of them breaks off, whatever the method: to ask twice is no harm",
    arguments: ["parsed=fail", "decided=fail", "put=fail", "answer:1=fail", "answer:40=fail"])
  func breaksOff(fault: String) throws {
    let (site, other) = try site(fault: fault)
    let secret = try site.token("app")
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "LOCK"] {
      for _ in 0..<4 {
        let response = try site.http.request(
          method, "/api/x", lines: [Array("Authorization: Bearer \(secret)".utf8)],
          body: ["POST", "PUT", "PATCH"].contains(method) ? Array("a=b".utf8) : [])
        #expect(response.status == 200, "\(method)")
        #expect(try site.http.request(method, "/api/x").status == 401, "\(method)")
      }
    }
    #expect(other.stop() == 0)
  }
}
