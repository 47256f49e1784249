import Foundation
import Testing

/// A page of the manual, in scdoc(5).
struct ManualPage {
  let name: String
  private let lines: [String]

  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/bearerd/Manual")

  static let all: [ManualPage] = {
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      return try names.map { name in
        let text = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
        return ManualPage(name: name, lines: text.components(separatedBy: "\n"))
      }
    } catch {
      Issue.record(error)
      return []
    }
  }()

  /// The commands it describes: each has a section of its name.
  var commands: [String] {
    lines.filter { $0.hasPrefix("## bearerd ") }.map { String($0.dropFirst(3)) }
  }

  /// What it says that a command takes.
  ///
  /// An option is a line `*--name* _value_`, and below it, indented, what it does and `(default: ...)`.
  func help(for command: String) -> CommandHelp {
    let section = lines.drop { $0 != "## \(command)" }.dropFirst().prefix { !$0.hasPrefix("#") }
    var options: [CommandHelp.Option] = []
    for line in section {
      if line.hasPrefix("*--") {
        let words = line.split(separator: " ", maxSplits: 1)
        let value = words.dropFirst().first.map { $0.trimmingCharacters(in: ["_"]) } ?? ""
        options.append(.init(name: words[0].trimmingCharacters(in: ["*"]), value: value))
      } else if !options.isEmpty, let match = line.firstMatch(of: /\(default: ([A-Za-z0-9\/.:_-]+)\)/) {
        options[options.count - 1].defaultValue = String(match.1)
      }
    }
    return CommandHelp(name: command, options: Set(options))
  }
}
