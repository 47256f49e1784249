/// Reports what this command cannot judge, instead of guessing.
enum JudgementRule {
  /// Directives that run a program for a request.
  static let programs = [
    "content_by_lua", "content_by_lua_block", "content_by_lua_file", "js_content", "perl", "echo",
    "echo_location",
    "echo_exec", "passenger_enabled", "rewrite_by_lua_block", "rewrite_by_lua", "rewrite_by_lua_file",
  ]

  static func apply(_ site: Site, _ report: inout Report) {
    for include in site.text.unresolved where include.value?.hasSuffix("mime.types") != true {
      report.warning(
        .cannotJudge, at: include, "the file of this include is not part of the input",
        fix: "nginx -T | bearerd doctor nginx -")
    }
    if !site.isWhole, let first = site.text.directives.first {
      report.warning(
        .cannotJudge, at: first, "this is only a part of a configuration: the surrounding blocks are unknown",
        fix: "nginx -T | bearerd doctor nginx -")
    }
    guard !site.guarded.isEmpty else {
      if let first = site.text.directives.first, site.text.unresolved.isEmpty,
        !site.contexts.contains(where: site.isBearerd)
      {
        report.warning(
          .cannotJudge, at: first, "no location is guarded by bearerd",
          fix: "include snippets/bearerd-guard.conf; in a location or server")
      }
      return
    }
    var seen: Set<String> = []
    for context in [site.http] + site.contexts {
      for statement in context.statements { judge(statement, in: context, &seen, &report) }
      judgeVariables(context, site, &report)
    }
    if site.patterns.work.isExhausted, let first = site.text.directives.first {
      report.warning(
        .cannotJudge, at: first, "the configuration is too large and was judged only in part",
        fix: "split it, one configuration per site")
    }
  }

  private static func judge(
    _ statement: Directive, in context: Context, _ seen: inout Set<String>, _ report: inout Report
  ) {
    guard !KnownDirectives.contains(statement.name), context.kind != .http || statement.name != "include"
    else { return }
    guard seen.insert(statement.name).inserted else { return }
    let isProgram = ["_by_lua", "js_", "perl"].contains { statement.name.contains($0) }
    report.warning(
      .cannotJudge, at: statement,
      "what \(statement.name) does: \(isProgram ? "it runs a program" : "it belongs to an unknown module")",
      fix: "# bearerd: allow cannot-judge (when you have verified what it does)")
  }

  /// Paths and backends that depend on the request.
  private static func judgeVariables(_ context: Context, _ site: Site, _ report: inout Report) {
    guard context.kind != .http, [.open, .guarded].contains(site.access(of: context)) else { return }
    if let backend = site.backend(of: context), hasVariableHost(backend),
      site.guarded.contains(where: { !site.backends(after: $0).isEmpty })
    {
      report.warning(
        .cannotJudge, at: backend.directive,
        "whether this reaches a guarded backend: its address has variables",
        fix: "use an address without variables, or a guard")
    }
    guard site.access(of: context) == .open else { return }
    for directive in context.own("root") + context.own("alias") where directive.value?.contains("$") == true {
      let hasCaptures =
        directive.name == "alias"
        && context.location.map { if case .regex = $0 { true } else { false } } == true
      guard !hasCaptures, site.guarded.contains(where: { site.backends(after: $0).isEmpty }) else { continue }
      report.warning(
        .cannotJudge, at: directive, "whether this serves guarded files: its path has variables",
        fix: "use a path without variables, or a guard")
    }
  }

  private static func hasVariableHost(_ backend: Backend) -> Bool {
    backend.addresses.contains { $0.contains("$") }
  }
}

/// The directives of nginx's own modules in http blocks.
enum KnownDirectives {
  static func contains(_ name: String) -> Bool {
    names.contains(name) || prefixes.contains { name.hasPrefix($0) }
  }

  private static let prefixes = [
    "proxy_", "fastcgi_", "uwsgi_", "scgi_", "grpc_", "memcached_", "ssl_", "gzip", "http2_", "http3_",
    "quic_", "limit_",
    "client_", "open_file_cache", "image_filter", "geoip_", "userid", "sub_filter", "mp4", "xslt_",
    "secure_link",
    "send_", "keepalive_", "log_", "access_log", "lingering_", "resolver", "server_name", "variables_hash",
    "types_hash",
    "dav_", "autoindex", "add_", "auth_basic", "auth_request", "output_buffers", "set_real_ip_from",
    "real_ip_",
    "directio", "large_client_header_buffers", "spdy_", "ssi", "addition_types", "charset", "slice", "mirror",
    "aio", "underscores_in_headers", "uninitialized_variable_warn", "rewrite", "status_", "session_log",
  ]

  private static let names: Set<String> = [
    "absolute_redirect", "alias", "allow", "ancient_browser", "auth_delay", "break",
    "chunked_transfer_encoding",
    "connection_pool_size", "create_full_put_path", "default_type", "degradation", "degrade", "deny",
    "disable_symlinks", "early_hints", "empty_gif", "error_log", "error_page", "etag", "expires", "flv",
    "geo", "google_perftools",
    "gunzip", "gunzip_buffers", "hash", "http2", "http3", "if", "if_modified_since", "ignore_invalid_headers",
    "include",
    "index", "internal", "ip_hash", "keepalive", "least_conn", "limit_except", "listen", "location", "map",
    "map_hash_bucket_size", "map_hash_max_size", "max_ranges", "merge_slashes", "min_delete_depth",
    "modern_browser",
    "modern_browser_value", "msie_padding", "msie_refresh", "ntlm", "override_charset", "perl_modules",
    "perl_require",
    "port_in_redirect", "post_action", "postpone_output", "random", "random_index", "read_ahead",
    "recursive_error_pages",
    "referer_hash_bucket_size", "referer_hash_max_size", "request_pool_size", "reset_timedout_connection",
    "return", "root",
    "satisfy", "satisfy_any", "sendfile", "sendfile_max_chunk", "server", "server_tokens", "set",
    "source_charset",
    "split_clients", "state", "stub_status", "subrequest_output_buffer_size", "tcp_nodelay", "tcp_nopush",
    "try_files", "types",
    "upstream", "valid_referers", "zone", "max_headers", "ssl",
  ]
}
