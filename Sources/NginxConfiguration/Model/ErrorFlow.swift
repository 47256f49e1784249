/// What becomes of an error status in a context: which pages are gone through, and which status the client sees.
struct ErrorFlow {
  struct Hop {
    let page: ErrorPages.Page
    let destination: Site.Destination
  }

  /// A status at the end, and the page it is from; nil if no page had a say.
  struct Ending {
    let status: Int
    let page: ErrorPages.Page?
    /// The `return` that set it.
    let returned: Directive?
  }

  private(set) var hops: [Hop] = []
  private(set) var endings: [Ending] = []
  /// The page at which a request goes round until nginx gives up.
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

  /// Whether an exit needs a variable to be empty that the location where the error arose has set.
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
