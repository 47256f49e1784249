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

/// The location that takes the requests for a URL.
package struct LocatedRequest: Sendable {
  package enum Access: Sendable {
    case guarded, open
    /// By addresses, a password, a login or a program; or it answers every request by an error or a redirect.
    case decidedElsewhere
  }

  /// `location /private/`
  package let title: String
  /// `FILE:LINE`
  package let place: String
  package let access: Access
  /// No regular expression on the way was beyond judging.
  package let isCertain: Bool

  /// Nil if no server listens on the port or has the host's name.
  /// - Parameter path: of the URL, with its query.
  package init?(host: String, port: UInt16, path: String, in text: ConfigurationText) {
    let site = Site(text)
    guard let server = LocatedRequest.server(for: host, port: port, in: site) else { return nil }
    let uri = LocatedRequest.normalized(path, mergingSlashes: server.value("merge_slashes") != "off")
    let found = site.location(for: uri, in: server)
    title = found.context.title
    place = text.description(of: found.context.directive.place)
    isCertain = found.isCertain
    access =
      switch site.access(of: found.context) {
      case .guarded: .guarded
      case .open: .open
      case .closed, .restricted, .unknown: .decidedElsewhere
      }
  }

  /// nginx's choice of a server (ngx_http_find_virtual_server). Behind a load balancer the port is another: then the name alone
  /// decides.
  private static func server(for host: String, port: UInt16, in site: Site) -> Context? {
    let onPort = Site.defaultServers(of: site.servers).filter { $0.key.hasSuffix(":\(port)") }
    let listening = site.servers.filter { server in
      Site.addresses(of: server).keys.contains { onPort[$0] != nil }
    }
    var best: (server: Context, rank: Int)?
    for server in listening.isEmpty ? site.servers : listening {
      let names = server.own("server_name").flatMap(\.arguments)
      let rank = names.map { precedence(of: $0.lowercased(), for: host, site) }.max() ?? 0
      if rank > best?.rank ?? 0 { best = (server, rank) }
    }
    return best?.server ?? onPort.min { $0.key < $1.key }?.value
  }

  /// An exact name counts before `*.example.com`, that before `www.*`, that before a regular expression; of several the longest.
  private static func precedence(of name: String, for host: String, _ site: Site) -> Int {
    let length = name.utf8.count
    if name == host || name == ".\(host)" { return 3 << 16 }
    if name.hasPrefix("*."), host.hasSuffix(name.dropFirst()) { return 2 << 16 + length }
    if name.hasPrefix("."), host.hasSuffix(name) { return 2 << 16 + length }
    if name.hasSuffix(".*"), host.hasPrefix(name.dropLast()) { return 1 << 16 + length }
    guard name.hasPrefix("~") else { return 0 }
    let pattern = site.patterns.pattern(String(name.dropFirst()), ignoringCase: true)
    return pattern.matches(Array(host.utf8), site.patterns.work) == .yes ? 1 : 0
  }

  /// The path as locations are compared with it: decoded, without a query, `.` and `..`.
  private static func normalized(_ path: String, mergingSlashes: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(path.utf8).prefix { $0 != UInt8(ascii: "?") }
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
        bytes.append(byte)
        continue
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    var parts: [ArraySlice<UInt8>] = []
    let all = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for (index, part) in all.enumerated() {
      let isLast = index == all.count - 1
      switch String(decoding: part, as: UTF8.self) {
      case "." where isLast: parts.append([])
      case "..":
        if !parts.isEmpty { parts.removeLast() }
        if isLast { parts.append([]) }
      case ".": break
      case "" where mergingSlashes && !isLast: break
      default: parts.append(part)
      }
    }
    return [UInt8(ascii: "/")] + parts.joined(separator: [UInt8(ascii: "/")])
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
