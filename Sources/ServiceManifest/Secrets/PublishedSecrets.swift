import BearerAuth

/// Searches public texts for tokens: a manifest, an OpenAPI file, a header.
package struct PublishedSecrets {
  private let policy: Policy
  private let now: Instant
  private let context: DigestContext
  var limit = TokenRuns.maximumBytes

  /// Searches for the tokens of `policy`, valid or expired at `now`, and for anything of the shape of a bearerd
  /// token.
  package init(_ policy: Policy, at now: Instant) throws(CryptoUnavailable) {
    self.policy = policy
    self.now = now
    context = try DigestContext()
  }

  /// An error for each token in a text; of very many only the first ones.
  /// - Parameters:
  ///   - name: the text's name in findings.
  ///   - tokens: the verification tokens in it, in order, which must not be credentials.
  ///   - found: is called with each secret, decoded.
  package func findings(
    in text: [UInt8], of name: String, verificationTokens tokens: [VerificationToken] = [],
    found: ([UInt8]) -> Void = { _ in }
  ) throws(CryptoUnavailable) -> [Finding] {
    var findings = Findings(about: text, of: name)
    var seen: Set<Digest> = []
    let isWhole = try PublishedSecrets.search(text, with: context, limit: limit) { digest, secret in
      let match = match(digest, secret)
      if match != nil, seen.insert(digest).inserted { found(secret.array) }
      return match
    } found: { place, match in
      let message = message(match, PublishedSecrets.token(at: place.lowerBound, among: tokens))
      if match.isLive {
        findings.error(at: place.lowerBound, message)
      } else {
        findings.warning(at: place.lowerBound, message)
      }
    }
    guard !isWhole else { return findings.sorted }
    return findings.sorted + [
      Finding(
        .error, name, "too much of this could be a token; not all of it was compared with the live ones")
    ]
  }

  private static func token(at place: Int, among tokens: [VerificationToken]) -> VerificationToken? {
    var (low, high) = (0, tokens.count)
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].range.upperBound <= place { low = middle + 1 } else { high = middle }
    }
    return low < tokens.count && tokens[low].range.contains(place) ? tokens[low] : nil
  }

  /// Whether the secret of `digest` is in a text; also true if the text has too much that could be a token.
  package static func contains(_ digest: Digest, in text: [UInt8]) throws(CryptoUnavailable) -> Bool {
    var isThere = false
    let isWhole = try search(text, with: try DigestContext()) { candidate, _ in
      candidate == digest ? true : nil
    } found: { _, _ in
      isThere = true
    }
    return isThere || !isWhole
  }

  private enum Match {
    case known(Token, isLive: Bool)
    case shape

    var isLive: Bool {
      if case .known(_, let isLive) = self { isLive } else { true }
    }
  }

  private func match(_ digest: Digest, _ secret: Span<UInt8>) -> Match? {
    if let token = policy.token(matching: digest) { return .known(token, isLive: !token.isExpired(at: now)) }
    return Secret.hasShape(secret) && !Secret.isMistyped(secret) ? .shape : nil
  }

  private func message(_ match: Match, _ verification: VerificationToken?) -> String {
    guard case .known(let token, let isLive) = match else {
      return
        "this has the shape of a secret token of bearerd, and it is public here; remove it, and revoke the token"
    }
    let owner = [token.application, token.key].compactMap(\.self).joined(separator: " ")
    guard isLive else { return "an expired token of \(owner) is here; remove it" }
    let command =
      "bearerd token rotate \(token.application)\(token.key.map { " --key \($0)" } ?? "") --keep 0"
    if let verification {
      return
        "the verification token of \(verification.application) is a live token of \(owner): anyone can read "
        + "and use it; expire it with `\(command)`"
    }
    return
      "a live token of \(owner) is public here; remove it, and expire it with `\(command)`"
  }

  /// Hashes everything that could be a token; false if that is too much.
  /// - Parameter found: is called with the range in the text, escapes included.
  static func search<Match>(
    _ text: [UInt8], with context: DigestContext, limit: Int = TokenRuns.maximumBytes,
    _ match: (Digest, Span<UInt8>) -> Match?,
    found: (Range<Int>, Match) -> Void
  ) throws(CryptoUnavailable) -> Bool {
    var runs = TokenRuns(limit: limit)
    var isHashed = true
    var seen: Set<Occurrence> = []
    for reading in TextReading.all(of: text) {
      let bytes = reading.bytes.span
      let isWhole = runs.forEach(in: bytes) { range in
        let secret = bytes.extracting(range)
        guard let digest = context.digest(of: secret) else {
          isHashed = false
          return
        }
        guard let match = match(digest, secret) else { return }
        let place = reading.origins(of: range, in: text)
        // Most of a text is the same in every reading.
        if seen.insert(Occurrence(place: place.lowerBound, digest: digest)).inserted { found(place, match) }
      }
      guard isHashed else { throw CryptoUnavailable() }
      guard isWhole else { return false }
    }
    return true
  }

  private struct Occurrence: Hashable {
    let place: Int
    let digest: Digest
  }
}

/// Replaces secrets in a text before it is printed, in every form in which `PublishedSecrets` finds them.
///
/// Three kinds: anything of the shape of a bearerd token, secrets passed to `hide`, in any case (a host name is
/// printed in lower case), and the tokens of a policy.
package struct Redactor: Sendable {
  private var secrets: [[UInt8]] = []
  private var policy = Policy.empty

  /// Replaces a secret.
  package static let mark = "[secret]"
  /// Shorter texts may be parts of ordinary words, in bytes.
  private static let minimumLength = 8

  /// Initially only the shape of bearerd's tokens is known.
  package init() {}

  /// Hides a secret, or both parts of a header value such as `Bearer ...`.
  package mutating func hide(_ secret: [UInt8]) {
    for part in secret.split(separator: UInt8(ascii: " ")) where part.count >= Redactor.minimumLength {
      let lowered = part.map(\.lowered)
      if !secrets.contains(lowered) { secrets.append(lowered) }
    }
  }

  /// Hides all tokens of a policy.
  package mutating func hide(tokensOf policy: Policy) { self.policy = policy }

  /// The text with `mark` in place of each secret; only `mark` if it cannot be compared with the tokens.
  package func redacted(_ text: String) -> String {
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
