@testable import FastCGI

/// Changes a request where it has joints: records, their headers, name-value pairs and lengths. Most of what comes out
/// is framed rightly, so that the change reaches what lies behind the frame.
struct RecordMutation {
  private var random: RequestMutator

  init(seed: UInt64) { random = RequestMutator(seed: seed) }

  /// - Parameter room: the most bytes there may be.
  mutating func mutated(_ bytes: [UInt8], room: Int) -> [UInt8] {
    var records = RecordMutation.records(of: bytes)
    // One change is the rule; several together find what one by one would be undone.
    for _ in 0..<pick(1, 1, 1, 2, 3) { change(&records, room: room) }
    return Array(records.joined().prefix(room))
  }

  private mutating func change(_ records: inout [[UInt8]], room: Int) {
    guard !records.isEmpty else { return records = random.records() }
    let place = Int.random(in: records.indices, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0: records = random.records()
    case 1: records = [byLibFuzzer(Array(records.joined()), room: room)]
    case 2: records.remove(at: place)
    case 3: records.insert(records[place], at: Int.random(in: 0...records.count, using: &random))
    case 4: records.swapAt(place, Int.random(in: records.indices, using: &random))
    case 5: records.insert(stray(), at: Int.random(in: 0...records.count, using: &random))
    case 6: setHeader(of: &records[place])
    case 7: renumber(&records)
    case 8: setRole(of: &records)
    case 9: setPadding(of: &records[place])
    case 10:
      records[place] = RecordMutation.framed(
        records[place], content: byLibFuzzer(RecordMutation.content(of: records[place]), room: 65_535))
    case 11: split(&records, at: place)
    case 12: merge(&records, at: place)
    case 13: records.append(contentsOf: random.records())
    default: changePairs(in: &records, room: room)
    }
  }

  // MARK: Records

  private static func records(of bytes: [UInt8]) -> [[UInt8]] {
    var records: [[UInt8]] = []
    var start = 0
    while let header = RecordHeader(bytes.span, at: start), start + header.recordLength <= bytes.count {
      records.append(Array(bytes[start..<(start + header.recordLength)]))
      start += header.recordLength
    }
    if start < bytes.count { records.append(Array(bytes[start...])) }
    return records
  }

  private static func content(of record: [UInt8]) -> [UInt8] {
    guard let header = RecordHeader(record.span, at: 0) else { return record }
    return Array(record.dropFirst(RecordHeader.length).prefix(header.contentLength))
  }

  /// The same record around another content.
  private static func framed(_ old: [UInt8], content: [UInt8]) -> [UInt8] {
    guard var header = RecordHeader(old.span, at: 0) else { return content }
    header.contentLength = min(content.count, RecordHeader.maximumContent)
    let padding = [UInt8](repeating: 0, count: header.paddingLength)
    return header.bytes + content.prefix(header.contentLength) + padding
  }

  private mutating func setHeader(of record: inout [UInt8]) {
    let field = Int.random(in: 0..<8, using: &random)
    guard field < record.count else { return }
    record[field] = pick(
      0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 127, 128, 255, UInt8.random(in: 0...255, using: &random))
  }

  private mutating func renumber(_ records: inout [[UInt8]]) {
    let id = pick(0, 1, 2, 255, 256, 65_535)
    for index in records.indices where records[index].count >= RecordHeader.length {
      records[index][2] = UInt8(id >> 8)
      records[index][3] = UInt8(id & 255)
    }
  }

  private mutating func setRole(of records: inout [[UInt8]]) {
    guard records[0].count >= 11 else { return }
    records[0][9] = pick(1, 1, 2, 2, 2, 3, 0)
    records[0][10] = pick(0, 1, 255)
  }

  private mutating func setPadding(of record: inout [UInt8]) {
    guard let header = RecordHeader(record.span, at: 0) else { return }
    record[6] = pick(0, 1, 7, 8, 255)
    record = Array(record.prefix(RecordHeader.length + header.contentLength))
    record += [UInt8](repeating: pick(0, 1, 4, 255), count: Int(record[6]))
  }

  /// What does not belong there, and what belongs there once.
  private mutating func stray() -> [UInt8] {
    let id = UInt16(pick(0, 1, 2))
    let injected = pair("HTTP_AUTHORIZATION", "injected")
    let question = (0..<pick(1, 2, 4, 40)).flatMap { _ in pair("FCGI_MAX_CONNS", "") }
    return pick(
      record(2, id: id), record(4, id: id), record(5, id: id), record(4, id: id, injected),
      record(99, id: id, injected), record(9, id: 0, question, padding: pick(0, 3, 8)),
      begin(id: id, role: 2),
      record(5, id: id, injected), record(4, id: id, padding: 8),
      record(11, id: 0, [99, 0, 0, 0, 0, 0, 0, 0]))
  }

  private mutating func split(_ records: inout [[UInt8]], at place: Int) {
    let content = RecordMutation.content(of: records[place])
    guard content.count > 1 else { return }
    let cut = Int.random(in: 1..<content.count, using: &random)
    records.replaceSubrange(
      place...place,
      with: [
        RecordMutation.framed(records[place], content: Array(content[..<cut])),
        RecordMutation.framed(records[place], content: Array(content[cut...])),
      ])
  }

  private mutating func merge(_ records: inout [[UInt8]], at place: Int) {
    guard place + 1 < records.count else { return }
    let content = RecordMutation.content(of: records[place]) + RecordMutation.content(of: records[place + 1])
    records[place] = RecordMutation.framed(records[place], content: content)
    records.remove(at: place + 1)
  }

  // MARK: Pairs

  /// Takes all PARAMS apart, changes a pair, and puts them into records of new lengths.
  private mutating func changePairs(in records: inout [[UInt8]], room: Int) {
    let places = records.indices.filter { records[$0].count > RecordHeader.length && records[$0][1] == 4 }
    let place = places.first ?? min(1, records.count)
    let old = places.first.map { records[$0] } ?? record(4)
    let stream = places.flatMap { RecordMutation.content(of: records[$0]) }
    var pairs = [stream]
    if let read = Reading.pairs(of: stream) { pairs = read.map { encoded($0) } }
    let size = records.reduce(0) { $0 + $1.count }
    switch Int.random(in: 0..<8, using: &random) {
    case 0 where !pairs.isEmpty: pairs.remove(at: Int.random(in: pairs.indices, using: &random))
    case 1 where !pairs.isEmpty:
      let index = Int.random(in: pairs.indices, using: &random)
      pairs[index] = byLibFuzzer(pairs[index], room: pairs[index].count + 64)
    case 2 where !pairs.isEmpty: pairs.append(pairs[Int.random(in: pairs.indices, using: &random)])
    case 3: pairs.append(lie())
    case 4: pairs.insert(newPair(room: max(0, room - size - 64)), at: 0)
    default: pairs.append(newPair(room: max(0, room - size - 64)))
    }
    for place in places.reversed() { records.remove(at: place) }
    records.insert(contentsOf: chunks(of: Array(pairs.joined()), like: old), at: min(place, records.count))
  }

  private mutating func encoded(_ pair: Reading.Pair) -> [UInt8] {
    length(of: pair.name.count) + length(of: pair.value.count) + pair.name + pair.value
  }

  /// In the shortest form mostly, and in the long one where it need not be.
  private mutating func length(of count: Int) -> [UInt8] {
    if count < 128, random.next() % 8 != 0 { return [UInt8(count)] }
    return [UInt8(count >> 24) | 0x80, UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
  }

  private mutating func newPair(room: Int) -> [UInt8] {
    let name = pick(
      "HTTP_AUTHORIZATION", "BEARERD_SCOPE", "", "X", "http_authorization", "HTTP_AUTHORIZATION ", "A=B",
      "A\0B",
      "FCGI_ROLE", "HTTP_AUTHORIZATIO", "PATH", String(repeating: "N", count: pick(126, 127, 128, 129, 300)))
    let small = pick(0, 1, 6, 30, 126, 127, 128, 129, 255, 256, 1000)
    // Long ones are slow, and rarely new.
    let isLong = random.next() % 32 == 0
    let count = min(room, isLong ? pick(7900, 8100, 8191, 8192, 65_535, 130_000) : small)
    var value = [UInt8](
      repeating: pick(UInt8(ascii: "v"), 0x80, 0xff, UInt8(ascii: "="), 1, 10), count: count)
    if count > 0, random.next() % 16 == 0 { value[Int.random(in: 0..<count, using: &random)] = 0 }
    return encoded(.init(name: Array(name.utf8), value: value))
  }

  /// Lengths that promise more than there is.
  private mutating func lie() -> [UInt8] {
    let lengths: [[UInt8]] = [
      [0xff, 0xff, 0xff, 0xfe], [0xff, 0xff, 0xff, 0xff], [0xc0, 0, 0, 0], [0x80, 0, 0, 0], [0x80, 0, 0, 1],
      [127],
      [0], [1], [0x80], [0x80, 0, 0xff, 0xff], [0x80, 1, 0, 0],
    ]
    let (name, value) = (Int(random.next() % 11), Int(random.next() % 11))
    return lengths[name] + lengths[value] + [UInt8](repeating: 65, count: pick(0, 1, 2, 127))
  }

  private mutating func chunks(of stream: [UInt8], like old: [UInt8]) -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    var rest = stream[...]
    let largest = pick(RecordHeader.maximumContent, RecordHeader.maximumContent, 8184, 1000, 64, 7, 1)
    while !rest.isEmpty {
      // No more than some hundred records: the rest goes into one.
      let count = chunks.count < 300 ? min(largest, rest.count) : rest.count
      chunks.append(RecordMutation.framed(old, content: Array(rest.prefix(count))))
      if random.next() % 4 == 0 { setPadding(of: &chunks[chunks.count - 1]) }
      rest = rest.dropFirst(min(count, RecordHeader.maximumContent))
    }
    return chunks
  }

  // MARK: Choosing

  private mutating func pick<Choice>(_ choices: Choice...) -> Choice {
    choices[Int(random.next() % UInt64(choices.count))]
  }
}
