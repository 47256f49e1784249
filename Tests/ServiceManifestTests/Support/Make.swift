import BearerAuth
import Testing

/// Random numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

func digest(of text: String) throws -> Digest {
  try #require(try DigestContext().digest(of: text.utf8.span))
}

func policy(_ secrets: (application: String, secret: String)..., expires: Instant = .distantFuture) throws
  -> Policy
{
  Policy(
    try secrets.map {
      Token(digest: try digest(of: $0.secret), application: $0.application, key: "k1", expires: expires)
    })
}
