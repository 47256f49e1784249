/// Whether an internal redirect gives an anonymous client the content of a guarded location.
enum Opening {
  case closed
  case opens(Context)
  case unknown(Context)
}

extension Site {
  func opening(_ destination: Destination, insteadOf location: Context) -> Opening {
    guard case .context(let target, let keepsURI, let isCertain) = destination else { return .closed }
    let result = opening(target, keepsURI: keepsURI, insteadOf: location, depth: 0)
    if case .opens = result, !isCertain { return .unknown(target) }
    return result
  }

  /// - Parameter depth: the number of redirects from location to location.
  private func opening(_ target: Context, keepsURI: Bool, insteadOf location: Context, depth: Int) -> Opening
  {
    switch access(of: target) {
    case .guarded, .closed, .restricted: return .closed
    case .unknown: return .unknown(target)
    case .open: break
    }
    guard depth < 8, let server = target.server else { return .closed }
    let keepsURI = keepsURI && !Site.fixesURI(target)
    for exit in target.rewriting.exits {
      guard case .jumps(_, let replacement) = exit.kind else { continue }
      let next = follow(replacement, from: target, server, location, depth)
      guard case .closed = next else { return next }
    }
    for block in [target] + target.children where block === target || block.kind == .ifBlock {
      if let backend = backend(of: block), gives(backend, keepsURI: keepsURI, insteadOf: location) {
        return .opens(target)
      }
    }
    if JudgementRule.programs.contains(where: { !target.own($0).isEmpty }) { return .unknown(target) }
    if let last = target.own("try_files").first?.arguments.last, keepsURI || last.hasPrefix("@") {
      let next = follow(last, from: target, server, location, depth)
      guard case .closed = next else { return next }
    }
    let hasFiles = backend(of: target) == nil && target.rewriting.isPassable
    if hasFiles, keepsURI, backends(after: location).isEmpty, target.value("root") == location.value("root") {
      return .opens(target)
    }
    return .closed
  }

  private func follow(
    _ text: String, from target: Context, _ server: Context, _ location: Context, _ depth: Int
  ) -> Opening {
    guard case .context(let next, let keeps, _) = destination(text, in: server), next !== target else {
      return .closed
    }
    return opening(next, keepsURI: keeps, insteadOf: location, depth: depth + 1)
  }

  /// Whether a backend serves content of the guarded location: one that gets the client's URI may serve any.
  private func gives(_ backend: Backend, keepsURI: Bool, insteadOf location: Context) -> Bool {
    if keepsURI { return true }
    // A script of its own is only a page; the content of other paths of the same backend is unknown.
    if backend.kind == .fastcgi { return false }
    return backends(after: location).contains { !$0.addresses.isDisjoint(with: backend.addresses) }
  }

  /// The backends that serve a guarded location after the check.
  func backends(after location: Context) -> [Backend] {
    let id = ObjectIdentifier(location)
    if let known = backendsAfter[id] { return known }
    let found = findBackends(after: location)
    backendsAfter[id] = found
    return found
  }

  private func findBackends(after location: Context) -> [Backend] {
    var result = ([location] + location.children.filter { $0.kind == .ifBlock }).compactMap(backend)
    if let last = location.own("try_files").first?.arguments.last, let server = location.server,
      case .context(let target, _, _) = destination(last, in: server), target !== location
    {
      result += [target].compactMap(backend)
    }
    return result
  }

  /// Whether both are served by the same backend, or from the same root.
  func shares(_ target: Context, _ location: Context) -> Bool {
    let (one, other) = (backends(after: target), backends(after: location))
    if one.isEmpty || other.isEmpty { return target.value("root") == location.value("root") && other.isEmpty }
    return one.contains { backend in other.contains { !$0.addresses.isDisjoint(with: backend.addresses) } }
  }

  /// Whether a `rewrite ... break` maps every request of a location to one path.
  private static func fixesURI(_ context: Context) -> Bool {
    context.own("rewrite").contains { rewrite in
      rewrite.arguments.count == 3 && rewrite.arguments[2] == "break"
        && Secrets.names(in: rewrite.arguments[1]).isEmpty
        && ["^", ".", ".*", "^.*$", "^(.*)$", "^/", "^/.*$"].contains(rewrite.arguments[0])
    }
  }
}

/// The files that a location serves: those below a directory, for the URIs below a prefix.
struct ServedFiles {
  let directory: [UInt8]
  let prefix: [UInt8]
  /// One URI and its file only.
  let isExact: Bool
  /// Root or alias.
  let setting: Directive?

  /// Nil if the location serves no files, or its directory has variables.
  init?(_ context: Context, _ site: Site) {
    guard site.backend(of: context) == nil, context.rewriting.isPassable,
      !JudgementRule.programs.contains(where: { !context.own($0).isEmpty }), ServedFiles.triesURI(context)
    else { return nil }
    let alias = context.own("alias").first
    setting = alias ?? context.effective("root").first
    let root = setting?.value ?? "html"
    switch context.location {
    case .exact(let path):
      (prefix, isExact) = (path, true)
      directory = ServedFiles.joined(root, alias == nil ? path : [])
    case .prefix(let path, _):
      (prefix, isExact) = (path, false)
      directory = ServedFiles.joined(root, alias == nil ? path : [])
    case nil where context.kind == .server:
      (prefix, isExact) = ([UInt8(ascii: "/")], false)
      directory = ServedFiles.joined(root, prefix)
    default: return nil
    }
    guard !directory.contains(UInt8(ascii: "$")) else { return nil }
  }

  /// Whether `try_files` includes the file of the URI.
  private static func triesURI(_ context: Context) -> Bool {
    guard let tries = context.own("try_files").first else { return true }
    return tries.arguments.dropLast().contains {
      $0.contains("$uri") || $0.contains("$document_uri") || $0.contains("$request_filename")
    }
  }

  /// Without double slashes.
  static func joined(_ root: String, _ path: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in Array(root.utf8) + path where byte != UInt8(ascii: "/") || result.last != byte {
      result.append(byte)
    }
    return result
  }
}
