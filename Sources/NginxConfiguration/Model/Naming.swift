extension Context {
  /// How messages call it: `location /private/`, `server`.
  var title: String {
    switch kind {
    case .http: "http"
    case .server: "the server"
    case .location: "location \(directive.arguments.joined(separator: " "))"
    case .ifBlock: "an if block"
    case .limitExcept: "limit_except"
    }
  }
}

extension Site {
  /// The path of a request that ends in the context, as far as can be said.
  func examplePath(of context: Context) -> String {
    switch context.location {
    case .exact(let path): return String(decoding: path, as: UTF8.self)
    case .prefix(let path, _):
      let text = String(decoding: path, as: UTF8.self)
      return text.hasSuffix("/") ? text + "page.html" : text
    case .regex(let pattern, let ignoresCase):
      // Nested ones match below the location around them.
      let outer = context.parent?.location?.path ?? [UInt8(ascii: "/")]
      let example = patterns.pattern(pattern, ignoringCase: ignoresCase).canMatch(
        prefix: outer, patterns.work
      ).example
      return String(decoding: example, as: UTF8.self)
    case .named, nil: return "/page.html"
    }
  }
}
