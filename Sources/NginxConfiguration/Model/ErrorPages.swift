/// The `error_page` directives in effect in a context.
struct ErrorPages {
  struct Page {
    enum Status: Equatable {
      /// The status of the error.
      case kept
      /// `=`: the status of the page itself.
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

  /// The page for a status: nginx uses the first that names it.
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
    /// - Parameter keepsURI: whether the location serves the requested URI.
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

  /// A target chosen by a map: an open one, if there is one.
  private func mapped(_ variable: String, in server: Context) -> Destination {
    let maps = http.own("map").filter { $0.arguments.last == variable }
    let values = maps.flatMap { $0.block ?? [] }.compactMap(\.value).filter { !$0.hasPrefix("$") }
    let destinations = values.map { destination($0, in: server) }
    return destinations.first { destination in
      if case .context(let target, _, _) = destination { access(of: target) == .open } else { false }
    } ?? destinations.first ?? .redirect
  }

  /// Whether a script reads the client's URI itself: `/index.php`.
  private static func isFrontController(_ path: [UInt8]) -> Bool {
    let name = String(decoding: path.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    return name.hasPrefix("index.") && ![".html", ".htm", ".txt", ".json"].contains(where: name.hasSuffix)
  }
}

/// The handling of an error status in a context: the pages involved, and the client's status.
struct ErrorFlow {
  struct Hop {
    let page: ErrorPages.Page
    let destination: Site.Destination
  }

  /// A final status, and its page; nil if no page is involved.
  struct Ending {
    let status: Int
    let page: ErrorPages.Page?
    /// The `return` that set it.
    let returned: Directive?
  }

  private(set) var hops: [Hop] = []
  private(set) var endings: [Ending] = []
  /// The page at which a request loops until nginx gives up.
  private(set) var cycle: ErrorPages.Page?

  private let origin: Context
  private let site: Site
  /// In a subrequest nothing is checked.
  private let isSubrequest: Bool
  private var visited: Set<String> = []

  init(of code: Int, in context: Context, _ site: Site, isSubrequest: Bool = false) {
    origin = context
    self.site = site
    self.isSubrequest = isSubrequest
    follow(code, in: context, from: nil, mayHop: true)
  }

  private mutating func follow(
    _ code: Int, in context: Context, from last: ErrorPages.Page?, mayHop: Bool, returned: Directive? = nil
  ) {
    guard mayHop, let page = ErrorPages(of: context).page(for: code), let server = context.server else {
      return endings.append(Ending(status: code, page: last, returned: returned))
    }
    guard visited.insert("\(code) \(ObjectIdentifier(context).hashValue)").inserted else {
      cycle = page
      return
    }
    let destination = site.destination(page.target, in: server)
    hops.append(Hop(page: page, destination: destination))
    switch destination {
    case .redirect: endings.append(Ending(status: fixed(page) ?? 302, page: page, returned: nil))
    case .missing: endings.append(Ending(status: 500, page: page, returned: nil))
    case .context(let target, _, _):
      let goesOn = context.isOn("recursive_error_pages")
      arrive(in: target, with: code, page: page, mayHop: goesOn)
    }
  }

  /// The rewrite phase, the check, and the content of a page's location.
  private mutating func arrive(in target: Context, with code: Int, page: ErrorPages.Page, mayHop: Bool) {
    let status: Int =
      switch page.status {
      case .kept: code
      case .own: 200
      case .fixed(let status): status
      }
    let rewriting = target.rewriting
    for exit in rewriting.exits where !isImpossible(exit) {
      guard case .returns(let returned, _) = exit.kind else { continue }
      if returned < 300 {
        endings.append(Ending(status: status, page: page, returned: exit.directive))
      } else {
        follow(returned, in: target, from: page, mayHop: mayHop, returned: exit.directive)
      }
    }
    guard rewriting.isPassable else { return }
    if !isSubrequest, site.isGuarded(target) || site.access(of: target) == .restricted {
      follow(code == 403 ? 403 : 401, in: target, from: page, mayHop: mayHop)
    } else {
      endings.append(Ending(status: status, page: page, returned: nil))
    }
  }

  /// Whether an exit requires a variable to be empty that the location of the error has set.
  private func isImpossible(_ exit: Rewriting.Exit) -> Bool {
    guard let condition = exit.condition?.arguments.joined() else { return false }
    return origin.own("set").contains { set in
      set.arguments.count == 2 && !set.arguments[1].isEmpty && condition == "(\(set.arguments[0])=)"
    }
  }

  private func fixed(_ page: ErrorPages.Page) -> Int? {
    if case .fixed(let status) = page.status { status } else { nil }
  }
}
