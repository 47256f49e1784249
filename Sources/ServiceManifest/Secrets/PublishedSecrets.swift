import BearerAuth

/// Looks for tokens where everybody can read them: in a manifest, an OpenAPI file, a header.
public struct PublishedSecrets {
  private let policy: Policy
  private let now: Instant
  private let context: DigestContext
  var limit = TokenRuns.maximumBytes

  /// Looks for the tokens of `policy` as they are at `now`, and for whatever else has the shape of a token of ours.
  public init(_ policy: Policy, at now: Instant) throws(CryptoUnavailable) {
    self.policy = policy
    self.now = now
    context = try DigestContext()
  }

  /// An error for every token that stands in a text.
  /// - Parameters:
  ///   - name: what findings call the text.
  ///   - tokens: the verification tokens that stand in it, which must not be credentials.
  public func findings(
    in text: [UInt8], of name: String, verificationTokens tokens: [VerificationToken] = []
  ) throws(CryptoUnavailable) -> [Finding] {
    var findings: [Finding] = []
    let isWhole = try PublishedSecrets.search(text, with: context, limit: limit) { digest, secret in
      match(digest, secret)
    } found: { place, match in
      let token = tokens.first { $0.range.contains(place) }
      findings.append(
        Finding(
          match.isLive ? .error : .warning, name, at: TextPosition(of: place, in: text), message(match, token)
        ))
    }
    if !isWhole {
      findings.append(
        Finding(
          .error, name, "too much in here could be a token; not all of it was compared with the live ones"))
    }
    return findings
  }

  /// Whether the secret of `digest` stands in a text; also true where there was too much to look at all of it.
  public static func contains(_ digest: Digest, in text: [UInt8]) throws(CryptoUnavailable) -> Bool {
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
        "the shape of a secret token of bearerd, here where everybody can read it; take it out, and revoke it"
    }
    let owner = [token.application, token.key].compactMap(\.self).joined(separator: " ")
    guard isLive else { return "an expired token of \(owner) stands here; take it out" }
    let command =
      "bearerd token rotate \(token.application)\(token.key.map { " --key \($0)" } ?? "") --keep 0"
    if let verification {
      return
        "the verification token of \(verification.application) is a live token of \(owner): everybody can read "
        + "it here and come in with it; end it with `\(command)`"
    }
    return
      "a live token of \(owner) stands here, where everybody can read it; take it out, and end it with `\(command)`"
  }

  /// Hashes everything that could be a token; false where that is too much.
  private static func search<Match>(
    _ text: [UInt8], with context: DigestContext, limit: Int = TokenRuns.maximumBytes,
    _ match: (Digest, Span<UInt8>) -> Match?,
    found: (Int, Match) -> Void
  ) throws(CryptoUnavailable) -> Bool {
    var runs = TokenRuns(limit: limit)
    var isHashed = true
    var seen: Set<Sighting> = []
    for reading in TextReading.all(of: text) {
      let bytes = reading.bytes.span
      let isWhole = runs.forEach(in: bytes) { range in
        let secret = bytes.extracting(range)
        guard let digest = context.digest(of: secret) else {
          isHashed = false
          return
        }
        guard let match = match(digest, secret) else { return }
        let place = reading.origin(of: range.lowerBound)
        // Most of a text reads the same in every way.
        if seen.insert(Sighting(place: place, digest: digest)).inserted { found(place, match) }
      }
      guard isHashed else { throw CryptoUnavailable() }
      guard isWhole else { return false }
    }
    return true
  }

  private struct Sighting: Hashable {
    let place: Int
    let digest: Digest
  }
}
