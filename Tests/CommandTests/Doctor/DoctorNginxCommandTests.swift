import Foundation
import TestSupport
import Testing

@Suite("bearerd doctor nginx")
struct DoctorNginxCommandTests {
  private let snippet = """
    upstream bearerd { server unix:/run/bearerd.sock; }
    server {
      listen 443 ssl;
      location = /_bearerd { internal; fastcgi_pass bearerd; }
      location /private/ {
        auth_request /_bearerd;
        MORE
      }
    }
    """

  private func dump(_ more: String) -> String {
    "# configuration file /etc/nginx/nginx.conf:\nhttp {\n include site.conf;\n}\n"
      + "# configuration file /etc/nginx/site.conf:\n\(snippet.replacing("MORE", with: more))\n"
  }

  private func doctor(_ arguments: String..., stdin: String = "") throws -> Outcome {
    try Bearerd.start([Bearerd.path, "doctor", "nginx"] + arguments, stdin: stdin).wait()
  }

  @Test("exits with 0 if nothing is open, and says what is guarded")
  func well() throws {
    let outcome = try doctor("-", stdin: dump(""))
    #expect(outcome.code == 0 && outcome.output == "1 guarded location: 0 errors, 0 warnings\n", "\(outcome)")
  }

  @Test("exits with 1 for a finding, with its file, line and fix")
  func finding() throws {
    let outcome = try doctor("-", stdin: dump("satisfy any; allow 192.0.2.1;"))
    #expect(outcome.code == 1 && outcome.errors == "")
    #expect(outcome.output.hasPrefix("/etc/nginx/site.conf:7: error: satisfy-any: "), "\(outcome.output)")
    #expect(outcome.output.contains("\n    sends: GET /private/page.html without a token"))
    #expect(outcome.output.hasSuffix("\n    write: satisfy all;\n1 guarded location: 1 error, 0 warnings\n"))
  }

  @Test("lists what a comment allows, and exits with 0")
  func allowed() throws {
    let outcome = try doctor("-", stdin: dump("satisfy any; allow 192.0.2.1; # bearerd: allow satisfy-any"))
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("/etc/nginx/site.conf:7: allowed: satisfy-any\n"), "\(outcome.output)")
  }

  @Test("prints one JSON object")
  func json() throws {
    let outcome = try doctor("-", "--json", stdin: dump("satisfy any; allow 192.0.2.1;"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(outcome.code == 1 && object["guarded"] as? Int == 1 && object["complete"] as? Bool == true)
    #expect(findings.map { $0["name"] as? String } == ["satisfy-any"])
    #expect(findings[0]["file"] as? String == "/etc/nginx/site.conf" && findings[0]["line"] as? Int == 7)
  }

  @Test("reads a file, and runs nginx -T if none is given")
  func sources() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/site.conf"
    try dump("").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try doctor(path).code == 0)
    let nginx = "\(scratch.path)/nginx"
    try "#!/bin/sh\ntest \"$*\" = -T && cat \(path)\necho nginx: test is successful >&2\n".write(
      toFile: nginx, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: nginx)
    let run = { (directory: String) in
      try Bearerd.start(["env", "PATH=\(directory):/usr/bin:/bin", Bearerd.path, "doctor", "nginx"]).wait()
    }
    let outcome = try run(scratch.path)
    #expect(outcome.code == 0 && outcome.output == "1 guarded location: 0 errors, 0 warnings\n", "\(outcome)")
    try "#!/bin/sh\nprintf 'nginx: [emerg] \\033[31mno\\n' >&2\nexit 1\n".write(
      toFile: nginx, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: nginx)
    let failed = try run(scratch.path)
    #expect(failed.code == 69 && failed.errors.contains("nginx: [emerg] \\u{1b}[31mno"), "\(failed)")
  }

  @Test("refuses what it cannot read, with a place and without terminal escapes")
  func rejections() throws {
    let broken = try doctor("-", stdin: "http {\n\n  a }")
    #expect(
      broken.code == 65
        && broken.errors == "standard input:3: error: unexpected }: a semicolon is missing before it\n")
    #expect(try doctor("-", stdin: "").code == 65)
    #expect(try doctor("/none").code == 74)
    #expect(try doctor("a", "b").code == 64)
    let escape = try doctor("-", stdin: "# configuration file /\u{1b}[31m:\nhttp { \0; }\n")
    #expect(escape.code == 65 && escape.errors.hasPrefix("/\\u{1b}[31m:1: error: "), "\(escape)")
  }

  @Test("leaves bearerd doctor URL and SOCKET as they are")
  func others() throws {
    let live = try Bearerd.start([Bearerd.path, "doctor", "live", "unix:/none"]).wait()
    let short = try Bearerd.start([Bearerd.path, "doctor", "unix:/none"]).wait()
    #expect(live.code == 1 && live.output == short.output && live.code == short.code)
  }
}
