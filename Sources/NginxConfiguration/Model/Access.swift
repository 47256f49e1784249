/// Who may access a context's content.
enum Access: Equatable {
  /// Clients with a token.
  case guarded
  /// No client: it always returns an error or a redirect.
  case closed
  /// Clients that pass another check: addresses, a password, a login, a client certificate.
  case restricted
  /// Lua or another module decides.
  case unknown
  case open
}

extension Site {
  /// - Parameter context: where a request from outside, or an internal redirect, ends.
  func access(of context: Context) -> Access {
    let id = ObjectIdentifier(context)
    if let known = accesses[id] { return known }
    let found = findAccess(of: context)
    accesses[id] = found
    return found
  }

  private func findAccess(of context: Context) -> Access {
    if isClosed(context) { return .closed }
    switch check(of: context) {
    case .bearerd: return .guarded
    case .other: return .restricted
    case nil: break
    }
    if deniesStrangers(context) { return .restricted }
    if let realm = context.value("auth_basic"), realm != "off" { return .restricted }
    if context.value("ssl_verify_client") == "on",
      ErrorPages(of: context).page(for: 496)?.target.hasPrefix("@") != true
    {
      return .restricted
    }
    if rejectsOthers(context) { return .restricted }
    let deciding = [
      "access_by_lua", "access_by_lua_block", "access_by_lua_file", "rewrite_by_lua",
      "rewrite_by_lua_block", "rewrite_by_lua_file", "auth_jwt", "auth_pam", "auth_ldap", "auth_digest",
    ]
    return deciding.contains { !context.effective($0).isEmpty } ? .unknown : .open
  }

  /// Whether anonymous requests can end here.
  func isPublic(_ context: Context) -> Bool {
    guard !context.isNamed, context.value("internal") == nil, context.effective("internal").isEmpty else {
      return false
    }
    return context.server.map(isReachable) == true
  }

  /// Whether a server listens on anything but unix sockets.
  func isReachable(_ server: Context) -> Bool {
    let listens = server.own("listen").compactMap(\.value)
    return listens.isEmpty || listens.contains { !$0.hasPrefix("unix:") }
  }

  /// Whether the backend of an open location of the same server can redirect to an internal one, by
  /// X-Accel-Redirect.
  func isReachedByApplications(_ context: Context) -> Bool {
    guard !context.effective("internal").isEmpty, let server = context.server, isReachable(server) else {
      return false
    }
    return server.descendants.contains { other in
      guard let backend = backend(of: other), backend.kind != .grpc, backend.kind != .memcached else {
        return false
      }
      let ignored = other.effective("\(backend.kind.rawValue)_ignore_headers").flatMap(\.arguments)
      return isPublic(other) && access(of: other) == .open && !ignored.contains("X-Accel-Redirect")
    }
  }

  private func isClosed(_ context: Context) -> Bool {
    for level in context.ancestry where level === context || level.kind == .server {
      let rewriting = level.rewriting
      let isHarmless = rewriting.exits.allSatisfy { exit in
        guard case .returns(let code, _) = exit.kind else { return false }
        return code >= 300
      }
      if !rewriting.isPassable && isHarmless { return true }
    }
    return false
  }

  /// Whether an `if` rejects clients without a signed link or a certificate.
  private func rejectsOthers(_ context: Context) -> Bool {
    context.rewriting.exits.contains { exit in
      guard case .returns(400..., _) = exit.kind, let condition = exit.condition else { return false }
      return Secrets.names(in: condition.arguments.joined()).contains {
        ["$secure_link", "$ssl_client_verify"].contains($0)
      }
    }
  }

  /// Whether the effective list of addresses ends with `deny all`.
  private func deniesStrangers(_ context: Context) -> Bool {
    guard let level = context.ancestry.first(where: { !$0.own("allow").isEmpty || !$0.own("deny").isEmpty })
    else {
      return false
    }
    for rule in level.statements where rule.value == "all" {
      if rule.name == "deny" { return true }
      if rule.name == "allow" { return false }
    }
    return false
  }

  /// An explicit `auth_request off;` below a guard of the server: intended by the administrator.
  func isDeclaredPublic(_ context: Context) -> Bool {
    guard let server = context.server, server.value("auth_request") ?? "off" != "off" else { return false }
    return isOff(context)
  }

  private func isOff(_ context: Context) -> Bool {
    context.ancestry.contains { $0.location != nil && $0.own("auth_request").contains { $0.value == "off" } }
  }

  /// The scope that a context requires, if it is a fixed text; otherwise empty.
  func scope(of context: Context) -> String {
    let own = context.own("set").last { $0.value == "$bearerd_scope" }
    let setting = own ?? context.server?.own("set").last { $0.value == "$bearerd_scope" }
    return setting?.arguments.last ?? ""
  }
}
