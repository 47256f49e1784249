import Testing

@testable import BearerAuth
@testable import BearerdService

@Suite("The log")
struct LogTests {
  private let now = Instant(seconds: 0)

  @Test("has one line an entry, whatever the values hold")
  func lines() {
    let fields = [("client", "192.0.2.7"), ("uri", "/a\nforged \u{1b}[0m\u{9b}\"x"), ("empty", "")]
    #expect(
      LogFormat.text.line(.notice, "denied", fields, at: now)
        == "1970-01-01T00:00:00Z notice: denied client=192.0.2.7 uri=\"/a\\\\u{a}forged \\\\u{1b}[0m\\\\u{9b}\\\"x\" empty=\"\""
    )
    #expect(LogFormat.journal.line(.error, "denied", [("a", "b")], at: now) == "<3>denied a=b")
    #expect(
      LogFormat.json.line(.info, "denied", [("a", "\"\\")], at: now)
        == #"{"time": "1970-01-01T00:00:00Z", "level": "info", "message": "denied", "a": "\"\\"}"#)
  }

  @Test(
    "tells a path without its query, and no token of ours, percent-encoded or not",
    arguments: [
      ("/a?token=x", "/a"), ("/a", "/a"), ("", ""), ("/brd_abc/d", "/brd_.../d"), ("/x-brd_A1", "/x-brd_..."),
      ("/brd", "/brd"), ("/private/%62rd_abc", "/private/brd_..."), ("/brd%5Fabc%64%65/x", "/brd_.../x"),
      ("/brd%5fa%2Fb", "/brd_.../b"), ("/%2562%72d_abc", "/brd_..."), ("/%25%36%32rd_a%2562c", "/brd_..."),
      ("/%%36%32rd_a", "/brd_..."), ("/BRD_abc", "/brd_..."), ("/%42rD_%41", "/brd_..."),
      ("/%62rd", "/%62rd"),
      ("/%6", "/%6"), ("/%zz%", "/%zz%"), ("/b%00rd_abc", "/b%00rd_abc"),
      ("/%C3%BCbrd_a/%", "/\u{fc}brd_.../%"),
      (
        String(repeating: "%25", count: 500),
        String((String(repeating: "%25", count: 500)).prefix(200)) + "..."
      ),
      (
        String(repeating: "a", count: 180) + "%62rd_" + String(repeating: "x", count: 49),
        String(repeating: "a", count: 180) + "brd_......"
      ),
    ])
  func paths(path: String, told: String) {
    let bytes = Array(path.utf8)
    let text = LogText.path(bytes.span)
    #expect(text == told)
  }

  @Test("cuts a long value")
  func long() {
    let bytes = [UInt8](repeating: 0x61, count: 5000)
    let text = LogText.value(bytes.span)
    #expect(text == String(repeating: "a", count: 200) + "...")
  }

  @Test("lets ten lines a second through for one reason, and counts the rest")
  func rate() {
    var limit = RateLimit()
    let admitted = (0..<100).count { _ in limit.admits(at: now) }
    #expect(admitted == 10)
    let early = limit.takeSuppressed(at: now)
    let next = limit.takeSuppressed(at: now.advanced(by: 1))
    let after = limit.takeSuppressed(at: now.advanced(by: 2))
    #expect((early, next, after) == (0, 90, 0))
    let later = limit.admits(at: now.advanced(by: 1))
    #expect(later)
  }
}
