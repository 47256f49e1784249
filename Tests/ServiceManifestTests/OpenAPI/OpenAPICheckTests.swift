import ServiceManifest
import Testing

@Suite("An OpenAPI file")
struct OpenAPICheckTests {
  static let yaml = """
    # The to-do list.
    openapi: 3.0.1
    info:
      title: 'To-do: list'
      version: "1"
    servers:
      - url: https://api.example.com/v1   # where it is
      - description: another
        url: "/v2"
    paths:
      /todos:
        get:
          summary: |
            Reads all:
            /not/a/path:
      '/todos/{id}':
        delete: { operationId: remove }
      "/todo:add":
        post: {}
    components:
      schemas:
        url: { type: string }

    """

  @Test("in YAML says where the API is, and what it has", arguments: ["\n", "\r\n"])
  func yaml(lineEnd: String) {
    let text = OpenAPICheckTests.yaml.replacing("\n", with: lineEnd)
    let check = OpenAPICheck(of: Array(text.utf8), name: "o")
    #expect(check.findings.isEmpty)
    #expect(check.servers == ["https://api.example.com/v1", "/v2"])
    #expect(check.paths == ["/todos", "/todos/{id}", "/todo:add"])
  }

  @Test("in YAML may be indented in any way")
  func flat() {
    let text =
      "openapi: \"3.1.0\"\ninfo: {title: x}\nservers:\n- url: /\npaths:\n    /a:\n        get: {}\n    /b:\n"
    let check = OpenAPICheck(of: Array(text.utf8), name: "o")
    #expect(check.findings.isEmpty && check.servers == ["/"] && check.paths == ["/a", "/b"])
  }

  @Test("in JSON says the same")
  func json() {
    let text = #"""
      {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "servers": [{"url": "/v1"}, {"url": 3}, {}],
       "paths": {"/todos": {"get": {}}, "\/todos\/{id}": {}, "x-other": {}}}
      """#
    let check = OpenAPICheck(of: Array(text.utf8), name: "o")
    #expect(check.findings.isEmpty && check.servers == ["/v1"] && check.paths == ["/todos", "/todos/{id}"])
  }

  @Test(
    "that nobody can use is told so",
    arguments: [
      (#"{"openapi": "3.1.0", "info": {}, "paths": {"/a": {}},}"#, "o:1:54: error: a trailing comma"),
      (
        #"{"info": {}, "paths": {"/a": {}}}"#,
        "o:1:1: error: not an OpenAPI file: the top-level \"openapi\" is missing"
      ),
      (
        #"{"openapi": "2.9", "info": {}, "paths": {"/a": {}}}"#,
        "o:1:13: error: \"openapi\" must be a string like"
      ),
      (
        #"{"openapi": 3.1, "info": {}, "paths": {"/a": {}}}"#,
        "o:1:13: error: \"openapi\" must be a string like"
      ),
      (#"{"swagger": "2.0", "info": {}, "paths": {"/a": {}}}"#, "o:1:13: warning: OpenAPI 2 (Swagger)"),
      (#"{"openapi": "3.1.0", "paths": {"/a": {}}}"#, "o:1:1: error: \"info\" is missing"),
      (#"{"openapi": "3.1.0", "info": {}}"#, "o:1:1: error: \"paths\" is missing"),
      (#"{"openapi": "3.1.0", "info": {}, "paths": {}}"#, "o:1:34: warning: \"paths\" has no paths"),
      (
        #"{"openapi": "3.1.0", "info": {}, "paths": {"/a": {}, "/a": {}}}"#, "o:1:54: error: duplicate name"
      ),
      ("<!doctype html><title>404</title>", "o:1:1: error: an HTML or XML page"),
      ("Not found\n", "o:1:1: error: not an OpenAPI file"), ("", "o:1:1: error: not an OpenAPI file"),
      ("openapi: 3.0.0\ninfo: {}\npaths:\n\t/a: {}\n", "o:4:1: error: a tab; YAML must be indented"),
      ("openapi: 1.0\ninfo: {}\npaths:\n  /a: {}\n", "o:1:1: error: \"openapi\" must be a string like"),
      ("openapi: 3.0.0\ninfo: {}\n", "o:1:1: error: \"paths\" is missing"),
      ("openapi: 3.0.0\ninfo: {}\npaths: {}\n", "o:3:1: warning: \"paths\" has no paths"),
    ])
  func findings(text: String, finding: String) {
    let findings = OpenAPICheck(of: Array(text.utf8), name: "o").findings
    #expect(findings.count == 1 && findings.first?.description.hasPrefix(finding) == true, "\(findings)")
  }

  @Test("of bytes that are no text is refused")
  func bytes() {
    let findings = OpenAPICheck(of: [0x89, 0x50, 0x4e, 0x47], name: "o").findings
    #expect(findings.map(\.description) == ["o:1:1: error: neither JSON nor YAML: not UTF-8"])
  }
}
