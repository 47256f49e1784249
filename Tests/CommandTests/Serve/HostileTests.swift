import Foundation
import TestSupport
import Testing

@testable import FastCGI

/// A request that would be allowed, malformed in one place: a parser that overlooks this allows it.
@Suite("A request that bearerd would allow, but for one thing in it, is not allowed")
struct HostileTests {
  private let service: Service
  private let secret: String

  init() throws {
    let scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
    service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
  }

  /// In records: BEGIN, two PARAMS, their end, and for a Responder a body and its end.
  private func records(_ role: Role) -> [[UInt8]] {
    let head = [
      HostileTests.record(1, [0, UInt8(role.rawValue), 1, 0, 0, 0, 0, 0]),
      HostileTests.record(4, HostileTests.pair("HTTP_AUTHORIZATION", "Bearer \(secret)")),
      HostileTests.record(4, HostileTests.pair("REMOTE_ADDR", "192.0.2.7")), HostileTests.record(4, []),
    ]
    return role == .authorizer
      ? head : head + [HostileTests.record(5, [65, 66]), HostileTests.record(5, [])]
  }

  private static func record(_ type: UInt8, id: UInt16 = 1, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
    RecordHeader(type: type, requestID: id, contentLength: content.count, paddingLength: padding).bytes
      + content + [UInt8](repeating: 0, count: padding)
  }

  private static func pair(_ name: String, _ value: String) -> [UInt8] {
    var bytes: [UInt8] = []
    NameValue.append(name.utf8, value.utf8, to: &bytes)
    return bytes
  }

  /// A break of the record at a place, or before it.
  struct Break: CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (inout [[UInt8]], Int) -> Void

    init(_ description: String, _ apply: @escaping @Sendable (inout [[UInt8]], Int) -> Void) {
      testDescription = description
      self.apply = apply
    }
  }

  static let breaks = [
    Break("version 0") { $0[$1][0] = 0 },
    Break("version 2") { $0[$1][0] = 2 },
    Break("version 255") { $0[$1][0] = 255 },
    Break("id 0") { $0[$1][3] = 0 },
    Break("a foreign id") { $0[$1][3] = 2 },
    Break("an unknown type") { $0[$1][1] = 99 },
    Break("type 0") { $0[$1][1] = 0 },
    Break("padding that is not there") { $0[$1][6] = 255 },
    Break("content that is not there") { $0[$1][4] = 255 },
    Break("no such record, where it is no parameter's") { records, place in
      guard ![1, 2, 4].contains(place) else { return records[place][0] = 0 }
      records.remove(at: place)
    },
    Break("ABORT before it") { $0.insert(record(2, []), at: $1) },
    Break("ABORT of another id before it") { $0.insert(record(2, id: 2, []), at: $1) },
    Break("BEGIN before it") { $0.insert($0[0], at: max(1, $1)) },
    Break("BEGIN of another id before it") {
      $0.insert(record(1, id: 2, Array($0[0][8...])), at: max(1, $1))
    },
    Break("GET_VALUES before it") { $0.insert(record(9, id: 0, []), at: max(1, $1)) },
    Break("an unknown record of id 0 before it") { $0.insert(record(99, id: 0, Array($0[1][8...])), at: $1) },
    Break("an unknown record of its id before it") { $0.insert(record(99, Array($0[1][8...])), at: $1) },
    Break("an empty record of a foreign id before it") { $0.insert(record(4, id: 2, []), at: $1) },
    Break("the token a second time") { records, place in records.insert(records[1], at: 2) },
    Break("a NUL in it") { records, place in records[1][records[1].count - 1 - place] = 0 },
    parameters("lengths 7ffffffe and 0", [0xff, 0xff, 0xff, 0xfe, 0]),
    parameters("lengths 7ffffffe twice", [0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe]),
    parameters("length 7fffffff", [0xff, 0xff, 0xff, 0xff, 0]),
    parameters("length 40000000", [0xc0, 0, 0, 0, 0]),
    parameters("4 MiB of PARAMS", [UInt8](repeating: 0, count: 65_535), times: 64),
    parameters("200,000 parameters", [UInt8](repeating: 0, count: 50_000), times: 8),
    parameters("NUL in a name", pair("X\0", "y")),
    parameters("= in a name", pair("HTTP_AUTHORIZATION=Bearer x;", "y")),
    parameters("a scope twice", pair("BEARERD_SCOPE", "a") + pair("BEARERD_SCOPE", "a")),
    parameters("BEARERD_TOKEN twice", pair("BEARERD_TOKEN", "") + pair("BEARERD_TOKEN", "")),
    parameters("BEARERD_ACCEPT twice", pair("BEARERD_ACCEPT", "bearer") + pair("BEARERD_ACCEPT", "bearer")),
    parameters("NUL in BEARERD_TOKEN", pair("BEARERD_TOKEN", "a\0b")),
    parameters("NUL in BEARERD_ACCEPT", pair("BEARERD_ACCEPT", "bearer\0basic")),
    Break("an empty record with padding before it") { records, place in
      records.insert(record(place < 4 ? 4 : 5, [], padding: 8), at: max(1, place))
    },
    Break("padding in the record that ends PARAMS") { records, place in
      records[3] = record(4, [], padding: 1 + 50 * place)
    },
    Break("FILTER or an unknown role") { $0[0][9] = [0, 3, 4, 127, 128, 255][$1] },
    // Not 1, by which the empty STDIN begins that an Authorizer may have.
    Break("a byte behind it all") { $0.append([[0, 2, 3, 4, 127, 255][$1]]) },
    Break("itself behind it") { records, _ in records += records },
  ]

  /// More in PARAMS, before the record at a place or in its own place nearest to it.
  private static func parameters(_ description: String, _ content: [UInt8], times: Int = 1) -> Break {
    Break("\(description) before it") { records, place in
      let more = [[UInt8]](repeating: record(4, content), count: times)
      records.insert(contentsOf: more, at: min(max(1, place), 3))
    }
  }

  /// What comes back for these bytes and the end of what is sent: all of it. A good request beside them is
  /// answered.
  private func answer(to bytes: [UInt8]) throws -> String {
    let client = try Client(connectingTo: service.address)
    try? client.send(bytes)
    try expectAlive()
    client.finishSending()
    var output: [UInt8] = []
    while let record = try? client.readRecord() { output += record }
    return String(decoding: output, as: UTF8.self)
  }

  private func expectAlive() throws {
    let start = Date()
    #expect(try service.status(secret) == 200)
    #expect(Date().timeIntervalSince(start) < 1)
  }

  @Test("whichever record it is", arguments: breaks, [Role.responder, .authorizer])
  func broken(how: Break, role: Role) throws {
    for place in records(role).indices {
      var records = records(role)
      how.apply(&records, place)
      #expect(try answer(to: Array(records.joined())) == "", "record \(place)")
    }
  }

  @Test("nor is it with another value of BEARERD_TOKEN or BEARERD_ACCEPT than none, an empty or a valid one")
  func operatorParameters() throws {
    let long = String(repeating: "x", count: 65_000)
    for (name, value, isAllowed) in [
      ("BEARERD_TOKEN", "", true), ("BEARERD_TOKEN", secret, true), ("BEARERD_TOKEN", "x", false),
      ("BEARERD_TOKEN", "Bearer \(secret)", false), ("BEARERD_TOKEN", " ", false),
      ("BEARERD_TOKEN", "\u{e9}", false),
      ("BEARERD_TOKEN", String(long.prefix(5000)), false), ("BEARERD_TOKEN", long, false),
      ("BEARERD_ACCEPT", "", true), ("BEARERD_ACCEPT", "bearer", true),
      ("BEARERD_ACCEPT", "bearer basic", true),
      ("BEARERD_ACCEPT", "basic", false), ("BEARERD_ACCEPT", "bearer, basic", false),
      ("BEARERD_ACCEPT", long, false),
    ] {
      var records = records(.responder)
      records.insert(HostileTests.record(4, HostileTests.pair(name, value)), at: 2)
      let answer = try answer(to: Array(records.joined()))
      #expect(
        answer.contains("Status: 200 OK") == isAllowed, "\(name) of \(value.utf8.count) bytes: \(answer)")
    }
  }

  @Test("nor is what is no request at all: plain HTTP, zeros, random bytes, alone or where records should be")
  func noise() throws {
    var random = SystemRandomNumberGenerator()
    let plain = Array("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(secret)\r\n\r\n".utf8)
    for bytes in [plain, [UInt8](repeating: 0, count: 100_000), [UInt8](repeating: 255, count: 100_000)] {
      #expect(try answer(to: bytes) == "")
    }
    let records = records(.responder)
    for _ in 0..<200 {
      let noise = (0..<Int.random(in: 1...300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      for place in 0..<4 {
        let bytes = Array(records[..<place].joined()) + noise + Array(records[(place + 1)...].joined())
        #expect(try !answer(to: bytes).contains("200 OK"), "\(bytes)")
      }
    }
  }

  @Test("be it only its last bytes", arguments: [Role.responder, .authorizer])
  func cut(role: Role) throws {
    let bytes = Array(records(role).joined())
    for length in bytes.indices { #expect(try answer(to: Array(bytes[..<length])) == "", "\(length) bytes") }
    #expect(try answer(to: bytes).contains("Status: 200 OK\r\n"))
  }
}
