import Foundation
import TestSupport
import Testing

/// An nginx site for clients that know Basic only: a git server, files, an index of packages, and WebDAV by rclone.
final class ClientSite {
  let site: NginxSite
  private let programs: [Program]

  var directory: String { site.directory.path }
  var port: UInt16 { site.http.port }

  init() throws {
    let (webDAV, restic) = (try freePort(), try freePort())
    site = try NginxSite(
      configuration: NginxConfiguration(
        server: """
          client_max_body_size 20m;
          location /git/ {
            set $bearerd_accept "bearer basic";
            include snippets/bearerd-guard.conf;
            include /etc/nginx/fastcgi_params;
            include snippets/bearerd-fastcgi.conf;
            fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
            fastcgi_param GIT_PROJECT_ROOT DIRECTORY;
            fastcgi_param GIT_HTTP_EXPORT_ALL "";
            fastcgi_param PATH_INFO $uri;
            # Who may push is who may come here; git writes it into its log.
            fastcgi_param REMOTE_USER $bearerd_application;
            fastcgi_pass unix:DIRECTORY/fcgiwrap.sock;
          }
          location /files/ {
            set $bearerd_accept "bearer basic";
            include snippets/bearerd-guard.conf;
          }
          location /bearer/ {
            include snippets/bearerd-guard.conf;
            alias DIRECTORY/site/files/;
          }
          location /dav/ {
            set $bearerd_accept "bearer basic";
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-proxy.conf;
            proxy_set_header Host $http_host;
            proxy_pass http://127.0.0.1:\(webDAV);
          }
          location /restic/ {
            set $bearerd_accept "bearer basic";
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-proxy.conf;
            proxy_pass http://127.0.0.1:\(restic)/;
          }
          """))
    let directory = site.directory
    for name in ["home", "git", "dav", "restic"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory.path)/\(name)", withIntermediateDirectories: true)
    }
    try directory.make("a file\n", to: "site/files/file.txt")
    let home = "HOME=\(directory.path)/home"
    programs = try [
      ["fcgiwrap", "-s", "unix:\(directory.path)/fcgiwrap.sock"],
      [
        "rclone", "serve", "webdav", "\(directory.path)/dav", "--addr", "127.0.0.1:\(webDAV)", "--baseurl",
        "dav",
      ], ["rclone", "serve", "restic", "\(directory.path)/restic", "--addr", "127.0.0.1:\(restic)"],
    ].map { try Program(["env", home] + $0) }
    let isUp = eventually {
      FileManager.default.fileExists(atPath: "\(directory.path)/fcgiwrap.sock") && isListening(on: webDAV)
        && isListening(on: restic)
    }
    try #require(isUp, "\(programs.map(\.output))")
  }

  /// The site's address, with a user name and a password if they are given.
  func url(_ path: String, _ user: String? = nil, _ password: String? = nil) -> String {
    let login = [user, password].compactMap { $0 }.joined(separator: ":")
    return "http://\(login.isEmpty ? "" : login + "@")127.0.0.1:\(port)\(path)"
  }

  /// Runs a client to its end, with an empty home and no terminal.
  func run(_ command: [String], environment: [String] = [], stdin: String = "") throws -> Outcome {
    let surroundings = [
      "HOME=\(directory)/home", "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1",
    ]
    return try Bearerd.start(
      ["timeout", "120", "env", "-u", "http_proxy", "-u", "all_proxy"] + surroundings + environment + command,
      stdin: stdin
    ).wait()
  }

  /// Writes a file that only its owner reads.
  func write(_ text: String, to name: String) throws { try site.directory.write(text, to: name, mode: 0o600) }

  /// Tokens: one that is valid everywhere, one that no location here takes.
  func tokens() throws -> (valid: String, scoped: String) {
    (try site.token("app"), try site.token("limited", "--scopes", "other"))
  }

  /// That nothing the servers wrote, and nothing the backends were asked, has a secret in it.
  func expectNoSecret(_ secrets: String...) {
    let told = site.told + programs.map(\.output).joined()
    for secret in secrets {
      let isTold = told.contains(secret)
      #expect(!isTold)
    }
  }
}
