/// A whole FastCGI request, read a second time from the specification and without the gate's code: slow, all at once,
/// and in one place. What this calls whole, the gate must call complete, and nothing else.
struct Reading: Equatable {
  struct Pair: Equatable {
    var name: [UInt8]
    var value: [UInt8]
  }

  var id: Int
  var role: UInt8
  var keepsConnection: Bool
  var headLength: Int
  var length: Int
  var pairs: [Pair]

  /// Nil where the bytes are anything else than one whole request that may be shown to libfcgi.
  init?(_ bytes: [UInt8], watched: [[UInt8]]) {
    guard let all = Reading.records(of: bytes), let first = all.whole.first, first.type == 1,
      first.id != 0, first.content.count == 8, first.padding == 0, first.content[0] == 0,
      (1...2).contains(first.content[1])
    else { return nil }
    (id, role, keepsConnection) = (first.id, first.content[1], first.content[2] & 1 == 1)

    let head = all.whole.dropFirst().prefix { $0.type == 4 && !$0.content.isEmpty }
    let body = all.whole.dropFirst(1 + head.count + 1)
    guard all.whole.count > 1 + head.count, all.whole[1 + head.count].isEnd(of: 4),
      all.whole.allSatisfy({ $0.id == first.id })
    else { return nil }
    headLength = all.whole[1 + head.count].end
    guard headLength <= 128 * 1024 else { return nil }

    if role == 1 {
      guard let last = body.last, last.isEnd(of: 5), all.rest.isEmpty, last.end - headLength <= 64 * 1024,
        body.dropLast().allSatisfy({ $0.type == 5 && !$0.content.isEmpty })
      else { return nil }
      length = last.end
    } else if let only = body.first {
      guard body.count == 1, only.isEnd(of: 5), all.rest.isEmpty else { return nil }
      length = only.end
    } else {
      // A part of an empty STDIN may be there.
      let stdin: [UInt8] = [1, 5, UInt8(id >> 8), UInt8(id & 255), 0, 0, 0]
      guard all.rest.count < 8, stdin.starts(with: all.rest) || all.rest.isEmpty else { return nil }
      length = headLength
    }

    guard let pairs = Reading.pairs(of: head.flatMap(\.content)) else { return nil }
    self.pairs = pairs
    for pair in pairs where pair.name.contains(0) || pair.name.contains(61) || pair.value.contains(0) {
      return nil
    }
    for name in watched where pairs.count(where: { $0.name == name }) > 1 { return nil }
  }

  /// The parameters of a head, wherever its records end.
  static func parameters(in head: [UInt8]) -> [Pair]? {
    records(of: head).flatMap { pairs(of: $0.whole.filter { $0.type == 4 }.flatMap(\.content)) }
  }

  private struct Record {
    var type: UInt8
    var id: Int
    var content: [UInt8]
    var padding: Int
    var end: Int

    func isEnd(of stream: UInt8) -> Bool { type == stream && content.isEmpty && padding == 0 }
  }

  /// The whole records and what is left of one; nil where a version is not 1.
  private static func records(of bytes: [UInt8]) -> (whole: [Record], rest: ArraySlice<UInt8>)? {
    var whole: [Record] = []
    var start = 0
    while bytes.count - start >= 8 {
      guard bytes[start] == 1 else { return nil }
      let content = start + 8 + Int(bytes[start + 4]) * 256 + Int(bytes[start + 5])
      let end = content + Int(bytes[start + 6])
      guard end <= bytes.count else { return (whole, bytes[start...]) }
      whole.append(
        Record(
          type: bytes[start + 1], id: Int(bytes[start + 2]) * 256 + Int(bytes[start + 3]),
          content: Array(bytes[(start + 8)..<content]), padding: end - content, end: end))
      start = end
    }
    return (whole, bytes[start...])
  }

  /// Section 3.4: a length is a byte, or four with the first one's top bit set; nil where a pair is cut short.
  static func pairs(of stream: [UInt8]) -> [Pair]? {
    var pairs: [Pair] = []
    var rest = stream[...]
    func length() -> Int? {
      guard let first = rest.popFirst() else { return nil }
      if first < 128 { return Int(first) }
      guard rest.count >= 3 else { return nil }
      defer { rest = rest.dropFirst(3) }
      return rest.prefix(3).reduce(Int(first) - 128) { $0 * 256 + Int($1) }
    }
    while !rest.isEmpty {
      guard let name = length(), let value = length(), name + value <= rest.count else { return nil }
      pairs.append(Pair(name: Array(rest.prefix(name)), value: Array(rest.dropFirst(name).prefix(value))))
      rest = rest.dropFirst(name + value)
    }
    return pairs
  }
}
