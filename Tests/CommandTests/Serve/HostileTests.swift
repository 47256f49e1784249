import Foundation
import Testing

@testable import FastCGI

/// A request that would be let in, broken in one place: whoever overlooks the break lets it in.
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
    func pair(_ name: String, _ value: String) -> [UInt8] {
      var bytes: [UInt8] = []
      NameValue.append(name.utf8, value.utf8, to: &bytes)
      return bytes
    }
    let head = [
      HostileTests.record(1, [0, UInt8(role.rawValue), 1, 0, 0, 0, 0, 0]),
      HostileTests.record(4, pair("HTTP_AUTHORIZATION", "Bearer \(secret)")),
      HostileTests.record(4, pair("REMOTE_ADDR", "192.0.2.7")), HostileTests.record(4, []),
    ]
    return role == .authorizer
      ? head : head + [HostileTests.record(5, [65, 66]), HostileTests.record(5, [])]
  }

  private static func record(_ type: UInt8, id: UInt16 = 1, _ content: [UInt8]) -> [UInt8] {
    RecordHeader(type: type, requestID: id, contentLength: content.count).bytes + content
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
    Break("lengths 7ffffffe and 0 before it") { records, place in
      records.insert(record(4, [0xff, 0xff, 0xff, 0xfe, 0]), at: min(max(1, place), 3))
    },
    Break("length 40000000 before it") { records, place in
      records.insert(record(4, [0xc0, 0, 0, 0, 0]), at: min(max(1, place), 3))
    },
    Break("4 MiB of PARAMS before it") { records, place in
      let filler = record(4, [UInt8](repeating: 0, count: 65_535))
      records.insert(contentsOf: [[UInt8]](repeating: filler, count: 64), at: min(max(1, place), 3))
    },
  ]

  /// What comes back for these bytes and the end of what is sent: all of it.
  private func answer(to bytes: [UInt8]) throws -> String {
    let client = try Client(connectingTo: service.address)
    try? client.send(bytes)
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
    try expectAlive()
  }

  @Test("be it only its last bytes", arguments: [Role.responder, .authorizer])
  func cut(role: Role) throws {
    let bytes = Array(records(role).joined())
    for length in bytes.indices { #expect(try answer(to: Array(bytes[..<length])) == "", "\(length) bytes") }
    #expect(try answer(to: bytes).contains("Status: 200 OK\r\n"))
    try expectAlive()
  }
}
