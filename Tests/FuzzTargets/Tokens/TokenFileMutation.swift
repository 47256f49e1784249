/// Changes a token file where it has joints: lines, fields, hashes and options, so that most of what comes out is a file
/// that can be used.
struct TokenFileMutation {
  private var random: RequestMutator

  init(seed: UInt64) { random = RequestMutator(seed: seed) }

  /// - Parameter room: the most bytes there may be.
  mutating func mutated(_ bytes: [UInt8], room: Int) -> [UInt8] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let place = Int.random(in: lines.indices, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return byLibFuzzer(bytes, room: room)
    case 1: lines.remove(at: place)
    case 2: lines.insert(lines[place], at: place)
    case 3: lines.swapAt(place, Int.random(in: lines.indices, using: &random))
    case 4: lines.insert(pick("", "# a comment", " \t ", "#"), at: place)
    case 5: lines[place] = changedFields(of: lines[place])
    default: lines.insert(newLine(), at: place)
    }
    return Array(lines.joined(separator: "\n").utf8.prefix(room))
  }

  private mutating func newLine() -> String {
    let digit = pick("0", "1", "7", "a", "F")
    let hash = "sha256:" + String(repeating: digit, count: 62) + pick("00", "01", "7f", "AB")
    var fields = [pick("openai", "ci", "a.b-c_d", "an-application-with-a-long-name"), hash]
    for _ in 0..<pick(0, 1, 2, 4) { fields.append(option()) }
    return fields.joined(separator: pick(" ", "  ", "\t"))
  }

  private mutating func option() -> String {
    let instant = pick(
      "2027-01-31", "2031-02-03T04:05:06Z", "2020-02-29T23:59:59+05:30", "0001-01-01", "9999-12-31")
    return pick(
      "id=" + pick("a", "b", "k7f3q2", "123456789abcdef"), "created=\(instant)", "expires=\(instant)",
      "not-before=\(instant)", "disabled", "note=" + pick(#""who""#, #""a b # c""#, #""\"\\""#, #""id=k1 "#),
      "scopes=" + pick("read", "read,write", "a.b,c-d,e_f"),
      "from=" + pick("192.0.2.0/24", "::/0", "2001:db8::1,10.0.0.0/8", "::ffff:192.0.2.0/120", "0.0.0.0/0"))
  }

  private mutating func changedFields(of line: String) -> String {
    var fields = line.split(separator: " ").map(String.init)
    guard !fields.isEmpty else { return option() }
    let place = Int.random(in: fields.indices, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: fields.remove(at: place)
    case 1: fields.append(option())
    case 2: fields.append("# " + fields[place])
    default:
      fields[place] = String(decoding: byLibFuzzer(Array(fields[place].utf8), room: 100), as: UTF8.self)
    }
    return fields.joined(separator: pick(" ", "   ", "\t"))
  }

  private mutating func pick<Choice>(_ choices: Choice...) -> Choice {
    choices[Int(random.next() % UInt64(choices.count))]
  }
}
