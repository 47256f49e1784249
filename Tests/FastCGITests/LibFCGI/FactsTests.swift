import CFastCGI
import Foundation
import Testing

@testable import FastCGI

/// The faults of libfcgi that the gate and the engine guard against. A test that fails here is good news: a
/// fault was fixed. Then say so at the guard in question; it stays while any system still has the old library.
@Suite("libfcgi by itself")
struct FactsTests {
  /// 2.4.2 of Debian 12, and 2.4.5 of Debian 13, which calls itself 2.4.3. All facts hold for both.
  @Test("is a version that these facts were seen with")
  func version() throws {
    let pipe = try #require(popen("pkg-config --modversion fcgi", "r"))
    defer { pclose(pipe) }
    var line = [UInt8](repeating: 0, count: 64)
    let count = fread(&line, 1, line.count, pipe)
    let version = String(decoding: line[..<count], as: UTF8.self)
    #expect(
      ["2.4.2\n", "2.4.3\n"].contains(version), "look through this file: what is corrected, and what is new?")
  }

  private static func getValues(times: Int) -> [UInt8] {
    record(9, id: 0, (0..<times).flatMap { _ in pair("FCGI_MAX_CONNS", "") })
  }

  @Test("is known by how its streams are laid out, and not known if they are laid out in another way")
  func layout() throws {
    let bytes = [UInt8](goodRequest)
    var buffer = bytes + [UInt8](repeating: 0, count: Int(BEARERD_STREAM_BUFFER) - bytes.count)
    buffer.withUnsafeMutableBufferPointer { buffer in
      var data = bearerd_stream_data()
      data.buffer = buffer.baseAddress
      data.size = BEARERD_STREAM_BUFFER
      data.stop = buffer.baseAddress.map { $0 + bytes.count }
      var stream = FCGX_Stream()
      stream.rdNext = data.stop
      func isKnown(_ data: bearerd_stream_data) -> Bool {
        withUnsafeBytes(of: data) { data in
          stream.data = UnsafeMutableRawPointer(mutating: data.baseAddress)
          return bearerd_knows_stream(&stream, bytes, bytes.count) != 0
        }
      }
      #expect(isKnown(data))
      let changes: [(inout bearerd_stream_data) -> Void] = [
        { $0.size -= 1 }, { $0.buffer += 8 }, { $0.stop -= 1 }, { $0.stop += 1 },
        { $0.stop = UnsafeMutablePointer(bitPattern: 4096) },
        { $0.buffer = UnsafeMutablePointer(bitPattern: -4096) },
      ]
      for change in changes {
        var other = data
        change(&other)
        #expect(!isKnown(other))
      }
    }
  }

  @Test("aborts on a GET_VALUES that asks one name four times")
  func repeatedName() async {
    await #expect(processExitsWith: .signal(SIGABRT)) {
      _ = Textbook.parse(FactsTests.getValues(times: 4) + goodRequest)
    }
  }

  @Test("aborts on lengths whose sum overflows")
  func overflow() async {
    await #expect(processExitsWith: .signal(SIGABRT)) {
      _ = Textbook.parse(begin() + params([0xff, 0xff, 0xff, 0xfe, 0]) + stdin())
    }
  }

  @Test("takes the content of an unknown record for parameters")
  func injected() {
    let bytes = begin() + record(99, id: 0, pair("HTTP_AUTHORIZATION", "injected")) + record(4) + stdin()
    #expect(Textbook.parse(bytes) == .init(code: 0, parameters: ["HTTP_AUTHORIZATION=injected"]))
  }

  @Test("drops a record of ours after an empty one of a foreign id")
  func dropped() {
    let bytes = begin() + record(4, id: 2) + params(pair("HTTP_AUTHORIZATION", "lost")) + stdin()
    #expect(Textbook.parse(bytes) == .init(code: 0))
  }

  @Test("calls PARAMS whole that end in the middle, by ABORT, another record or the connection's end")
  func partial() {
    let head = begin() + record(4, pair("A", "b"))
    let whole = Textbook.Parsed(code: 0, parameters: ["A=b"])
    #expect(Textbook.parse(head) == whole)
    #expect(Textbook.parse(head + record(2)) == whole)
    #expect(Textbook.parse(head + stdin()) == whole)
  }

  @Test("gives no parameters after a padded BEGIN_REQUEST")
  func paddedBegin() {
    let begin = record(1, [0, 1, 0, 0, 0, 0, 0, 0], padding: 8)
    #expect(Textbook.parse(begin + params(pair("A", "b")) + stdin()) == .init(code: 0))
  }

  @Test("cuts a value at NUL and splits a name at =")
  func cut() {
    let parsed = Textbook.parse(
      begin() + params(pair("A", "b\0c"), pair("HTTP_AUTHORIZATION=x;", "y")) + stdin())
    #expect(parsed.parameters == ["A=b", "HTTP_AUTHORIZATION=x;=y"])
  }

  @Test("gives both of two parameters of one name, of which its FCGX_GetParam sees the first")
  func equalNames() {
    let parsed = Textbook.parse(begin() + params(pair("A", "1") + pair("A", "2")) + stdin())
    #expect(parsed.parameters == ["A=1", "A=2"])
  }

  @Test("swallows a second request that came with the first")
  func swallowed() {
    let answer = Textbook.finishUnanswered(goodRequest + begin(id: 2) + params(id: 2) + stdin(id: 2))
    let ends = answer.indices.filter { $0 % 8 == 0 && answer[$0] == 1 && answer[$0 + 1] == 3 }
    #expect(ends.count == 1)
  }

  @Test("sends END_REQUEST without a status for a request that was not answered")
  func unanswered() {
    let answer = Textbook.finishUnanswered(goodRequest)
    #expect(answer.count >= 16 && answer[answer.count - 15] == RecordType.endRequest)
    #expect(!String(decoding: answer, as: UTF8.self).contains("Status"))
  }

  @Test("deletes whatever file has its socket's name")
  func deletes() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "bearerd-\(UUID())").path
    try Data("precious".utf8).write(to: URL(filePath: path))
    let descriptor = FCGX_OpenSocket(path, 1)
    defer {
      close(descriptor)
      unlink(path)
    }
    #expect(descriptor >= 0)
    #expect((try? String(contentsOfFile: path, encoding: .utf8)) == nil)
  }
}
