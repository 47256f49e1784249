import Foundation
import TestSupport
import Testing

/// One configuration of the corpus: the content of nginx's `http` block, and what the comments at its head say of it.
///
/// Corpus/README.md describes the format.
struct CorpusConfiguration: Sendable, CustomTestStringConvertible {
  /// What a configuration does that it must not do.
  enum Breach: String, CaseIterable {
    case open, leaks, forges, denial
  }

  enum DaemonState: String {
    case up, frozen, stopped
  }

  let name: String
  let text: String
  /// The lines of the head, `# key: value`, by key.
  private let head: [String: [String]]

  var testDescription: String { name }

  /// Requests for what is guarded: a client without a token must not get it.
  var asks: [CorpusRequest] { (head["asks"] ?? []).map(CorpusRequest.init) }

  /// Requests without a token; they must get neither guarded files nor forged names through.
  var publicRequests: [CorpusRequest] { (head["public"] ?? []).map(CorpusRequest.init) }

  /// In the order in which they are tried: a stopped daemon does not come back.
  var states: [DaemonState] {
    let words = (head["daemon"] ?? ["up"]).flatMap { $0.split(separator: " ").map(String.init) }
    return [.up, .frozen, .stopped].filter { words.contains($0.rawValue) }
  }

  /// A token that is refused by its scope or address, but is known.
  var refusedToken: String? { head["scope"]?.first }

  /// What nginx does.
  var expected: Set<Breach> {
    Set((head["nginx"]?.first ?? "").split(separator: " ").compactMap { Breach(rawValue: String($0)) })
  }

  /// The corpus, in the order of names.
  static let all: [CorpusConfiguration] = {
    let directory = "\(repository)/Tests/WebServerTests/Nginx/Corpus"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".conf") }.sorted().compactMap { name in
      (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)).map {
        CorpusConfiguration(name: String(name.dropLast(5)), text: $0)
      }
    }
  }()

  private init(name: String, text: String) {
    self.name = name
    self.text = text
    head = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }.dropFirst().reduce(into: [:]) {
      head, line in
      let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      head[parts[0], default: []].append(parts.count > 1 ? parts[1] : "")
    }
  }

  /// What is wrong with the head: a misspelt key would be a check that is never made.
  var mistakes: [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let body = lines.drop { $0.hasPrefix("# ") }
    let keys: Set = ["asks", "public", "daemon", "scope", "nginx", "finding", "warning"]
    var mistakes = head.keys.filter { !keys.contains($0) }.map { "unknown key: \($0)" }
    if lines[0].contains("# asks:") { mistakes.append("no sentence first") }
    if asks.isEmpty { mistakes.append("no asks") }
    let verdict = (head["nginx"] ?? []).flatMap { $0.split(separator: " ").map(String.init) }
    let isHeld = verdict == ["held"]
    if !isHeld, verdict.isEmpty || !verdict.allSatisfy({ Breach(rawValue: $0) != nil }) {
      mistakes.append("nginx: \(verdict)")
    }
    if isHeld != (head["finding"] == nil) { mistakes.append("held with a finding, or not held without one") }
    for line in (head["finding"] ?? []) + (head["warning"] ?? []) {
      let parts = line.components(separatedBy: " @ ")
      let count = body.filter { parts.count > 1 && $0.contains(parts[1...].joined(separator: " @ ")) }.count
      if count != 1 { mistakes.append("\(line): on \(count) lines") }
    }
    return mistakes
  }
}
