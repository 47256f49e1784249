import Foundation
import TestSupport
import Testing

/// Tests/lib/sdk.py and grpc_client.py ask by the SDKs from PyPI, in the versions of Tests/lib/sdk-requirements.txt.
@Suite("Official SDKs through nginx")
struct SDKTests {
  /// What a program's user sees.
  struct Seen: Decodable {
    var answer: String?
    var exception: String?
    var text: String?
    var status: Int?
    var type: String?
    var code: String?
  }

  static let server = """
    location = /v1/chat/completions {
      set $bearerd_scope chat;
      include snippets/bearerd-guard.conf;
      try_files /nothing @openai;
    }
    location @openai {
      default_type application/json;
      return 200 '{"id":"1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"allowed"}}]}';
    }
    location = /v1/messages {
      set $bearerd_scope chat;
      set $bearerd_token $http_x_api_key;
      include snippets/bearerd-guard.conf;
      try_files /nothing @anthropic;
    }
    location @anthropic {
      default_type application/json;
      return 200 '{"id":"1","type":"message","role":"assistant","model":"small","content":[{"type":"text","text":"allowed"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}';
    }
    """

  /// A Python with the SDKs; made once, and kept outside of the repository.
  static func python() throws -> String {
    let script =
      #"source "$1/Tests/lib/shell.sh"; need_python_packages "$1/Tests/lib/sdk-requirements.txt"; printf '\n%s\n' "$python""#
    let outcome = try Bearerd.start(["bash", "-c", script, "bash", repository]).wait()
    try #require(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
    return String(try #require(outcome.output.split(separator: "\n").last))
  }

  /// One question by an SDK, and what comes of it.
  static func ask(_ sdk: String, _ site: NginxSite, by python: String, _ token: String) throws -> Seen {
    let command = [python, "\(repository)/Tests/lib/sdk.py", sdk, "http://127.0.0.1:\(site.http.port)"]
    let outcome = try Bearerd.start(
      ["env", "-u", "http_proxy", "-u", "all_proxy", "NO_PROXY=127.0.0.1"] + command, stdin: token
    ).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Seen.self, from: Data(outcome.output.utf8))
  }

  @Test(
    "send their key, and their exceptions show the sentence of a denial", arguments: ["openai", "anthropic"])
  func denials(sdk: String) throws {
    let site = try NginxSite(
      configuration: NginxConfiguration(server: Self.server, denied: "bearerd-denied-json.conf"))
    let tokens = (valid: try site.token("app"), scoped: try site.token("limited", "--scopes", "other"))
    let python = try Self.python()
    func ask(_ token: String) throws -> Seen { try Self.ask(sdk, site, by: python, token) }
    #expect(try ask(tokens.valid).answer == "allowed")
    let denials = [
      (
        "wrong", 401, "authentication_error", "invalid_api_key",
        "This request needs a valid token. Send the one"
      ),
      (
        tokens.scoped, 403, "permission_error", "insufficient_scope",
        "The token lacks the scope that this request needs."
      ),
      (tokens.valid, 503, "api_error", "service_unavailable", "The token could not be checked. Try again"),
    ]
    for (token, status, type, code, sentence) in denials {
      if status == 503 { site.bearerd.stop() }
      let seen = try ask(token)
      #expect(seen.answer == nil && seen.status == status, "\(seen)")
      #expect(seen.text?.contains(sentence) == true, "\(seen)")
      #expect(seen.type == type, "\(seen)")
      // The SDK of Anthropic has no such attribute; its text has the code.
      #expect(seen.code == code || seen.text?.contains(code) == true, "\(seen)")
    }
    let isTold = [tokens.valid, tokens.scoped].contains { site.told.contains($0) }
    #expect(!isTold)
  }

  @Test(
    "of gRPC get OK, UNAUTHENTICATED, PERMISSION_DENIED and UNAVAILABLE, for calls of every kind, each time")
  func grpc() throws {
    let (port, backend) = (try freePort(), try freePort())
    let site = try NginxSite(
      configuration: NginxConfiguration(
        otherServers: """
          server {
            listen 127.0.0.1:\(port) http2;
            include snippets/bearerd-auth.conf;
            include snippets/bearerd-denied-grpc.conf;
            location /test.Echo/ {
              include snippets/bearerd-guard.conf;
              include snippets/bearerd-grpc.conf;
              grpc_pass grpc://127.0.0.1:\(backend);
            }
          }
          """))
    let python = [try Self.python(), "\(repository)/Tests/lib/grpc_client.py"]
    let server = try Program(python + ["--serve", "127.0.0.1:\(backend)"])
    try #require(eventually { server.output.contains("serving") }, "\(server.output)")
    let tokens = (valid: try site.token("app"), scoped: try site.token("limited", "--scopes", "other"))
    for (token, code) in [
      (tokens.valid, "OK"), ("", "UNAUTHENTICATED"), ("wrong", "UNAUTHENTICATED"),
      (tokens.scoped, "PERMISSION_DENIED"),
      (tokens.valid, "UNAVAILABLE"),
    ] {
      if code == "UNAVAILABLE" { site.bearerd.stop() }
      let outcome = try Bearerd.start(python + ["127.0.0.1:\(port)", "20"], stdin: token).wait()
      try #require(outcome.code == 0, "\(outcome.errors)")
      let codes = try JSONDecoder().decode([String: [String: Int]].self, from: Data(outcome.output.utf8))
      #expect(codes.count == 4 && codes.values.allSatisfy { $0 == [code: 20] }, "\(code): \(codes)")
    }
  }
}
