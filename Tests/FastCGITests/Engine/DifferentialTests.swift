import Testing

@testable import FastCGI

@Suite("The gate and libfcgi")
struct DifferentialTests {
  /// What the first watched parameter is by our own reading: no libfcgi in it.
  private func authorization(in bytes: [UInt8]) -> String? {
    var pairs: [UInt8] = []
    var offset = 0
    while let header = RecordHeader(bytes.span, at: offset) {
      if header.type == RecordType.params {
        pairs += bytes[(offset + 8)..<(offset + 8 + header.contentLength)]
      }
      offset += header.recordLength
    }
    offset = 0
    while let pair = NameValue(pairs.span, at: offset) {
      if pairs[pair.name].elementsEqual("HTTP_AUTHORIZATION".utf8) {
        return String(decoding: pairs[pair.value], as: UTF8.self)
      }
      offset = pair.value.upperBound
    }
    return nil
  }

  private static func verdict(_ bytes: [UInt8]) -> Gate.Verdict {
    var gate = Gate(names: testNames)
    return gate.examine(bytes.span)
  }

  @Test(
    "read the same parameters in whatever the gate lets pass; all else is closed unanswered",
    arguments: 0..<20)
  func agree(seed: Int) throws {
    let server = try TestServer(loops: 1)
    var mutator = RequestMutator(seed: UInt64(seed) + 1)
    var passed = 0
    for _ in 0..<200 {
      let bytes = mutator.bytes()
      let verdict = Self.verdict(bytes)
      // In two parts now and then, so that both ways through the loop are gone.
      let client = try server.client()
      let cut = Bool.random(using: &mutator) ? bytes.count : Int.random(in: 0...bytes.count, using: &mutator)
      try? client.send(Array(bytes[..<cut]))
      if cut < bytes.count { try? client.send(Array(bytes[cut...])) }
      client.finishSending()
      if case .complete = verdict {
        passed += 1
        #expect(try client.readResponse().body == authorization(in: bytes) ?? "-", "\(bytes)")
      } else if case .management = verdict {
        continue
      } else if case .complete = Self.verdict(Array(bytes[..<cut])) {
        // The first part was a whole request when it was seen; what came later is another matter.
        continue
      } else {
        #expect(try client.isClosedByPeer(), "\(verdict) \(bytes)")
      }
    }
    #expect(passed > 40)
    #expect(try server.goodStatus() == 200)
  }
}
