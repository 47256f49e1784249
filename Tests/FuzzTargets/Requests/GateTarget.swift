@testable import FastCGI

/// The gate: it calls complete what the second reading calls whole, and its verdict does not depend on the parts in
/// which the bytes came.
enum GateTarget {
  static let watched = (0..<testNames.names.count).map { testNames.names[$0].withUTF8Buffer(Array.init) }

  static func run(_ bytes: [UInt8]) {
    let verdict = verdict(on: bytes[...])
    agree(verdict, with: Reading(bytes, watched: watched))
    inParts(bytes, whole: verdict)
    late(bytes, alone: verdict)
    if case .management(let length) = verdict { management(Array(bytes[..<length])) }
  }

  static func verdict(on bytes: ArraySlice<UInt8>, late: UInt16? = nil) -> Gate.Verdict {
    var gate = Gate(names: testNames, lateStdin: late)
    return gate.examine(bytes.span)
  }

  private static func agree(_ verdict: Gate.Verdict, with reading: Reading?) {
    guard case .complete(let request) = verdict else {
      return expect(reading == nil, "what is whole is complete: \(verdict)")
    }
    guard let reading else { return expect(false, "what is complete is whole: \(request)") }
    expect(Int(request.id) == reading.id && request.role.rawValue == UInt16(reading.role), "id and role")
    expect(request.keepsConnection == reading.keepsConnection, "the keep flag")
    expect(request.headLength == reading.headLength && request.length == reading.length, "lengths")
  }

  /// At every length at which the bytes may have stopped coming, one gate that saw them grow says what a fresh one
  /// says; and a rejection is final.
  private static func inParts(_ bytes: [UInt8], whole: Gate.Verdict) {
    var generator = RequestMutator(seed: bytes.reduce(UInt64(bytes.count)) { $0 &* 31 &+ UInt64($1) })
    var gate = Gate(names: testNames)
    var length = 0
    while length < bytes.count {
      length += Int.random(in: 1...max(1, bytes.count / 4), using: &generator)
      let part = bytes.prefix(length)
      let grown = gate.examine(part.span)
      expect(grown == verdict(on: part), "parts do not matter: \(grown) at \(length)")
      if case .reject = grown { expect(grown == whole, "a rejection is final: \(whole) after \(grown)") }
      guard grown == .incomplete else { return }
    }
  }

  /// An empty STDIN of the request before changes nothing else, and is exactly one record.
  private static func late(_ bytes: [UInt8], alone: Gate.Verdict) {
    let id: UInt16 = 1
    let later = verdict(on: bytes[...], late: id)
    if case .late(let length) = later {
      expect(length == 8 && Array(bytes[..<7]) == [1, 5, 0, 1, 0, 0, 0], "only an empty STDIN is late")
      expect(alone == .reject(.unexpectedRecord), "nothing is late on a fresh connection: \(alone)")
    } else {
      expect(later == alone, "what is not late is as it is: \(later), \(alone)")
    }
  }

  /// One record, whole, of names that were requested, each once.
  private static func management(_ record: [UInt8]) {
    guard let reply = Management.reply(to: record.span) else { return }
    guard let header = RecordHeader(reply.span, at: 0) else { return expect(false, "a reply has a header") }
    expect(header.type == 10 && header.requestID == 0 && header.version == 1, "GET_VALUES_RESULT")
    expect(header.recordLength == reply.count && reply.count % 8 == 0, "one record")
    let content = Array(reply[8..<(8 + header.contentLength)])
    guard let pairs = Reading.pairs(of: content) else { return expect(false, "pairs in the reply") }
    expect(Set(pairs.map(\.name)).count == pairs.count, "each name once")
    let asked =
      Reading.pairs(of: Array(record.dropFirst(8).prefix(Int(record[4]) << 8 | Int(record[5])))) ?? []
    expect(pairs.allSatisfy { pair in asked.contains { $0.name == pair.name } }, "only what was asked")
  }
}
