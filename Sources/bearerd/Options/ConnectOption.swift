import ArgumentParser
import FastCGI
import ServiceManifest

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
