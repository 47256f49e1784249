/// Caches: an application never gets another's answer, and one client's check never another's.
enum CacheRule {
  static func apply(_ site: Site, _ report: inout Report) {
    let secrets = Secrets(site)
    for location in site.guarded {
      for context in [location] + location.children where context === location || context.kind == .ifBlock {
        guard let backend = site.backend(of: context) else { continue }
        judge(context, backend.kind, secrets, &report)
      }
    }
    for context in site.contexts where context.location != nil && site.isBearerd(context) {
      judgeCheck(context, site, &report)
    }
  }

  private static func judge(
    _ context: Context, _ kind: Backend.Kind, _ secrets: Secrets, _ report: inout Report
  ) {
    guard let cache = context.effective("\(kind.rawValue)_cache").first, cache.value != "off" else { return }
    let key = context.effective("\(kind.rawValue)_cache_key").first
    let names = key?.arguments.flatMap(Secrets.names) ?? []
    if let key, names.contains(where: secrets.variables.contains) {
      report.error(
        .secretInLog, at: key, "the secret is part of the cache's key, which nginx writes into each file",
        sends: "a request with a good token", gets: "the token stands on the disk",
        fix: "$bearerd_application in place of it")
      return
    }
    let tellsApart = names.contains { name in
      ["$bearerd_application", "$bearerd_key"].contains(name)
        || context.effective("auth_request_set").contains {
          $0.value == name && $0.arguments.last?.hasPrefix("$upstream_http_x_bearerd_") == true
        }
    }
    guard !tellsApart, !isBypassed(context, kind) else { return }
    report.error(
      .cachedBetweenApplications, at: cache,
      "the cache's key of \(context.title) does not name the application",
      sends: "the same URL as another application", gets: "the answer that was made for the other",
      fix: "\(kind.rawValue)_cache_key $bearerd_application$scheme$proxy_host$request_uri;")
  }

  /// Whether nothing with credentials is stored or taken from the cache.
  private static func isBypassed(_ context: Context, _ kind: Backend.Kind) -> Bool {
    ["no_cache", "cache_bypass"].allSatisfy { name in
      context.effective("\(kind.rawValue)_\(name)").contains {
        $0.arguments.contains { $0 == "1" || $0.contains("$http_authorization") }
      }
    }
  }

  /// The check's own answers.
  private static func judgeCheck(_ check: Context, _ site: Site, _ report: inout Report) {
    guard let cache = check.effective("fastcgi_cache").first, cache.value != "off" else { return }
    let key = check.effective("fastcgi_cache_key").first
    let names = Set(key?.arguments.flatMap(Secrets.names) ?? [])
    // bearerd-cache.conf, which a variable turns on, says what it costs.
    if let key, cache.value?.contains("$") != true, names.contains("$http_authorization") {
      report.error(
        .secretInLog, at: key,
        "the secret is part of the key of the checks' cache, which nginx writes into each file",
        sends: "a request with a good token", gets: "the token stands on the disk",
        fix: "include snippets/bearerd-cache.conf; and its tmpfs")
    }
    let needed = check.effective("fastcgi_param").filter {
      ["HTTP_AUTHORIZATION", "BEARERD_TOKEN", "BEARERD_SCOPE"].contains($0.value ?? "")
    }.flatMap { $0.arguments.dropFirst().prefix(1).flatMap(Secrets.names) }
    let missing =
      needed.isEmpty
      ? ["$http_authorization"].filter { !names.contains($0) } : needed.filter { !names.contains($0) }
    guard let first = missing.first else { return }
    report.error(
      .checkMissing, at: key ?? cache,
      "the key of the checks' cache lacks \(first): one client's check counts for others",
      sends: "a request without a token, after one with a token", gets: "what is guarded",
      fix: "fastcgi_cache_key \"$remote_addr\\n$bearerd_scope\\n$bearerd_authorization\";")
  }
}
