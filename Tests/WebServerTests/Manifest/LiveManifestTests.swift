import Foundation
import TestSupport
import Testing

@Suite("bearerd manifest check of a published manifest")
struct LiveManifestTests {
  @Test("finds nothing where all is as it must be")
  func sound() throws {
    let service = try PublishedService()
    let outcome = try service.check()
    #expect(
      outcome.code == 0 && outcome.line == "ok: service_http for openai, other_service", "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    // Its place need not be said.
    let site = try Bearerd.run("manifest", "check", service.origin, tokens: service.site.tokens)
    #expect(site.line == outcome.line)
  }

  /// What is changed of a sound site, and what is said then.
  static let faults: [(old: String, new: String, finding: String)] = [
    (
      "location = /manifest {", "location = /manifest { include snippets/bearerd-guard.conf;",
      "ai-plugin.json: error: the manifest must be public but answers 401: it needs a public location of "
        + "its own: location = /.well-known/ai-plugin.json { auth_request off; }"
    ),
    (
      "location = /openapi.json {", "location = /openapi.json { include snippets/bearerd-guard.conf;",
      "openapi.json: error: the OpenAPI file must be public but answers 401"
    ),
    (
      "location = /logo.png {", "location = /logo.png { include snippets/bearerd-guard.conf;",
      "logo.png: error: the logo must be public but answers 401"
    ),
    (
      "location = /logo.png {", "location = /logo.png { return 404;",
      "logo.png: error: the logo cannot be fetched: the response is 404"
    ),
    (
      "location = /openapi.json {", "location = /openapi.json { return 301 /v2/openapi.json;",
      "openapi.json: error: the OpenAPI file redirects to http://127.0.0.1:PORT/v2/openapi.json"
    ),
    (
      "add_header Access-Control-Allow-Origin *; # manifest", "",
      "ai-plugin.json: error: it has no Access-Control-Allow-Origin, so a browser does not let installers' pages read it; add to "
        + "its location: add_header Access-Control-Allow-Origin \"*\";"
    ),
    (
      "add_header Access-Control-Allow-Origin *; # openapi",
      "add_header Access-Control-Allow-Origin https://a.example;",
      "openapi.json: error: it allows only https://a.example, so"
    ),
    (
      "add_header Access-Control-Allow-Origin *; # openapi",
      "add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Origin https://chat.openai.com;",
      "openapi.json: error: it has several Access-Control-Allow-Origin, so"
    ),
    (
      "default_type application/json; # manifest", "default_type text/html;",
      "ai-plugin.json: warning: its Content-Type is not application/json"
    ),
    (
      "default_type image/png;", "default_type text/plain;",
      "logo.png: warning: its Content-Type is not image/..."
    ),
    (
      "include snippets/bearerd-guard.conf; # guard", "",
      "/todo/1: error: answers 200 without a token: not protected; in its location"
    ),
    (
      "include snippets/bearerd-guard.conf; # guard", "return 302 /login;",
      "/todo/1: error: answers 302 without a token instead of 401"
    ),
    (
      "include snippets/bearerd-guard.conf; # guard", "if ($request_method = GET) { return 405; }",
      "/todo/1: error: answers 405 without a token instead of 401: not checked before the backend"
    ),
    (
      "include snippets/bearerd-guard.conf; # guard", "return 502;",
      "/todo/1: error: answers 502 without a token instead of 401: is bearerd running?"
    ),
    (
      "default_type application/json; # manifest",
      "default_type application/json; add_header X-Debug 'key=SECRET';",
      "ai-plugin.json: header X-Debug: error: a live token of ci "
    ),
    (
      "default_type image/png;", "default_type image/png; add_header X-Debug SECRET;",
      "logo.png: header X-Debug: error: a live token of ci "
    ),
    (
      "include snippets/bearerd-guard.conf; # guard", "add_header Set-Cookie 't=SECRET' always; return 401;",
      "/todo/1: header Set-Cookie: error: a live token of ci "
    ),
  ]

  @Test("finds what keeps applications out, or allows every request", arguments: faults)
  func fault(old: String, new: String, finding: String) throws {
    let service = try PublishedService(change: (old, new))
    let outcome = try service.check()
    let expected = finding.replacing("PORT", with: "\(service.site.http.port)")
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(
      outcome.code == (finding.contains(": error:") ? 1 : 0) && !outcome.errors.contains(service.secret))
  }

  @Test("finds a secret in the manifest, in the OpenAPI file and in the picture")
  func published() throws {
    let service = try PublishedService()
    for (name, place) in [
      ("manifest", "ai-plugin.json:"), ("openapi.json", "openapi.json:"), ("logo.png", "logo.png:"),
    ] {
      let path = "site/\(name)"
      let before = try service.site.directory.read(path)
      let text = name == "logo.png" ? "<!-- WORD -->" : before
      try service.site.directory.make(text.replacing("WORD", with: service.secret), to: path)
      let outcome = try service.check()
      #expect(outcome.code == 1 && outcome.errors.contains("\(place)1:"), "\(outcome.errors)")
      #expect(
        outcome.errors.contains("error: a live token of ci ") && !outcome.errors.contains(service.secret))
      try service.site.directory.make(before, to: path)
    }
  }

  @Test("finds a verification token that opens the API, though no token file here knows it")
  func verificationToken() throws {
    let service = try PublishedService()
    let added = try Bearerd.run(
      "token", "add", "openai", tokens: service.site.tokens, stdin: PublishedService.verificationToken)
    #expect(added.code == 0)
    let known = try service.check()
    #expect(known.errors.contains("error: the verification token of openai is a live token of openai "))
    try service.site.directory.write("", to: "other")
    let taken = "error: the verification token of openai is accepted as a credential (200)"
    #expect(
      try eventually {
        try Bearerd.run("manifest", "check", service.origin, tokens: "\(service.site.directory.path)/other")
          .errors.contains(taken)
      })
  }

  @Test("asks no server of other people")
  func foreign() throws {
    let service = try PublishedService()
    let openAPI = try service.site.directory.read("site/openapi.json")
    try service.site.directory.make(
      openAPI.replacing("\"/\"", with: "\"https://api.example.com\""), to: "site/openapi.json")
    let outcome = try service.check()
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("warning: the server https://api.example.com is not on 127.0.0.1"))
  }
}

/// A to-do service behind nginx and bearerd, with its manifest.
struct PublishedService {
  let site: NginxSite
  let secret: String

  static let verificationToken = "5a1f0c9be2d84b7fa6d3f1c2b7e9d055"

  private static let server = """
    location = /.well-known/ai-plugin.json { rewrite ^ /manifest last; }
    location = /manifest {
      default_type application/json; # manifest
      add_header Access-Control-Allow-Origin *; # manifest
    }
    location = /openapi.json {
      default_type application/json;
      add_header Access-Control-Allow-Origin *; # openapi
    }
    location = /logo.png { default_type image/png; }
    location /todo/ {
      include snippets/bearerd-guard.conf; # guard
    }

    """

  init(change: (old: String, new: String)? = nil) throws {
    let secret = try KnownTokens.made.get().app
    var server = PublishedService.server
    if let change {
      try #require(server.contains(change.old))
      server = server.replacing(change.old, with: change.new.replacing("SECRET", with: secret))
    }
    site = try NginxSite(configuration: NginxConfiguration(server: server))
    self.secret = secret
    let tokens = try KnownTokens.made.get().text.replacing("\napp ", with: "\nci ")
    try site.directory.write(tokens)
    try site.directory.make("an entry\n", to: "site/todo/1")
    try site.directory.make("a picture", to: "site/logo.png")
    try site.directory.make(
      #"{"openapi": "3.1.0", "info": {"title": "WORD"}, "servers": [{"url": "/"}], "paths": {"/todo/{id}": {}}}"#,
      to: "site/openapi.json")
    let origin = "http://127.0.0.1:\(site.http.port)"
    try site.directory.make(
      """
      {"schema_version": "v1", "name_for_model": "todo_list", "name_for_human": "WORD", \
      "description_for_model": "To do.", "description_for_human": "To do.", "auth": {"type": "service_http", \
      "authorization_type": "bearer", "verification_tokens": {"openai": "\(PublishedService.verificationToken)", \
      "other_service": "abc123"}}, "api": {"type": "openapi", "url": "\(origin)/openapi.json"}, \
      "logo_url": "\(origin)/logo.png", "contact_email": "a@example.com", "legal_info_url": "\(origin)/legal"}

      """, to: "site/manifest")
  }

  var origin: String { "http://127.0.0.1:\(site.http.port)" }

  func check() throws -> Outcome {
    try Bearerd.run("manifest", "check", "\(origin)/.well-known/ai-plugin.json", tokens: site.tokens)
  }
}
