import Foundation
import Testing

@Suite("nginx's error log")
struct NginxErrorLogTests {
  /// What nginx writes down of requests that it does not like.
  private func log(at level: String) throws -> String {
    let site = try NginxSite(
      configuration: NginxConfiguration(server: "error_log DIRECTORY/errors.log \(level);"))
    let long = String(repeating: "x", count: 40_000)
    for lines in [
      ["Authorization: Bearer secret-one", "Authorization: Bearer secret-two"],
      ["Authorization: Bearer secret-three\(long)"], ["Authorization\u{1}: Bearer secret-four"],
    ] {
      _ = try site.http.request("GET", "/private/page.html", lines: lines.map { Array($0.utf8) })
    }
    site.nginx.stop()
    return (try? site.directory.read("errors.log")) ?? ""
  }

  @Test("holds no secret at the levels that the README names, and does at info, as the README says")
  func levels() throws {
    for level in ["error", "warn"] { #expect(!(try log(at: level).contains("secret"))) }
    let told = try log(at: "info")
    #expect(told.contains("secret-one") && told.contains("secret-three"), "\(told)")
  }
}
