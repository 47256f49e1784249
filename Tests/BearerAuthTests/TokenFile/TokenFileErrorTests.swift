import TestSupport
import Testing

@testable import BearerAuth

/// `HASH` stands for a whole hash in these lines.
private let lines: [(line: String, issue: String)] = [
  ("openai", "1:7: error: no hash after the application's name; write sha256: and 64 digits"),
  ("openai # to do", "1:7: error: no hash after the application's name"),
  ("OpenAI HASH", "1:1: error: not a valid application name; use 1 to 63 of a-z, 0-9, dot"),
  ("-x HASH", "1:1: error: not a valid application name"),
  ("HASH", "1:1: error: the application's name is missing before the hash"),
  ("a hunter2", "1:3: error: not a hash; if this is a secret, it must not be here in plain text"),
  ("a hunter2", #"`printf %s "$TOKEN" | bearerd token add APP`"#),
  ("a sha256:", "1:3: error: 0 digits after sha256: instead of 64"),
  ("a sha256:00", "1:3: error: 2 digits after sha256: instead of 64; paste the whole hash"),
  ("a HASH0", "1:3: error: 65 digits after sha256: instead of 64"),
  ("a sha256:0x00", "1:11: error: not a hexadecimal digit; a hash has 64 of 0-9 and a-f"),
  ("a HASH#x", "1:74: error: not a hexadecimal digit"),
  ("a SHA256:00", "1:3: error: not a hash"), ("a sha512:00", "1:3: error: not a hash"),
  ("a $2y$05$abc", "1:3: error: not a hash"),
  ("a BARE", "1:3: error: if this is a hash, write sha256: before it; if this is a secret"),
  ("a id=k HASH", "1:3: error: no hash between the application's name and its options"),
  ("a scopes=b", "1:3: error: no hash between the application's name and its options"),
  ("a HASH scope=read", #"1:75: error: unknown option "scope" (did you mean "scopes"?)"#),
  ("a HASH Expires=2027-01-01", #"unknown option "Expires" (did you mean "expires"?)"#),
  (
    "a HASH  colour=red",
    #"1:76: error: not an option; the options are id= created= not-before= expires= scopes= from= note= disabled"#
  ),
  ("a HASH =x", "1:75: error: not an option; the options are id="),
  ("a HASH scopes", "1:75: error: scopes has no value; write scopes=read,write"),
  ("a HASH id=", "1:75: error: id has no value; write id=k7f3q2"),
  ("a HASH from=", "1:75: error: from has no value; write from=192.0.2.0/24,2001:db8::/32"),
  ("a HASH id=a id=b", "1:80: error: id= is already on this line; keep one of them"),
  ("a HASH expires=2027-01-01 expires=2028-01-01", "1:94: error: expires= is already on this line"),
  ("a HASH scopes=a scopes=b", "1:84: error: scopes= is already on this line"),
  ("a HASH from=::1 from=::2", "1:84: error: from= is already on this line"),
  ("a HASH created=2027-01-01 created=2027-01-01", "1:94: error: created= is already on this line"),
  (
    "a HASH not-before=2027-01-01 not-before=2027-01-01",
    "1:97: error: not-before= is already on this line"
  ),
  ("a HASH note=", #"1:75: error: note has no value; write note="who owns it""#),
  ("a HASH note=Ann", #"1:80: error: a note is in quotation marks: note="who owns it""#),
  (#"a HASH note=""#, "1:80: error: no quotation mark at the end of the note"),
  (#"a HASH note="Ann id=k1 # x"#, "1:80: error: no quotation mark at the end of the note"),
  (#"a HASH note="Ann\""#, "1:80: error: no quotation mark at the end of the note"),
  (#"a HASH note="Ann\"#, "1:80: error: no quotation mark at the end of the note"),
  (#"a HASH note="a\nb""#, #"1:82: error: in a note, write \\ for a backslash and \" for a quotation mark"#),
  (#"a HASH note="a"id=k"#, "1:83: error: text directly after the note; write a space"),
  (##"a HASH note="a"# x"##, "1:83: error: text directly after the note; write a space"),
  (#"a HASH note="""#, "1:80: error: a note is 1 to 256 bytes of printable text"),
  ("a HASH note=\"a\tb\"", "1:80: error: a note is 1 to 256 bytes of printable text"),
  ("a HASH note=\"a\u{1b}[2Jb\"", "1:82: error: a control character"),
  ("a HASH note=\"\u{202e}b\"", "1:80: error: a note is 1 to 256 bytes of printable text"),
  ("a HASH note=\"\u{9b}b\"", "1:80: error: a note is 1 to 256 bytes of printable text"),
  ("a HASH note=\"" + String(repeating: "x", count: 257) + "\"", "1:80: error: a note is 1 to 256 bytes"),
  ("a HASH note=\"" + String(repeating: "x", count: 65_000) + "\"", "1:80: error: a note is 1 to 256 bytes"),
  (
    "a HASH note=\"brd_" + String(repeating: "x", count: 49) + "\"",
    "1:80: error: a note is 1 to 256 bytes of printable text on one line, without a token in it"
  ),
  (#"a HASH note="a" note="a""#, "1:84: error: note= is already on this line"),
  ("a HASH disabled=no", "1:75: error: disabled has no value; write disabled alone, or remove it"),
  ("a HASH disabled=", "1:75: error: disabled has no value"),
  ("a HASH disabled disabled", "1:84: error: disabled is already on this line; keep one of them"),
  ("a HASH Disabled", #"1:75: error: unknown option "Disabled" (did you mean "disabled"?)"#),
  ("a HASH disabled,", #"1:75: error: unknown option "disabled," (did you mean "disabled"?)"#),
  ("a disabled HASH", "1:3: error: not a hash"),
  ("a HASH id=K7", "1:78: error: a key id is 1 to 15 of a-z and 0-9"),
  ("a HASH id=abcdefghijklmnop", "1:78: error: a key id is 1 to 15 of a-z and 0-9"),
  ("a HASH id=k#x", "1:78: error: a key id is"),
  ("a HASH expires=tomorrow", "1:83: error: expires= is neither a date nor an instant"),
  ("a HASH expires=2027-02-29", "1:83: error: expires= is not a day of the calendar"),
  ("a HASH expires=2026-12-31T23:59:60Z", "1:83: error: expires= is a leap second"),
  (
    "a HASH expires=2026-12-31T23:59:59.9Z",
    "1:83: error: expires= has a fraction of a second; write whole seconds"
  ),
  (
    "a HASH expires=2026-12-31T23:59:59",
    "1:83: error: expires= has no offset from UTC; write Z at its end for UTC"
  ),
  ("a HASH not-before=25:00", "1:86: error: not-before= is neither"),
  ("a HASH created=x", "1:83: error: created= is neither"),
  ("a HASH scopes=read,Wr\"te", "1:87: error: a scope is 1 to 128"),
  ("a HASH scopes=read,", "1:87: error: a scope is"),
  ("a HASH scopes=,read", "1:82: error: a scope is"), ("a HASH scopes=a,,b", "1:84: error: a scope is"),
  ("a HASH scopes=a, b", "1:84: error: a scope is"),
  (
    "a HASH scopes=a\\b",
    "1:82: error: a scope is 1 to 128 visible characters of ASCII without comma, quotation mark and backslash; commas"
  ),
  ("a HASH scopes=read,write,read", "1:93: error: this scope is already in the list; keep one of them"),
  ("a HASH from=192.0.2.1/24", "1:80: error: from= has bits set after its prefix; write 192.0.2.0/24"),
  ("a HASH from=::1,192.0.2.1/24", "1:84: error: from= has bits set after its prefix; write 192.0.2.0/24"),
  ("a HASH from=example.org", "1:80: error: from= is not an IPv4 or IPv6 address or block"),
  ("a HASH from=fe80::1%eth0", "1:80: error: from= is not an IPv4 or IPv6 address"),
  ("a HASH from=192.0.2.0/33", "1:80: error: from= needs a prefix length from 0 to 32 after the slash"),
  ("a HASH from=::1,", "1:84: error: from= is not an IPv4"),
  ("a HASH from=10.0.0.01", "1:80: error: from= is not an IPv4"),
  ("a HASH\0", "1:74: error: a NUL byte: the file is damaged, or not UTF-8 text"),
  ("a\u{b}HASH", "1:2: error: a control character"), ("a\rHASH", "1:2: error: a control character"),
  ("# caf\u{1b}[0m", "1:6: error: a control character"), ("\u{7f}", "1:1: error: a control character"),
  ("a HASH\r", #"1:74: error: lines end in CR LF; convert to LF: sed -i 's/\r$//' FILE"#),
  ("\u{feff}a HASH", "1:1: error: a byte order mark; remove it"),
  ("\u{e4} HASH", "1:1: error: not a valid application name"),
  ("a HASH caf\u{e9}=1", "1:75: error: not an option"),
  ("a\u{a0}HASH", "1:1: error: not a valid application name"),
  ("a\u{2003}HASH", "1:1: error: not a valid application name"),
  ("a:HASH", "1:1: error: not a valid application name"),
  ("a HASH id=k,scopes=b", "1:78: error: a key id is"), ("a HASH HASH", "1:75: error: not an option"),
  (
    "a HASH brd_00000000000000000000000000000000000000000002CZclj",
    "1:75: error: not an option; the options are id="
  ),
]

@Suite("An error in a token file")
struct TokenFileErrorTests {
  @Test("names the place, what is wrong and the fix", arguments: lines)
  func message(line: String, issue: String) throws {
    let hash = try hash("secret")
    let text = line.replacing("HASH", with: hash).replacing("BARE", with: hash.dropFirst(7))
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    let messages = file.issues.map(\.description)
    #expect(messages.contains { $0.contains(issue) }, "\(messages)")
    #expect(!file.isUsable)
  }

  @Test(
    "never repeats a hash, or what may be a secret",
    arguments: [
      "SECRET", "a SECRET", "a HASH SECRET", "a HASH id=SECRET", "a HASH expires=SECRET",
      "a HASH scopes=SECRET,b",
      "a HASH from=SECRET", "a HASH SECRET=1", "a HASH scopes=a,SECRET\"", "SECRET HASH", "a sha256:SECRET",
      "a HASH id=1 SECRET",
      "a HASHSECRET", "sha256:SECRET", "SECRET SECRET", "a HASH from=SECRET/24", "a HASH created=SECRET",
      "SECRET=x HASH",
    ])
  func discretion(line: String) throws {
    let hash = try hash("another")
    for secret in [
      "Brd_x7KpQ2mVt9Rz", "P4ssw0rd", "abcDEFghiJKLmnoPQRstu", "x7kpq2mvt9rzlw4bnyc6", "zXc-VbN_",
    ] {
      let text = line.replacing("HASH", with: hash).replacing("SECRET", with: secret)
      let messages = TokenFile(parsing: Array(text.utf8), name: "tokens").issues.map(\.description).joined()
      let isName = line.hasPrefix("SECRET ") && ApplicationName(secret) != nil
      #expect(!messages.isEmpty || isName || line == "a HASH scopes=SECRET,b", "\(line)")
      #expect(!messages.contains(hash.dropFirst(7)), "\(line)")
      #expect(!messages.contains(secret), "\(line)")
    }
  }

  @Test(
    "in UTF-8 names its first bad byte",
    arguments: [
      ([0x23, 0x20, 0xff], 3), ([0x23, 0xc3], 2), ([0x23, 0xed, 0xa0, 0x80], 2), ([0xc0, 0xaf], 1),
      ([0x23, 0xc3, 0xa9, 0x80], 4),
    ] as [([UInt8], Int)])
  func notUTF8(bytes: [UInt8], column: Int) {
    let file = TokenFile(parsing: Array("#\n".utf8) + bytes, name: "tokens")
    #expect(
      file.issues.map(\.description) == ["tokens:2:\(column): error: not UTF-8; save the file as UTF-8"])
  }

  @Test("that every line has is told once: Windows line ends")
  func carriageReturns() throws {
    let text = "# x\r\na \(try hash("a"))\r\n\r\nb \(try hash("b")) id=\r\n"
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(file.issues.map { "\($0.line):\($0.column)" } == ["1:4", "4:75"])
  }

  @Test("of a line over 64 KiB does not read it")
  func longLine() throws {
    let comment = "#" + String(repeating: "x", count: 65_535)
    #expect(TokenFile(parsing: Array(comment.utf8), name: "tokens").issues.isEmpty)
    let file = TokenFile(parsing: Array("\(comment)x\na \(try hash("a"))".utf8), name: "tokens")
    #expect(file.issues.map { "\($0.line):\($0.column)" } == ["1:65537"])
  }

  @Test("of two equal hashes names both lines, whatever their applications", arguments: ["a", "b"])
  func sameHash(application: String) throws {
    let text =
      "a \(try hash("s")) id=k1\n\n# x\n\(application) \(try hash("s").uppercased().replacing("SHA", with: "sha")) id=k2\n"
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(
      file.issues.map(\.description) == [
        "tokens:4: error: the same hash is already on line 1; remove one of them"
      ])
  }

  @Test("of two equal key ids in one application names both lines")
  func sameKey() throws {
    let text =
      "a \(try hash("1")) id=k\nb \(try hash("2")) id=k\na \(try hash("3")) id=k\na \(try hash("4"))\na \(try hash("5"))"
    let file = TokenFile(parsing: Array(text.utf8), name: "tokens")
    #expect(
      file.issues.map(\.description) == [
        "tokens:3: error: a already has a key k on line 1; choose another id="
      ])
  }

  @Test("in any bytes at all is an error and not a crash", .slow)
  func anyBytes() throws {
    let line = Array(
      "ci \(try hash("a")) id=k7 expires=2027-01-01T00:00:00Z scopes=a,b from=10.0.0.0/8,::1 # x\n".utf8)
    var dice = Dice(state: 11)
    for _ in 0..<20_000 {
      var text = line + line
      for _ in 0...Int.random(in: 0...4, using: &dice) {
        let position = Int.random(in: 0..<text.count, using: &dice)
        if Bool.random(using: &dice) {
          text[position] = UInt8.random(in: .min ... .max, using: &dice)
        } else {
          text.removeSubrange(position..<Int.random(in: position...text.count, using: &dice))
          text.append(10)
        }
      }
      let file = TokenFile(parsing: text, name: "tokens")
      #expect(file.tokens.count <= 2 && file.issues.allSatisfy { $0.line > 0 && $0.line <= 8 })
    }
  }
}
