import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import Glibc
import ServiceManifest

/// `--tokens`, common to all commands.
struct TokensOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The token file, or a directory of *.tokens files.", valueName: "path"),
    completion: .file())
  var tokens = TokensOption.standardPath

  /// The default.
  static let standardPath = "/etc/bearerd/tokens"

  func validate() throws {
    guard !tokens.isEmpty else { throw ValidationError("--tokens is empty; give a path") }
  }

  /// For a command that changes the tokens, which the system's log will name.
  func editor(for command: (some Command).Type) -> TokenFileEditor {
    TokenFileEditor(path: tokens, audit: AuditLog(command: "token \(command._commandName)"))
  }

  /// The tokens, for a command that only reads them; prints warnings, throws on errors.
  func load(owners: TokenSource.OwnerCheck = .warned) throws(TokenSourceError) -> LoadedTokens {
    let loaded = try TokenSource(path: tokens, owners: owners).load()
    guard loaded.isUsable else { throw .unusable(loaded.issues) }
    loaded.issues.forEach { Console.note($0.description) }
    return loaded
  }
}

/// The application's name, the first argument of most token commands.
struct ApplicationArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The application's name.", valueName: "app"))
  var application: String

  @OptionGroup var surplus: ExtraArguments

  func validate() throws {
    guard ApplicationName(application) != nil else {
      throw ValidationError("the application name must be \(ApplicationName.rule)")
    }
  }
}

/// Surplus arguments are an error: a secret among them is visible in the process list already, and the usual
/// error message would repeat it.
struct ExtraArguments: ParsableArguments {
  @Argument(help: .hidden)
  var surplus: [String] = []

  func validate() throws {
    guard surplus.isEmpty else {
      throw ValidationError(
        "one argument too many; a token must not be an argument, which all users can see: give it on standard input"
      )
    }
  }
}

/// `--key`, for an application with several tokens.
struct KeyOption: ParsableArguments {
  @Option(help: ArgumentHelp("Which token, if the application has several.", valueName: "id"))
  var key: String?

  // Not a transform: its error message would repeat the value, which could be a secret.
  func validate() throws {
    guard let key, KeyID(key) == nil else { return }
    throw ValidationError("a key id must be \(KeyID.rule); `bearerd token list` shows them")
  }
}

/// `--tokens` of a command that only compares files with the tokens, and may run on a machine without them.
struct ComparedTokens: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The token file or directory whose secrets must not be published. (default: \(TokensOption.standardPath), if it "
        + "exists)", valueName: "path"),
    completion: .file())
  var tokens: String?

  func validate() throws {
    guard tokens != "" else { throw ValidationError("--tokens is empty; give a path") }
  }

  /// The tokens; empty, with a note, if there are none on this machine.
  func load() throws(TokenSourceError) -> [Token] {
    do throws(TokenSourceError) {
      let loaded = try TokenSource(path: tokens ?? TokensOption.standardPath).load()
      guard loaded.isUsable else { throw .unusable(loaded.issues) }
      return loaded.tokens
    } catch {
      guard tokens == nil, case .file(.system(_, _, ENOENT)) = error else { throw error }
      Console.note(
        "\(TokensOption.standardPath) does not exist; not checked for live tokens; use --tokens."
      )
      return []
    }
  }
}

/// `--connect-to`, of the commands that connect to a site.
struct ConnectOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Connect to this server instead of the site's address: for a server that is not in service yet.",
      valueName: "host:port"))
  var connectTo: String?

  func validate() throws {
    guard let connectTo else { return }
    do {
      guard case .tcp = try ListenAddress(parsing: connectTo) else {
        throw ValidationError("--connect-to must be HOST:PORT or [IPV6]:PORT")
      }
    } catch let error as ListenAddress.Invalid {
      throw ValidationError("--connect-to: \(error)")
    }
  }

  /// The route for all names of the site's domain.
  func route(to site: WebURL) -> HTTPRoute? {
    guard let connectTo, case .tcp(let host, let port)? = try? ListenAddress(parsing: connectTo) else {
      return nil
    }
    return HTTPRoute(
      domain: site.registeredDomain, host: host.contains(":") ? "[\(host)]" : host.lowercased(), port: port)
  }
}

/// `--manifest`, of the commands that change a manifest.
struct ManifestOption: ParsableArguments {
  @Option(help: ArgumentHelp("The manifest.", valueName: "file"), completion: .file(extensions: ["json"]))
  var manifest = String(Manifest.path.dropFirst())

  func validate() throws {
    guard !manifest.isEmpty else { throw ValidationError("--manifest is empty; give a path") }
  }

  var published: PublishedFile { PublishedFile(path: manifest) }
}
