/// A simple estimate of how hard a secret is to guess: its length times the bits of the alphabet in use.
/// Repetition and well-known words add nothing. The hash in the token file is fast and unsalted, so an imported
/// secret needs 112 bits, the minimum of NIST SP 800-57 for a key.
///
/// - An alphabet is digits, hexadecimal digits, letters of one case or both, with or without digits.
/// Punctuation adds nothing.
/// - A character counts if the four characters that end with it are new: they did not occur earlier and are not
/// part of the alphabet, the digits or a row of the keyboard, forwards or backwards, in any case.
/// - A word of `WellKnownSecrets` adds nothing.
/// - At least a third vowels and no digit: words of a language, at 1.5 bits a letter (Shannon 1951 measured 1.3
/// for English).
package struct SecretStrength: Equatable, Sendable {
  /// The estimate, rounded down.
  package let bits: Int

  /// The minimum for an imported secret.
  package static let minimumBits = 112

  /// Whether the secret may be kept as a fast, unsalted hash.
  package var isSufficient: Bool { bits >= SecretStrength.minimumBits }

  /// Estimates `secret`.
  package init(of secret: Span<UInt8>) {
    let characters = secret.array.filter(\.isAlphanumeric)
    let rest = SecretStrength.withoutWords(characters.map(\.lowered))
    bits = SecretStrength.newCharacters(in: rest) * SecretStrength.tenthsOfBits(of: characters) / 10
  }

  private static func tenthsOfBits(of characters: [UInt8]) -> Int {
    if characters.allSatisfy(\.isDigit) { return 33 }
    if characters.allSatisfy({ $0.hexValue != nil }) { return 40 }
    let hasDigits = characters.contains(where: \.isDigit)
    let vowels = characters.count { "aeiouy".utf8.contains($0.lowered) }
    if !hasDigits, vowels * 3 >= characters.count { return 15 }
    let hasBothCases = characters.contains(where: \.isLower) && characters.contains(where: \.isUpper)
    return hasBothCases ? hasDigits ? 59 : 57 : hasDigits ? 51 : 47
  }

  private static func withoutWords(_ text: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    var position = 0
    while position < text.count {
      let word = words[text[position]]?.first { text[position...].starts(with: $0) }
      if word == nil { rest.append(text[position]) }
      position += word?.count ?? 1
    }
    return rest
  }

  /// By their first letter, the longest first.
  private static let words = Dictionary(
    grouping: WellKnownSecrets.words.map { Array($0.utf8) }.filter { $0.count > 3 }
      .sorted { $0.count > $1.count }, by: \.[0])

  private static func newCharacters(in text: [UInt8]) -> Int {
    var seen = sequences
    return text.indices.count { $0 < 3 || seen.insert(text[($0 - 3)...$0].map(\.self)).inserted }
  }

  /// All sequences of four characters in these rows, which an attacker tries first.
  private static let sequences: Set<[UInt8]> = {
    let rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
    let texts = (rows + rows.map { String($0.reversed()) }).map { Array($0.utf8) }
    return Set(texts.flatMap { text in (3..<text.count).map { Array(text[($0 - 3)...$0]) } })
  }()
}

/// The most common passwords, and the secrets of examples and manuals. Their hashes are public, so no token
/// file may contain one.
package enum WellKnownSecrets {
  /// Whether a digest belongs to a word, or to a word and a line end.
  enum Match: Sendable {
    case word
    /// `echo` adds a line end, which no header can carry.
    case wordAndLineEnd
  }

  /// Whether `digest` is the hash of a well-known secret.
  package static func contains(_ digest: Digest) -> Bool { match(digest) != nil }

  /// nil for any other digest. A load looks up every line: nearly all lookups end at the first step.
  static func match(_ digest: Digest) -> Match? {
    isPossible[Int(truncatingIfNeeded: digest.position & 0xffff)] ? matches[digest] : nil
  }

  /// Indexed by the first two bytes of a digest.
  private static let isPossible: [Bool] = {
    var table = [Bool](repeating: false, count: 0x10000)
    for digest in matches.keys { table[Int(truncatingIfNeeded: digest.position & 0xffff)] = true }
    return table
  }()

  /// By digest; computed once, some thousand hashes. Empty only if libcrypto has no SHA-256; then bearerd does
  /// not start.
  static let matches: [Digest: Match] = {
    var matches: [Digest: Match] = [:]
    guard let context = try? DigestContext() else { return matches }
    for word in [""] + words {
      for (lineEnd, match) in [("", Match.word), ("\n", .wordAndLineEnd), ("\r\n", .wordAndLineEnd)] {
        guard let digest = context.digest(of: "\(word)\(lineEnd)".utf8.span) else { continue }
        matches[digest] = match
      }
    }
    return matches
  }()

  /// By topic; the order has no meaning.
  static let words = """
    foo bar baz qux quux foobar foobarbaz foo-bar hello hello-world helloworld hello123 world example example-token
    example_token example-secret example123 sample sample-token demo demo-token dummy dummy-token fake fake-token
    test test-token test_token test-secret test123 test1234 testing testtoken tester testpass test-key mytest
    token token123 token1 tokentoken mytoken my-token my_token my-secret my_secret mysecret my-secret-token
    my_secret_token mysecrettoken your-token your_token your-secret your_secret your-secret-token yoursecret
    your-api-key your_api_key yourtoken yourapikey api-key api_key apikey api-token api_token apitoken my-api-key
    access-token access_token accesstoken auth-token auth_token authtoken bearer bearer-token bearer_token bearertoken
    secret secret1 secret123 secret-token secret_token secret-key secret_key secretkey secrettoken supersecret
    super-secret super_secret supersecrettoken super-secret-token topsecret top-secret s3cr3t s3cret secretpassword
    verysecret very-secret verification verification-token replace-me replace_me replaceme replace-this change-me
    change_me changeme changeit change-this changethis CHANGEME ChangeMe changeme123 changeme! insert-token-here
    insecure placeholder todo TODO fixme xxx xxxx xxxxx xxxxxxxx none null nil undefined true false default
    admin admin1 admin12 admin123 admin1234 administrator adminadmin root toor user user123 username guest public
    private internal login master service system server backup deploy development staging production prod
    password Password PASSWORD password! password1 Password1 password12 password123 Password123 password1234 passw0rd
    Passw0rd p@ssw0rd P@ssw0rd P@ssword p@ssword pass pass123 pass1234 passwd passphrase mypassword mypass
    temp temp123 temppass welcome welcome1 welcome123 Welcome1 letmein letmein1 letmein123 opensesame open-sesame
    12 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789 12345678910 123123 123123123 123321 1234qwer
    123qwe 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 111111 11111111 1111111111 000000 00000000 0000 112233
    121212 222222 333333 555555 654321 666666 696969 777777 7777777 88888888 888888 987654321 999999 987654 131313
    a1b2c3 a1b2c3d4 aa123456 aaaaaa abc abc123 abc1234 abcd abcd1234 abcde abcdef abcdefg abcdefgh abcdefghijklmnop
    abcdefghijklmnopqrstuvwxyz asdf asdf1234 asdfasdf asdfgh asdfghjkl qwe123 qweasd qweasdzxc qwer1234 qwerty
    qwerty1 qwerty12 qwerty123 Qwerty123 qwertyui qwertyuiop zaq12wsx zxcvbn zxcvbnm 1234abcd abcd123
    deadbeef deadbeefdeadbeef 0123456789abcdef 0123456789abcdef0123456789abcdef
    iloveyou princess dragon monkey football baseball basketball sunshine superman batman starwars shadow michael
    jordan jennifer ashley charlie daniel thomas andrew jessica nicole hunter hunter2 killer ninja pokemon trustno1
    whatever computer internet google samsung liverpool chelsea arsenal soccer hockey freedom summer winter flower
    cookie ginger pepper cheese banana orange chocolate mustang access donald mickey maggie buster tigger
    correct horse battery staple correct-horse-battery-staple correcthorsebatterystaple tr0ub4dor tr0ub4dor&3
    openai openai-token anthropic claude chatgpt gpt robot bearerd
    """.split(whereSeparator: \.isWhitespace).map(String.init)
}
