@testable import FastCGI

/// Makes requests that are right, and others that are wrong in one place: records and lengths, not only bytes.
/// The same seed makes the same requests.
struct RequestMutator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  /// xorshift64*: good enough to pick places.
  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  /// A request in records; joined, they are its bytes.
  mutating func records() -> [[UInt8]] {
    let id = UInt16.random(in: 1...300, using: &self)
    let role: UInt16 = Bool.random(using: &self) ? 1 : 2
    var pairs: [UInt8] = []
    for _ in 0..<Int.random(in: 0...6, using: &self) { pairs += randomPair() }
    var records = [begin(id: id, role: role, flags: UInt8.random(in: 0...1, using: &self))]
    while !pairs.isEmpty {
      let count = Bool.random(using: &self) ? pairs.count : Int.random(in: 1...pairs.count, using: &self)
      records.append(
        record(4, id: id, Array(pairs.prefix(count)), padding: Int.random(in: 0...9, using: &self)))
      pairs.removeFirst(count)
    }
    records.append(record(4, id: id))
    if role == 1, Bool.random(using: &self) { records.append(record(5, id: id, [1, 2, 3])) }
    if role == 1 || Bool.random(using: &self) { records.append(record(5, id: id)) }
    return records
  }

  /// A request of which about half have something wrong.
  mutating func bytes() -> [UInt8] {
    var records = records()
    let place = Int.random(in: records.indices, using: &self)
    switch Int.random(in: 0..<16, using: &self) {
    case 0: records.remove(at: place)
    case 1: records.insert(records[place], at: place)
    case 2: records.swapAt(place, Int.random(in: records.indices, using: &self))
    case 3: records[place][1] = UInt8.random(in: 0...12, using: &self)
    case 4: records[place][3] ^= 1
    case 5: records[place][5] = UInt8.random(in: 0...255, using: &self)
    case 6: records[place][6] = UInt8.random(in: 0...255, using: &self)
    case 7:
      let byte = Int.random(in: records[place].indices, using: &self)
      records[place][byte] = UInt8.random(in: 0...255, using: &self)
    case 8: records.append(contentsOf: self.records())
    default: break
    }
    return records.flatMap(\.self)
  }

  private mutating func randomPair() -> [UInt8] {
    // What may be there once only, or not at all, is rare: most requests have six pairs.
    let names = ["X", "", "REQUEST_URI", "http_authorization", "HTTP_COOKIE"]
    let rareNames = ["HTTP_AUTHORIZATION", "BEARERD_SCOPE", "HTTP_AUTHORIZATION", "HTTP_AUTHORIZATION="]
    let values = ["good", "", "bad", String(repeating: "v", count: 127), String(repeating: "w", count: 300)]
    let isRare = next() % 6 == 0
    let name = isRare ? rareNames[Int(next() % 13) % 4] : names[Int(next() % 5)]
    let value = next() % 60 == 0 ? "a\0b" : values[Int(next() % 5)]
    return pair(name, value)
  }
}
