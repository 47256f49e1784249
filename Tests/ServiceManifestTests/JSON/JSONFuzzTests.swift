import Foundation
import TestSupport
import Testing

@testable import ServiceManifest

@Suite("Whatever bytes come for JSON")
struct JSONFuzzTests {
  static let seeds = [
    #"{"a": [1, -2.5e+3, true, false, null], "b\u00e9\n": {"": "\ud83d\ude00"}, "c": []}"#,
    #"[[[["deep"]]], {"x": {"y": {"z": "\\\"\/"}}}, 0, -0, 1e5]"#,
    "{\n  \"schema_version\": \"v1\",\n  \"auth\": { \"type\": \"none\" }\n}\n",
    "\"caf\u{e9} \u{1f600}\"",
  ]

  /// Foundation reads the same language, but for two liberties.
  @Test("is taken where Foundation takes it, and only there", arguments: 0..<8 as Range<UInt64>)
  func differential(seed: UInt64) throws {
    var dice = Dice(state: seed)
    var taken = 0
    for _ in 0..<2_000 {
      let bytes = mutated(&dice)
      let ours = (try? JSONDocument(parsing: bytes)) != nil
      if ours { taken += 1 }
      let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      guard ours != theirs else { continue }
      #expect(!ours && isLiberty(bytes), "ours \(ours): \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(taken > 100 && taken < 1_900, "\(taken) of 2,000")
  }

  @Test("ends, and keeps every place inside of the text", arguments: 0..<4 as Range<UInt64>)
  func places(seed: UInt64) throws {
    var dice = Dice(state: seed &+ 1_000)
    for _ in 0..<2_000 {
      let bytes = mutated(&dice)
      do throws(JSONDocument.Problem) {
        let root = try JSONDocument(parsing: bytes).root
        check(root, inside: 0..<bytes.count, of: bytes)
      } catch {
        #expect((0...bytes.count).contains(error.offset))
      }
    }
  }

  /// Each value of a text that was read, read by itself, is that value again.
  private func check(_ value: JSONValue, inside range: Range<Int>, of bytes: [UInt8]) {
    #expect(range.lowerBound <= value.range.lowerBound && value.range.upperBound <= range.upperBound)
    let again = try? JSONDocument(parsing: Array(bytes[value.range])).root
    #expect(again?.kind == value.kind && again?.string == value.string)
    switch value.content {
    case .array(let values): values.forEach { check($0, inside: value.range, of: bytes) }
    case .object(let members): members.forEach { check($0.value, inside: value.range, of: bytes) }
    default: break
    }
  }

  private func mutated(_ dice: inout Dice) -> [UInt8] {
    var bytes = Array(JSONFuzzTests.seeds.randomElement(using: &dice)?.utf8 ?? "".utf8)
    let tokens = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "0", "1", "e", "-", ".", "null", " ",
      "\u{1}",
    ]
    for _ in 0..<Int.random(in: 0...3, using: &dice) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &dice)
      switch Int.random(in: 0..<5, using: &dice) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &dice)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(contentsOf: Array(tokens.randomElement(using: &dice)?.utf8 ?? "".utf8), at: index)
      case 3: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...8, using: &dice)))
      default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 10)], at: index)
      }
    }
    return bytes
  }

  /// Half characters, and the last comma of an array.
  private func isLiberty(_ bytes: [UInt8]) -> Bool {
    guard
      let error = #expect(throws: JSONDocument.Problem.self, performing: { try JSONDocument(parsing: bytes) })
    else { return false }
    return ["half of a surrogate pair", "a trailing comma"].contains { error.message.hasPrefix($0) }
  }
}
