import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest

/// `--tokens` of a command that only compares with them, and may run where they are not.
struct ComparedTokens: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The token file or folder whose secrets must not be published. (default: \(TokensOption.standardPath), if it is "
        + "there)", valueName: "path"),
    completion: .file())
  var tokens: String?

  func validate() throws {
    guard tokens != "" else { throw ValidationError("--tokens names no file") }
  }

  /// The tokens, where there are any here; says so where not.
  func load() throws(TokenSourceError) -> [Token] {
    do throws(TokenSourceError) {
      let loaded = try TokenSource(path: tokens ?? TokensOption.standardPath).load()
      guard loaded.isUsable else { throw .unusable(loaded.issues) }
      return loaded.tokens
    } catch {
      guard tokens == nil, case .system(_, _, ENOENT) = error else { throw error }
      Console.note(
        "There is no \(TokensOption.standardPath) here, so nothing is compared with live tokens; see --tokens."
      )
      return []
    }
  }
}
