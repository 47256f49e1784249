import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import Glibc
import ServiceManifest

/// `--tokens`, the same for all commands.
struct TokensOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The token file, or a folder of *.tokens files.", valueName: "path"),
    completion: .file())
  var tokens = TokensOption.standardPath

  /// Where they are, if nobody says otherwise.
  static let standardPath = "/etc/bearerd/tokens"

  func validate() throws {
    guard !tokens.isEmpty else { throw ValidationError("--tokens names no file") }
  }

  /// The tokens, for a command that only reads; tells the warnings, and throws where there is an error.
  func load(owners: TokenSource.OwnerCheck = .warned) throws(TokenSourceError) -> LoadedTokens {
    let loaded = try TokenSource(path: tokens, owners: owners).load()
    guard loaded.isUsable else { throw .unusable(loaded.issues) }
    loaded.issues.forEach { Console.note($0.description) }
    return loaded
  }
}

/// The application's name, which most commands about tokens begin with.
struct ApplicationArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The application's name.", valueName: "app"))
  var application: String

  @OptionGroup var surplus: ExtraArguments

  func validate() throws {
    guard ApplicationName(application) != nil else {
      throw ValidationError("the name of an application is \(ApplicationName.rule)")
    }
  }
}

/// Arguments nobody may give: a secret among them stands in the list of processes already, and the usual message
/// about an argument too many would repeat it.
struct ExtraArguments: ParsableArguments {
  @Argument(help: .hidden)
  var surplus: [String] = []

  func validate() throws {
    guard surplus.isEmpty else {
      throw ValidationError(
        "one argument too many; a token is never an argument, where all can see it: it comes on standard input"
      )
    }
  }
}

/// `--key`, where an application has several tokens.
struct KeyOption: ParsableArguments {
  @Option(help: ArgumentHelp("Which token, where the application has several.", valueName: "id"))
  var key: String?

  // Not a transform: the message of a transform repeats the value, which could be a secret.
  func validate() throws {
    guard let key, KeyID(key) == nil else { return }
    throw ValidationError("a key id is \(KeyID.rule); `bearerd token list` shows them")
  }
}

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
      guard tokens == nil, case .file(.system(_, _, ENOENT)) = error else { throw error }
      Console.note(
        "There is no \(TokensOption.standardPath) here, so nothing is compared with live tokens; see --tokens."
      )
      return []
    }
  }
}

/// `--connect-to`, of the commands that call a site.
struct ConnectOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Call this server instead of the one that the site's name leads to: one that is not in service yet.",
      valueName: "host:port"))
  var connectTo: String?

  func validate() throws {
    guard let connectTo else { return }
    do {
      guard case .tcp = try ListenAddress(parsing: connectTo) else {
        throw ValidationError("--connect-to is HOST:PORT or [IPV6]:PORT")
      }
    } catch let error as ListenAddress.Invalid {
      throw ValidationError("--connect-to: \(error)")
    }
  }

  /// The way to the names of a site, and of those below and beside it.
  func route(to site: WebURL) -> HTTPRoute? {
    guard let connectTo, case .tcp(let host, let port)? = try? ListenAddress(parsing: connectTo) else {
      return nil
    }
    return HTTPRoute(
      domain: site.registeredDomain, host: host.contains(":") ? "[\(host)]" : host.lowercased(), port: port)
  }
}

/// `--manifest`, of the commands that change one.
struct ManifestOption: ParsableArguments {
  @Option(help: ArgumentHelp("The manifest.", valueName: "file"), completion: .file(extensions: ["json"]))
  var manifest = String(Manifest.path.dropFirst())

  func validate() throws {
    guard !manifest.isEmpty else { throw ValidationError("--manifest names no file") }
  }

  var published: PublishedFile { PublishedFile(path: manifest) }
}
