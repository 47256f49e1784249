import Foundation
import TestSupport
import Testing

@testable import NginxConfiguration

/// The corpus of Tests/WebServerTests/Nginx/Corpus, where real nginx says what is open: the same verdict from the text alone.
@Suite("doctor nginx and the corpus")
struct CorpusDoctorTests {
  @Test("agree on what is open, leaks or is held", arguments: Corpus.all)
  func verdict(configuration: Corpus) throws {
    let findings = try configuration.findings()
    let errors = findings.filter { $0.severity == .error }
    if configuration.isHeld {
      #expect(errors.map(\.description) == [])
    } else {
      #expect(!errors.isEmpty)
      for expected in configuration.expected("finding") {
        #expect(
          errors.contains { configuration.matches($0, expected) },
          "missing: \(expected) in \(findings.map(\.description))")
      }
    }
    for expected in configuration.expected("warning") {
      #expect(
        findings.contains { configuration.matches($0, expected) },
        "missing: \(expected) in \(findings.map(\.description))")
    }
  }

  @Test("have no finding that repeats a secret", .slow, arguments: Corpus.all)
  func secrets(configuration: Corpus) throws {
    for finding in try configuration.findings() {
      // One finding is named after the first of them.
      let text = finding.description.replacing(": \(finding.name.rawValue):", with: "")
      for secret in ["old-token", "ollama-key-1", Corpus.token] { #expect(!text.contains(secret)) }
    }
  }
}

/// A configuration of the corpus, as `nginx -T` would print it.
struct Corpus: Sendable, CustomTestStringConvertible {
  static let token = "brd_00000000000000000000000000000000000000000002CZclj"

  let testDescription: String
  private let lines: [String]

  init(testDescription: String, lines: [String]) {
    self.testDescription = testDescription
    self.lines = lines
  }

  static let all: [Corpus] = {
    let directory = "\(repository)/Tests/WebServerTests/Nginx/Corpus"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".conf") }.sorted().compactMap { name in
      (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)).map {
        Corpus(testDescription: name, lines: $0.components(separatedBy: "\n"))
      }
    }
  }()

  private static let snippets: String = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(repository)/nginx")) ?? []
    let shipped = names.filter { $0.hasPrefix("bearerd-") }.sorted().map { name in
      let text = (try? String(contentsOfFile: "\(repository)/nginx/\(name)", encoding: .utf8)) ?? ""
      return "# configuration file /etc/nginx/snippets/\(name):\n\(text)\n"
    }
    let others = ["fastcgi", "uwsgi", "scgi"].map {
      "# configuration file /etc/nginx/\($0)_params:\n\($0)_param REMOTE_ADDR $remote_addr;\n"
    }
    return (shipped + others).joined()
  }()

  /// The values of a key of the head: `finding`, `warning`, `nginx`.
  func expected(_ key: String) -> [String] {
    lines.prefix { $0.hasPrefix("#") }.compactMap {
      $0.hasPrefix("# \(key): ") ? String($0.dropFirst(key.count + 4)) : nil
    }
  }

  var isHeld: Bool { expected("nginx") == ["held"] }

  /// - Parameter surroundings: makes nginx.conf of the directive that includes this file.
  func findings(around surroundings: (String) -> String = { "events {}\nhttp { \($0) }" }) throws
    -> [NginxFinding]
  {
    var text = lines.joined(separator: "\n")
    for (name, value) in [
      "listen": "127.0.0.1:8001", "listen2": "127.0.0.1:8002", "root": "/srv/directory/site",
      "directory": "/srv/directory",
      "backend": "127.0.0.1:8003", "fastcgi": "unix:/srv/app.sock", "uwsgi": "127.0.0.1:8004",
      "scgi": "127.0.0.1:8005",
      "grpc": "127.0.0.1:8006", "certificate": "/srv/c.pem", "key": "/srv/k.pem", "app": Corpus.token,
    ] { text = text.replacing("@\(name)@", with: value) }
    let dump =
      "# configuration file /etc/nginx/nginx.conf:\n\(surroundings("include site;"))\n"
      + "# configuration file /etc/nginx/site:\n\(text)\n\(Corpus.snippets)"
    return Examination(of: try ConfigurationText(parsing: Array(dump.utf8), name: testDescription)).findings
  }

  /// Whether a finding is the one that is expected, `NAME @ TEXT`: at the line with the text, or in the same block.
  func matches(_ finding: NginxFinding, _ expected: String) -> Bool {
    let parts = expected.components(separatedBy: " @ ")
    guard parts.count == 2, finding.name.rawValue == parts[0], finding.file == "/etc/nginx/site" else {
      return false
    }
    let blocks = blocks
    return lines.indices.contains { index in
      guard lines[index].contains(parts[1]), !lines[index].hasPrefix("# ") else { return false }
      let (here, there) = (index + 1, finding.line)
      return here == there || blocks[here] == there || blocks[there] == here
        || (blocks[here] == blocks[there] && blocks[here] != 0)
    }
  }

  /// The line that begins the block around each line, from 1; 0 outside of all.
  private var blocks: [Int] {
    var stack = [0]
    var result = [0]
    for (index, line) in lines.enumerated() {
      result.append(stack[stack.count - 1])
      let code = line.hasPrefix("#") ? "" : line.replacing("${", with: "")
      let balance = code.count { $0 == "{" } - code.count { $0 == "}" }
      if balance > 0 { stack.append(index + 1) } else if balance < 0, stack.count > 1 { stack.removeLast() }
    }
    return result
  }
}
