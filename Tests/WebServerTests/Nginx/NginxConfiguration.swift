import Foundation

/// The configuration of one test's nginx: the project's snippets, and what an administrator might write around
/// them.
///
/// DIRECTORY stands for the test's directory and BACKEND for the backend's address.
struct NginxConfiguration {
  /// More for the server: directives that its locations inherit, or locations.
  var server = ""
  /// More at the http level: servers, say.
  var otherServers = ""
  /// The snippet with the pages of denials.
  var denied = "bearerd-denied.conf"

  func text(directory: String, port: UInt16, backend: UInt16) -> String {
    NginxConfiguration.main(
      http: """
        log_format with_application '$request_uri $status application=$bearerd_application request=$connection-$connection_requests';
        access_log DIRECTORY/access.log with_application;
        include snippets/bearerd-upstream.conf;
        \(otherServers)
        map $http_upgrade $connection_upgrade {
          default upgrade;
          "" "";
        }
        server {
          listen 127.0.0.1:\(port);
          root DIRECTORY/site;
          include snippets/bearerd-auth.conf;
          include snippets/\(denied);
          \(server)
          location /private/ {
            include snippets/bearerd-guard.conf;
          }
          location /api/ {
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-proxy.conf;
            client_max_body_size 20m;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://BACKEND;
          }
          location /api/write/ {
            set $bearerd_scope write;
            include snippets/bearerd-guard.conf;
            include snippets/bearerd-proxy.conf;
            proxy_pass http://BACKEND;
          }
        }
        """
    )
    .replacingOccurrences(of: "DIRECTORY", with: directory)
    .replacingOccurrences(of: "BACKEND", with: "127.0.0.1:\(backend)")
  }

  /// What every nginx of a plain user needs, who has no other directory than the test's.
  static func main(http: String) -> String {
    """
    daemon off;
    master_process off;
    pid DIRECTORY/nginx.pid;
    error_log stderr info;
    events { worker_connections 512; }
    http {
      default_type text/plain;
      client_body_temp_path DIRECTORY/body;
      proxy_temp_path DIRECTORY/proxy;
      fastcgi_temp_path DIRECTORY/fastcgi;
      uwsgi_temp_path DIRECTORY/uwsgi;
      scgi_temp_path DIRECTORY/scgi;
      \(http)
    }

    """
  }
}
