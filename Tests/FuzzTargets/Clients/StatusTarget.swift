import BearerAuth
import ServiceManifest

@testable import Clients
@testable import FastCGI

/// What a daemon answers, as `status`, `health` and `token revoke` read it: it is understood or refused, and what is shown of it
/// does nothing to a terminal.
enum StatusTarget {
  static func run(_ bytes: [UInt8]) {
    let response = response(to: bytes)
    expect(response.output.count <= bytes.count + 18, "no more than what came")
    _ = (response.status, response.header("Status"), response.header("WWW-Authenticate"))
    let body = response.body
    if let report = try? StatusReport(json: body) { shown(StatusScreen(report).text) }
    let raw = Array(body.utf8)
    guard let document = try? JSONDocument(parsing: raw) else { return }
    let escaped = Array(JSON.escaped(body).utf8)
    expectPrintable(String(decoding: escaped, as: UTF8.self))
    let again = try? JSONDocument(parsing: escaped)
    expect(again.map { isSame($0.root, document.root) } == true, "the same JSON after escaping")
  }

  /// Records as they are, in pieces of a length that the first of them says; or what is no record, as a whole answer.
  private static func response(to bytes: [UInt8]) -> ResponseMessage {
    var response = ResponseMessage()
    guard bytes.first == RecordHeader.version else {
      return ResponseMessage(output: Array("Status: 200 OK\r\n\r\n".utf8) + bytes, isEnded: true)
    }
    var buffer = RecordBuffer()
    let step = bytes.count > 7 ? Int(bytes[7]) + 1 : 1
    do {
      for start in stride(from: 0, to: bytes.count, by: step) where !response.isEnded {
        buffer.append(bytes[start..<min(start + step, bytes.count)])
        while !response.isEnded, let record = try buffer.next() { try response.add(record) }
      }
    } catch {}
    return response
  }

  private static func shown(_ text: String) {
    expect(text.utf8.count < 1 << 20, "no more than a screen can hold")
    expectPrintable(text)
  }

  private static func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one.content, other.content) {
    case (.null, .null), (.number, .number): return true
    case (.boolean(let one), .boolean(let other)): return one == other
    case (.string(let one), .string(let other)): return one.utf8.elementsEqual(other.utf8)
    case (.array(let one), .array(let other)): return one.elementsEqual(other, by: isSame)
    case (.object(let one), .object(let other)):
      return one.elementsEqual(other) {
        $0.name.utf8.elementsEqual($1.name.utf8) && isSame($0.value, $1.value)
      }
    default: return false
    }
  }
}

/// Nothing that a terminal would obey.
func expectPrintable(_ text: String) {
  expect(
    text.unicodeScalars.allSatisfy { $0 == "\n" || $0.isPrintable }, "only text: \(text.debugDescription)")
}
