import ArgumentParser
import BearerAuth

/// The restrictions and the note of a new token, named like the options of the token file.
struct Restrictions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "When the token expires: 90d, 12h, 2w, a date, or an instant. (default: never)", valueName: "when"),
    transform: PointInTime.init(parsing:))
  var expires: PointInTime?

  @Option(
    help: ArgumentHelp("When the token becomes valid, in the same form. (default: now)", valueName: "when"),
    transform: PointInTime.init(parsing:))
  var notBefore: PointInTime?

  @Option(
    help: ArgumentHelp(
      "Comma-separated scopes of the token. (default: valid in every location)", valueName: "scopes"),
    transform: Restrictions.scopes)
  var scopes: [Scope]?

  @Option(
    help: ArgumentHelp(
      "Comma-separated addresses or blocks from which the token may be used. (default: any)",
      valueName: "blocks"),
    transform: AddressBlock.list)
  var from: [AddressBlock]?

  @Option(
    help: ArgumentHelp(
      "Who owns the token, or what it is for: shown by list and status, and to no client.", valueName: "text")
  )
  var note: String?

  // Not a transform: its error message would repeat the value, which could be a secret.
  func validate() throws {
    guard let note, Note(note) == nil else { return }
    throw ValidationError("--note must be \(Note.rule)")
  }

  /// A token with these restrictions, created now; throws if it would never be valid.
  func token(_ digest: Digest, of application: String, key: String, at now: Instant) throws(Failure) -> Token
  {
    let end = expires?.instant(at: now) ?? .distantFuture
    let begin = notBefore?.instant(at: now) ?? .distantPast
    guard end > now else { throw .usage("--expires is in the past; the token would never be valid") }
    guard end > begin else {
      throw .usage("--expires is not after --not-before; the token would never be valid")
    }
    return Token(
      digest: digest, application: application, key: key, created: now, notBefore: begin, expires: end,
      scopes: scopes, origins: from, note: note.flatMap { Note($0) })
  }

  private static func scopes(_ text: String) throws -> [Scope] {
    var scopes: [Scope] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let scope = Scope(String(name)) else { throw ValidationError("a scope must be \(Scope.rule)") }
      guard !scopes.contains(scope) else { throw ValidationError("\"\(name)\" is given twice") }
      scopes.append(scope)
    }
    return scopes
  }
}

extension AddressBlock {
  /// `192.0.2.0/24,2001:db8::/32`
  static func list(_ text: String) throws -> [AddressBlock] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { block in
      do {
        return try AddressBlock(parsing: String(block))
      } catch {
        throw ValidationError("\"\(block)\" \(error)")
      }
    }
  }
}

/// `90d` from now, or an instant.
enum PointInTime {
  case later(seconds: Int64)
  case at(Instant)

  init(parsing text: String) throws {
    if let seconds = DurationText.seconds(text) {
      self = .later(seconds: seconds)
      return
    }
    do {
      self = .at(try Instant(parsing: text.utf8.span))
    } catch .shape {
      throw ValidationError("write 90d, 12h, 30m, 2w, 2027-01-31 or 2027-01-31T12:00:00Z")
    } catch {
      throw ValidationError("the time \(error)")
    }
  }

  func instant(at now: Instant) -> Instant {
    switch self {
    case .later(let seconds): now.advanced(by: seconds)
    case .at(let instant): instant
    }
  }
}
