/// nginx's choice of a location for a URI (ngx_http_core_find_location).
struct LocationSearch {
  struct Result {
    /// The server itself if no location matches.
    let context: Context
    /// No regular expression on the way was beyond judging.
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
    // Millions of different ones would cost memory.
    if patterns.count > 10_000 { patterns = [:] }
    let pattern = Pattern(text, ignoringCase: ignoringCase)
    patterns[key] = pattern
    return pattern
  }
}
