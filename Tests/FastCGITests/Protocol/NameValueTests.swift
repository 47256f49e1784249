import Testing

@testable import FastCGI

@Suite("Name-value pairs")
struct NameValueTests {
  @Test("What is written is read back", arguments: [0, 1, 127, 128, 1000, 70_000])
  func roundTrip(size: Int) throws {
    let name = [UInt8](repeating: 65, count: size)
    let value = [UInt8](repeating: 66, count: size)
    var bytes: [UInt8] = []
    NameValue.append(name, value, to: &bytes)
    let read = NameValue(bytes.span, at: 0)
    let pair = try #require(read)
    #expect(Array(bytes[pair.name]) == name)
    #expect(Array(bytes[pair.value]) == value)
    #expect(pair.value.upperBound == bytes.count)
  }

  @Test("A pair cut anywhere is none")
  func cut() {
    var bytes: [UInt8] = []
    NameValue.append([UInt8](repeating: 65, count: 200), [1], to: &bytes)
    for length in bytes.indices {
      let pair = NameValue(bytes.span.extracting(..<length), at: 0)
      #expect(pair == nil)
    }
  }

  @Test("GET_VALUES is answered once a known name, whatever else it asks")
  func management() throws {
    let asked =
      pair("FCGI_MPXS_CONNS", "") + pair("NOPE", "") + pair("FCGI_MPXS_CONNS", "") + pair("FCGI_MAX_REQS", "")
    let ask = record(9, id: 0, asked, padding: 3)
    let answered = Management.reply(to: ask.span)
    let reply = try #require(answered)
    let expected = pair("FCGI_MAX_REQS", "1024") + pair("FCGI_MPXS_CONNS", "0")
    #expect(reply.count % 8 == 0)
    #expect(reply[1] == 10)
    #expect(Array(reply[8..<8 + expected.count]) == expected)
    let broken = record(9, id: 0, [5])
    let none = Management.reply(to: broken.span)
    #expect(none == nil)
  }
}
