import ArgumentParser
import BearerAuth

/// What restricts a new token: the options of its line, in the words of the token file.
struct Restrictions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "When the token ends: 90d, 12h, 2w, a date, or an instant. Never, if not given.", valueName: "when"),
    transform: PointInTime.init(parsing:))
  var expires: PointInTime?

  @Option(
    help: ArgumentHelp("When the token begins to be good, written in the same way.", valueName: "when"),
    transform: PointInTime.init(parsing:))
  var notBefore: PointInTime?

  @Option(
    help: ArgumentHelp(
      "The doors that the token opens, with commas between. Every door, if not given.", valueName: "scopes"),
    transform: Restrictions.scopes)
  var scopes: [Scope]?

  @Option(
    help: ArgumentHelp(
      "The addresses or blocks that the token may come from, with commas between.", valueName: "blocks"),
    transform: AddressBlock.list)
  var from: [AddressBlock]?

  /// A token that is made now and restricted so; throws where it would never be good.
  func token(_ digest: Digest, of application: String, key: String, at now: Instant) throws(Failure) -> Token
  {
    let end = expires?.instant(at: now) ?? .distantFuture
    let begin = notBefore?.instant(at: now) ?? .distantPast
    guard end > now else { throw .usage("--expires lies in the past; the token would never be good") }
    guard end > begin else {
      throw .usage("--expires is not after --not-before; the token would never be good")
    }
    return Token(
      digest: digest, application: application, key: key, created: now, notBefore: begin, expires: end,
      scopes: scopes, origins: from)
  }

  private static func scopes(_ text: String) throws -> [Scope] {
    var scopes: [Scope] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let scope = Scope(String(name)) else { throw ValidationError("a scope is \(Scope.rule)") }
      guard !scopes.contains(scope) else { throw ValidationError("\"\(name)\" is named twice") }
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
