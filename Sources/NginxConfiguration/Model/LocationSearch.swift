/// nginx's selection of a location for a URI (ngx_http_core_find_location).
struct LocationSearch {
  struct Result {
    /// The server itself if no location matches.
    let context: Context
    /// Whether all regular expressions involved could be judged.
    let isCertain: Bool
  }

  private let patterns: PatternStore

  init(_ patterns: PatternStore) {
    self.patterns = patterns
  }

  func location(for uri: [UInt8], in server: Context) -> Result {
    var isCertain = true
    let found = find(uri, in: server, &isCertain).context
    return Result(context: found ?? server, isCertain: isCertain)
  }

  private func find(_ uri: [UInt8], in parent: Context, _ isCertain: inout Bool) -> (
    context: Context?, isDecided: Bool
  ) {
    var longest: (context: Context, count: Int, isFinal: Bool)?
    for child in parent.children {
      switch child.location {
      case .exact(let path) where path == uri: return (child, true)
      case .prefix(let path, let isFinal) where path.count >= longest?.count ?? 0 && uri.starts(with: path):
        longest = (child, path.count, isFinal)
      default: break
      }
    }
    var found: Context?
    if let longest {
      let nested = find(uri, in: longest.context, &isCertain)
      found = nested.context ?? longest.context
      if nested.isDecided { return (found, true) }
    }
    guard longest?.isFinal != true else { return (found, false) }
    for child in parent.children {
      guard let pattern = child.pattern else { continue }
      switch pattern.matches(uri, patterns.work) {
      case .yes: return (find(uri, in: child, &isCertain).context ?? child, true)
      case .unknown: isCertain = false
      case .no: break
      }
    }
    return (found, false)
  }
}

/// The compiled regular expressions of a configuration, each once.
final class PatternStore {
  let work = Work()
  private var patterns: [String: Pattern] = [:]

  func pattern(_ text: String, ignoringCase: Bool) -> Pattern {
    let key = (ignoringCase ? "i" : "-") + text
    if let known = patterns[key] { return known }
    // Millions of different ones would need much memory.
    if patterns.count > 10_000 { patterns = [:] }
    let pattern = Pattern(text, ignoringCase: ignoringCase)
    patterns[key] = pattern
    return pattern
  }
}

/// The possible results of a block's rewrite directives, which run before the check.
struct Rewriting {
  struct Exit {
    enum Kind {
      /// `return`, or a rewrite that redirects. The text is a body or a URL.
      case returns(code: Int, text: String?)
      /// To another URI, for which a location is selected again.
      case jumps(pattern: String, replacement: String)
    }

    let kind: Kind
    let directive: Directive
    /// The `if` that contains it.
    let condition: Directive?
  }

  private(set) var exits: [Exit] = []
  /// False if every request ends in an exit.
  private(set) var isPassable = true

  init(_ statements: [Directive]) {
    for statement in statements {
      switch statement.name {
      case "if":
        for inner in statement.block ?? [] { _ = add(inner, condition: statement) }
      default:
        if add(statement, condition: nil) {
          isPassable = false
          return
        }
      }
    }
  }

  /// - Returns: whether everything after it is unreachable.
  private mutating func add(_ directive: Directive, condition: Directive?) -> Bool {
    switch directive.name {
    case "return":
      guard let first = directive.value else { return false }
      let code = Int(first)
      // `return URL` is a redirect.
      let text = code == nil ? first : directive.arguments.dropFirst().first
      exits.append(
        Exit(kind: .returns(code: code ?? 302, text: text), directive: directive, condition: condition))
      return true
    case "rewrite" where directive.arguments.count >= 2:
      let (pattern, replacement) = (directive.arguments[0], directive.arguments[1])
      let flag = directive.arguments.count > 2 ? directive.arguments[2] : ""
      let isRedirect = ["http://", "https://", "$scheme"].contains { replacement.hasPrefix($0) }
      if flag == "redirect" || flag == "permanent" || isRedirect {
        let code = flag == "permanent" ? 301 : 302
        exits.append(
          Exit(kind: .returns(code: code, text: replacement), directive: directive, condition: condition))
      } else if flag != "break" {
        exits.append(
          Exit(
            kind: .jumps(pattern: pattern, replacement: replacement), directive: directive,
            condition: condition))
      }
      return false
    default: return false
    }
  }
}
