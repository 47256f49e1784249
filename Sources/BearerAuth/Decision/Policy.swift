/// Every token, findable by its digest; made once, never changed, shared by all threads.
///
/// Fails closed: an empty policy denies everything.
public final class Policy: Sendable {
  /// In the order they were given.
  public let tokens: [Token]
  private let table: SlotTable

  /// Of two tokens with one digest the first counts; the token file's reader refuses such files before.
  public init(_ tokens: [Token]) {
    var table = SlotTable(capacity: tokens.count)
    for index in tokens.indices {
      _ = table.insert(index, at: tokens[index].digest.position) { tokens[$0].digest == tokens[index].digest }
    }
    self.tokens = tokens
    self.table = table
  }

  /// The same for another thread: threads that shared one object would fight over its reference count.
  public init(sharing other: Policy) {
    tokens = other.tokens
    table = other.table
  }

  /// Shuts every door.
  public static let empty = Policy([])

  /// The token whose secret has this digest.
  public func token(matching digest: Digest) -> Token? {
    number(matching: digest).map { tokens[$0] }
  }

  /// Which of the tokens that is.
  public func number(matching digest: Digest) -> Int? {
    table.first(at: digest.position) { tokens[$0].digest == digest }
  }

  /// Whether `request` may come in at `now`. Allocates nothing.
  public func decide(_ request: AccessRequest, at now: Instant) -> Decision {
    switch request.credential {
    case .absent: return .deny(.noCredentials, nil)
    case .otherScheme: return .deny(.otherScheme, nil)
    // Nothing is known of an unhashed token; the service answers 500 before it asks.
    case .malformed, .unhashed: return .deny(.malformed, nil)
    case .mistyped: return .deny(.mistyped, nil)
    case .token(let digest):
      guard let number = number(matching: digest) else { return .deny(.unknownToken, nil) }
      return denial(of: request, to: number, at: now).map { .deny($0, number) } ?? .allow(number)
    }
  }

  /// What a known token's restrictions say. The scope comes last: only a token that is good in all else may
  /// learn, by a 403, that it is good.
  private func denial(of request: AccessRequest, to number: Int, at now: Instant) -> Denial? {
    guard !tokens[number].isExpired(at: now) else { return .expired }
    guard !tokens[number].isNotYetValid(at: now) else { return .notYetValid }
    guard tokens[number].admits(request.address) else { return .wrongAddress }
    guard tokens[number].opens(request.scope) else { return .insufficientScope }
    return nil
  }
}
