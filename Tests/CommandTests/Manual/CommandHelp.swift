import Foundation
import TestSupport
import Testing

/// What a command takes, as its own help has it.
struct CommandHelp: Equatable, CustomStringConvertible {
  /// `bearerd token new`
  var name: String
  var options: Set<Option>

  struct Option: Hashable {
    /// `--expires`
    var name: String
    /// What stands for its value in the help; empty for a flag.
    var value = ""
    var defaultValue: String?
  }

  var description: String { name }

  /// All commands that have no further ones, asked of the real binary.
  static let all: [CommandHelp] = {
    do {
      let outcome = try Bearerd.run("--experimental-dump-help")
      return try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8)).command.leaves(under: "")
    } catch {
      Issue.record(error)
      return []
    }
  }()
}

/// `--experimental-dump-help`, as far as it matters here.
private struct Dump: Decodable {
  var command: Command

  struct Command: Decodable {
    var commandName: String
    var shouldDisplay: Bool?
    var arguments: [Argument]?
    var subcommands: [Command]?

    func leaves(under parent: String) -> [CommandHelp] {
      guard shouldDisplay != false, commandName != "help" else { return [] }
      let name = parent.isEmpty ? commandName : "\(parent) \(commandName)"
      let children = (subcommands ?? []).flatMap { $0.leaves(under: name) }
      // A command that only groups others has no options but these.
      guard children.isEmpty else { return children }
      let options = (arguments ?? []).compactMap(\.option).filter {
        !["--help", "--version"].contains($0.name)
      }
      return [CommandHelp(name: name, options: Set(options))]
    }
  }

  struct Argument: Decodable {
    var kind: String
    var shouldDisplay: Bool?
    var valueName: String?
    var preferredName: Name?
    var defaultValue: String?

    struct Name: Decodable { var name: String }

    var option: CommandHelp.Option? {
      guard kind != "positional", shouldDisplay != false, let name = preferredName?.name else { return nil }
      guard kind == "option" else { return .init(name: "--\(name)") }
      return .init(name: "--\(name)", value: valueName ?? "", defaultValue: defaultValue)
    }
  }
}
