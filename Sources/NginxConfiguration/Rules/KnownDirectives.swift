/// The directives of nginx's own modules, as far as blocks of http have them.
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
