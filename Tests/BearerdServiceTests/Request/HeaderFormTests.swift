import Testing

@testable import BearerAuth
@testable import FastCGI

@Suite("An Authorization header over the socket")
struct HeaderFormTests {
  static let secret = "Tq8-abc.DEF_123~xyz+/0=="

  struct Form: CustomTestStringConvertible, Sendable {
    var bytes: [UInt8]
    var status: Int
    var error: String?
    var testDescription: String {
      bytes.map { $0 >= 0x20 && $0 < 0x7f ? String(UnicodeScalar($0)) : "<\($0)>" }.joined()
    }

    init(_ text: String, _ status: Int, _ error: String? = nil) {
      bytes = Array(text.utf8)
      self.status = status
      self.error = error
    }

    init(_ bytes: [UInt8], _ status: Int, _ error: String? = nil) {
      self.bytes = bytes
      self.status = status
      self.error = error
    }
  }

  static let allowed = [
    "Bearer \(secret)", "bearer \(secret)", "BEARER \(secret)", "bEaReR \(secret)", "Bearer  \(secret)",
    "Bearer        \(secret)",
  ].map { Form($0, 200) }

  static let otherSchemes = [
    "", "Basic dXNlcjpwYXNz", "Digest username=\"x\"", "Negotiate x", "Bearer2 \(secret)", "Bear \(secret)",
    "BearerToken \(secret)", "Token \(secret)", "X-Bearer \(secret)",
  ].map { Form($0, 401) }

  static let malformed =
    [
      "Bearer", "Bearer ", "Bearer   ", "Bearer\t\(secret)", "Bearer \t\(secret)", "Bearer \(secret) ",
      "Bearer \(secret)\t", "Bearer \(secret), Bearer \(secret)", "Bearer \(secret),Bearer \(secret)",
      "Bearer \(secret) \(secret)", "Bearer \"\(secret)\"", "Bearer '\(secret)'", "Bearer token=\(secret)",
      "Bearer =", "Bearer ==", "Bearer =\(secret)", "Bearer a=b", "Bearer \(secret)!", "Bearer <\(secret)>",
      "Bearer \(secret);", "Bearer a,b", "Bearer a b", "Bearer a%20b", "Bearer a\\b", "Bearer a:b",
      "Bearer a@b",
      "Bearer \u{212A}elvin", "Bearer e\u{301}", "Bearer \u{e9}", "Bearer \u{ff21}", "Bearer \(secret)\r",
      "Bearer \(secret)\n", "Bearer \(secret)\r\nX-Injected: 1", "Bearer\r\n \(secret)", secret,
    ].map { Form($0, 401, "invalid_request") }
    + [[0x01], [0x7f], [0xff], [0x80], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x1b, 0x5b]].map {
      Form(Array("Bearer \(secret)".utf8) + $0, 401, "invalid_request")
    }

  static let unknown = [
    "Bearer \(secret.lowercased())", "Bearer \(secret.uppercased())", "Bearer \(secret.dropLast())",
    "Bearer \(secret)=", "Bearer x", "Bearer \(secret.dropFirst())", "Bearer Bearer",
    "Bearer brd_" + String(repeating: "0", count: 49), "Bearer " + String(repeating: "x", count: 8000),
  ].map { Form($0, 401, "invalid_token") }

  @Test("has one answer for each form", arguments: allowed + otherSchemes + malformed + unknown)
  func forms(form: Form) throws {
    let service = try TestService(tokens: tokens(line("app", Self.secret)))
    for role in [Role.responder, .authorizer] {
      let answer = try service.answer(bytes: [("HTTP_AUTHORIZATION", form.bytes)], role: role)
      #expect(answer.status == form.status)
      let challenge = answer.header("WWW-Authenticate")
      if form.status == 200 {
        #expect(challenge == nil)
        let name = role == .responder ? "X-Bearerd-Application" : "Variable-BEARERD_APPLICATION"
        #expect(answer.header(name) == "app")
      } else if let error = form.error {
        #expect(challenge?.contains("error=\"\(error)\"") == true, "\(challenge ?? "no challenge")")
      } else {
        #expect(challenge == "Bearer realm=\"test\"")
      }
      #expect((answer.header("Cache-Control") == "no-store") == (form.status != 200 || role == .responder))
    }
  }

  @Test("There are at least sixty forms")
  func count() { #expect((Self.allowed + Self.otherSchemes + Self.malformed + Self.unknown).count >= 60) }

  @Test("A missing header has a challenge without an error; NUL closes the connection unanswered")
  func absent() throws {
    let service = try TestService(tokens: tokens(line("app", Self.secret)))
    #expect(try service.answer([]).header("WWW-Authenticate") == "Bearer realm=\"test\"")
    #expect(throws: Client.Failure.closed) {
      try service.answer([("HTTP_AUTHORIZATION", "Bearer \(Self.secret)\0")])
    }
  }
}
