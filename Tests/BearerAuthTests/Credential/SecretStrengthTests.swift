import TestSupport
import Testing

@testable import BearerAuth

@Suite("An imported secret")
struct SecretStrengthTests {
  @Test(
    "from a generator is strong enough",
    arguments: [
      ("openssl rand -hex 16", "b7b07e0a1c3ad5f29c84d6e1f05e3a92"),
      ("openssl rand -hex 32", "4e1d9c1f7f0d5c6b8a2e3f40b1c9d8e7a6f5041322b3c4d5e6f708192a3b4c5d"),
      ("openssl rand -base64 16", "q83J4tW2Tz9bXnYc7hRkLA=="),
      ("openssl rand -base64 24", "Zr8pX+1vQm/7nKcT2yWdJ5uHsG4eBxLa"),
      ("pwgen -s 32", "x7KpQ2mVt9RzLw4BnYc6HsJd3FgTqE8u"),
      ("base32 of 32 bytes", "NB2W45DFOIZA4TQKJRSXG5DFN5ZGKYLMOMQHG3DJNZTSA3LF"),
      ("secrets.token_urlsafe(32)", "Drmhze6EPcv0fN_81Bj-nA7mZq3tYwXoKsUe5RLgVbE"),
      ("a GitHub token's shape", "ghp_R7vK2xQm9TzLw4BnYc6HsJd3FgTqE8uXpA0Z"),
      ("an OpenAI key's shape", "sk-proj-Tz9bXnYc7hRkLAq83J4tW2vQm7nKcT2yWdJ5uHsG4eBx"),
      ("a Slack token's shape", "xoxb-263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1"),
      (
        "a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjaSIsIm4iOjQyfQ.4pcPyMD09olPSyXnrXCjTwXyr4BsezdI1AVTmud2fU4"
      ),
      ("40 digits of dice", "8203957164029385716604827315928406173529"),
      ("uuidgen", "9b2f8c1e-4d5a-4f6b-8a7c-3e2d1f0a9b8c"),
      ("a UUID in capitals", "9B2F8C1E-4D5A-4F6B-8A7C-3E2D1F0A9B8C"),
      ("openssl rand -hex 14", "b7b07e0a1c3ad5f29c84d6e1f05e"), ("pwgen -s 20", "x7KpQ2mVt9RzLw4BnYc6"),
    ])
  func strong(origin: String, secret: String) {
    #expect(SecretStrength(of: secret).isSufficient, "\(origin)")
  }

  @Test(
    "that can be guessed is too weak",
    arguments: [
      ("empty", ""), ("one letter", "a"), ("the habit", "password"),
      ("the habit, longer", "password123456789012345678901234"),
      ("changed for the rules", "P4ssw0rd2024P4ssw0rd2024P4ssw0rd"),
      ("placeholder", "changeme-changeme-changeme-changeme"),
      ("placeholder", "Replace_this_string_with_the_verification_token"),
      ("placeholder", "your-secret-token-goes-here-please"),
      ("one letter, long", String(repeating: "a", count: 200)),
      ("two letters", String(repeating: "ab", count: 100)),
      ("a period", String(repeating: "a8K3", count: 30)),
      ("a longer period", String(repeating: "x7KpQ2mVt9", count: 10)),
      ("the alphabet", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
      ("the alphabet backwards", "zyxwvutsrqponmlkjihgfedcba9876543210"),
      ("counting in hexadecimal", "0123456789abcdef0123456789abcdef"),
      ("all zeros", String(repeating: "0", count: 64)),
      ("the keyboard", "qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjklzxcvbnm"),
      ("the keyboard", "1234567890qwertyuiop"),
      ("an empty UUID", "00000000-0000-0000-0000-000000000000"),
      ("a UUID of an example", "12345678-1234-1234-1234-123456789abc"),
      ("hexadecimal, 13 bytes", "b7b07e0a1c3ad5f29c84d6e1f0"),
      ("deadbeef", String(repeating: "deadbeef", count: 8)),
      ("eighteen characters", "x7KpQ2mVt9RzLw4BnY"), ("a date and time", "2026-11-24T10:15:30.123456789Z"),
      ("four words", "correct-horse-battery-staple"),
      ("five words, joined", "CorrectHorseBatteryStapleForever"),
      ("a sentence of twelve words", "the-quick-brown-fox-jumps-over-the-lazy-dog-and-runs-away"),
      ("words in capitals", "MY_VERY_SECRET_PRODUCTION_TOKEN_FOR_THE_API"),
      ("words and a year", "production_api_bearer_token_2026"),
      ("only equals signs", "a==============================="),
      ("binary", "0110100110010110100101100110100101101001100101101001"),
    ])
  func weak(origin: String, secret: String) {
    let strength = SecretStrength(of: secret)
    #expect(!strength.isSufficient, "\(origin): \(strength.bits) bits")
  }

  @Test(
    "from a good generator is hardly ever refused", .slow,
    arguments: [
      ("0123456789abcdef", 32, 10), ("0123456789abcdef", 64, 1),
      ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 22, 60),
      ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 32, 1),
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 22, 60),
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 52, 60), ("abcdefghijklmnopqrstuvwxyz0123456789", 40, 60),
      ("0123456789", 48, 10),
    ])
  func random(alphabet: String, count: Int, mostOfThousand: Int) {
    var dice = Dice(state: 7)
    let refused = (0..<1000).count { _ in
      !SecretStrength(of: dice.text(of: alphabet, count: count)).isSufficient
    }
    #expect(refused <= mostOfThousand, "\(refused) of 1000")
  }

  @Test("that is a random UUID is never refused")
  func uuids() {
    var dice = Dice(state: 7)
    for _ in 0..<1000 {
      let digits = Array(dice.text(of: "0123456789abcdef", count: 31))
      let parts = [digits[..<8], digits[8..<12], ["4"] + digits[12..<15], digits[15..<19], digits[19...]]
      let uuid = parts.map { String($0) }.joined(separator: "-")
      let bits = SecretStrength(of: uuid).bits
      #expect(bits >= SecretStrength.minimumBits, "\(uuid): \(bits)")
    }
  }

  @Test(
    "has the bits that the rule says",
    arguments: [
      ("b7b07e0a1c3ad5f29c84d6e1f05e3a92", 128), ("x7KpQ2mVt9RzLw4BnYc6", 118),
      ("9b2f8c1e-4d5a-4f6b-8a7c-3e2d1f0a9b8c", 128), ("aaaaaaaa", 8), ("", 0), ("-----", 0),
      ("8203957164", 33),
      ("my-token-8203957164", 51),
    ])
  func bits(secret: String, bits: Int) {
    #expect(SecretStrength(of: secret).bits == bits)
  }
}
