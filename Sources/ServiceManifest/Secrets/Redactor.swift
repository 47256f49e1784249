import BearerAuth

/// Replaces secrets in a text that is about to be printed, in every spelling in which `PublishedSecrets` finds them.
///
/// Three kinds: whatever has the shape of a token of ours, the secrets that it was told of, whatever their case (a host's name
/// is printed in lower case), and the tokens of a policy.
public struct Redactor: Sendable {
  private var secrets: [[UInt8]] = []
  private var policy = Policy.empty

  /// What stands in a secret's place.
  public static let mark = "[secret]"
  /// Shorter ones stand in ordinary words, in bytes.
  private static let minimumLength = 8

  /// One that knows only the shape of our own tokens.
  public init() {}

  /// Hides a secret that was read, or the two parts of a header value such as `Bearer ...`.
  public mutating func hide(_ secret: [UInt8]) {
    for part in secret.split(separator: UInt8(ascii: " ")) where part.count >= Redactor.minimumLength {
      let lowered = part.map(\.lowered)
      if !secrets.contains(lowered) { secrets.append(lowered) }
    }
  }

  /// Hides all tokens of a policy.
  public mutating func hide(tokensOf policy: Policy) { self.policy = policy }

  /// The text with `mark` in place of each secret; nothing of it if it cannot be compared with the tokens.
  public func redacted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var places: [Range<Int>] = []
    for reading in TextReading.all(of: bytes) {
      for range in shapes(in: reading.bytes) + knownSecrets(in: reading.bytes) {
        places.append(reading.origins(of: range, in: bytes))
      }
    }
    guard (try? addTokens(in: bytes, to: &places)) == true else { return Redactor.mark }
    guard !places.isEmpty else { return text }
    return String(decoding: Redactor.replacing(places, in: bytes), as: UTF8.self)
  }

  /// `brd_` and at least 16 letters and digits: a part of a token is hidden too.
  private func shapes(in bytes: [UInt8]) -> [Range<Int>] {
    let prefix = Array(Secret.prefix.utf8)
    var found: [Range<Int>] = []
    var index = 0
    while let start = bytes[index...].firstIndex(of: UInt8(ascii: "_")) {
      index = start + 1
      guard start >= 3, bytes[(start - 3)...start].map(\.lowered) == prefix else { continue }
      while index < bytes.count, bytes[index].isAlphanumeric { index += 1 }
      if index - start > 16 { found.append(start - 3..<index) }
    }
    return found
  }

  private func knownSecrets(in bytes: [UInt8]) -> [Range<Int>] {
    guard !secrets.isEmpty else { return [] }
    let lowered = bytes.map(\.lowered)
    return secrets.flatMap { secret in
      lowered.indices.dropLast(secret.count - 1).compactMap { start in
        lowered[start...].starts(with: secret) ? start..<start + secret.count : nil
      }
    }
  }

  private func addTokens(in bytes: [UInt8], to places: inout [Range<Int>]) throws -> Bool {
    guard !policy.tokens.isEmpty else { return true }
    return try PublishedSecrets.search(bytes, with: try DigestContext()) { digest, _ in
      policy.token(matching: digest)
    } found: { place, _ in
      places.append(place)
    }
  }

  private static func replacing(_ places: [Range<Int>], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var end = 0
    for place in places.sorted(by: { $0.lowerBound < $1.lowerBound }) where place.upperBound > end {
      if place.lowerBound >= end { result += bytes[end..<place.lowerBound] + Array(mark.utf8) }
      end = place.upperBound
    }
    return result + bytes[end...]
  }
}
