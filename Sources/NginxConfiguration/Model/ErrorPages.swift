/// The `error_page` directives that count in a context.
struct ErrorPages {
  struct Page {
    enum Status: Equatable {
      /// The status of the error.
      case kept
      /// `=`: the status that the page itself has.
      case own
      /// `=200`
      case fixed(Int)
    }

    let codes: [Int]
    let status: Status
    let target: String
    let directive: Directive
  }

  let pages: [Page]

  init(of context: Context) {
    pages = context.effective("error_page").compactMap(ErrorPages.page)
  }

  /// The page for a status: nginx takes the first that names it.
  func page(for code: Int) -> Page? { pages.first { $0.codes.contains(code) } }

  private static func page(_ directive: Directive) -> Page? {
    var words = directive.arguments
    guard words.count >= 2, let target = words.popLast() else { return nil }
    var status = Page.Status.kept
    if let last = words.last, last.hasPrefix("=") {
      words.removeLast()
      status = Int(last.dropFirst()).map(Page.Status.fixed) ?? .own
    }
    return Page(codes: words.compactMap { Int($0) }, status: status, target: target, directive: directive)
  }
}

extension Site {
  /// Where an error page, `try_files` or a rewrite leads.
  enum Destination {
    /// - Parameter keepsURI: the location serves the URI that was asked for.
    case context(Context, keepsURI: Bool, isCertain: Bool)
    /// A redirect to another site or URL.
    case redirect
    case missing
  }

  /// - Parameter target: `@name`, a path or a URL, with variables.
  func destination(_ target: String, in server: Context) -> Destination {
    if target.hasPrefix("@") {
      return named(target, in: server).map { .context($0, keepsURI: true, isCertain: true) } ?? .missing
    }
    if ["$uri", "$request_uri", "$document_uri"].contains(where: target.hasPrefix) { return .missing }
    if target.hasPrefix("$") { return mapped(target, in: server) }
    guard target.hasPrefix("/") else { return .redirect }
    let path = Array(target.utf8.prefix { $0 != UInt8(ascii: "?") })
    let literal = Array(path.prefix { $0 != UInt8(ascii: "$") })
    // `/slow$uri`: the client's URI, below a prefix.
    let rest = String(decoding: path.dropFirst(literal.count), as: UTF8.self)
    if ["$uri", "$request_uri", "$document_uri"].contains(rest) {
      let found = location(for: literal + Array("/page.html".utf8), in: server)
      return .context(found.context, keepsURI: true, isCertain: found.isCertain)
    }
    let found = location(for: literal, in: server)
    return .context(
      found.context, keepsURI: Site.isFrontController(literal),
      isCertain: found.isCertain && literal.count == path.count)
  }

  /// A target that a map chooses: an open one, if there is one.
  private func mapped(_ variable: String, in server: Context) -> Destination {
    let maps = http.own("map").filter { $0.arguments.last == variable }
    let values = maps.flatMap { $0.block ?? [] }.compactMap(\.value).filter { !$0.hasPrefix("$") }
    let destinations = values.map { destination($0, in: server) }
    return destinations.first { destination in
      if case .context(let target, _, _) = destination { access(of: target) == .open } else { false }
    } ?? destinations.first ?? .redirect
  }

  /// Whether a script reads by itself which URI the client sent: `/index.php`.
  private static func isFrontController(_ path: [UInt8]) -> Bool {
    let name = String(decoding: path.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    return name.hasPrefix("index.") && ![".html", ".htm", ".txt", ".json"].contains(where: name.hasSuffix)
  }
}
