/// A block with settings of its own: http, a server, a location, or an `if` or limit_except in a location.
final class Context {
  enum Kind: Equatable {
    case http, server
    case location(LocationName)
    case ifBlock, limitExcept
  }

  let kind: Kind
  /// The directive that begins the block.
  let directive: Directive
  private(set) unowned var parent: Context?
  private(set) var children: [Context] = []
  /// The directives of the block itself, in order.
  let statements: [Directive]
  private let own: [String: [Directive]]
  /// The pattern of a location with a regular expression.
  private(set) lazy var pattern: Pattern? =
    if case .regex(let text, let ignoresCase) = location { Pattern(text, ignoringCase: ignoresCase) } else {
      nil
    }
  /// The possible results of its rewrite directives.
  private(set) lazy var rewriting = Rewriting(statements)

  init(_ kind: Kind, _ directive: Directive, in parent: Context?) {
    self.kind = kind
    self.directive = directive
    self.parent = parent
    statements = directive.block ?? []
    own = Dictionary(grouping: statements, by: \.name)
    for statement in statements {
      guard let kind = Context.kind(of: statement, in: kind) else { continue }
      children.append(Context(kind, statement, in: self))
    }
  }

  private static func kind(of directive: Directive, in parent: Kind) -> Kind? {
    guard directive.block != nil else { return nil }
    switch (directive.name, parent) {
    case ("server", .http): return .server
    case ("location", .server), ("location", .location): return .location(LocationName(directive.arguments))
    case ("if", .location), ("if", .server): return .ifBlock
    case ("limit_except", .location): return .limitExcept
    default: return nil
    }
  }

  /// The directives of this name in the block itself.
  func own(_ name: String) -> [Directive] { own[name] ?? [] }

  /// The directives of this name that are in effect here.
  ///
  /// A level that has one of them inherits none: nginx does not join lists. (Settings of one value are lists of
  /// one.)
  func effective(_ name: String) -> [Directive] {
    var level: Context? = self
    while let context = level {
      if let found = context.own[name] { return found }
      level = context.parent
    }
    return []
  }

  /// The first argument of the directive in effect here.
  func value(_ name: String) -> String? { effective(name).first?.value }

  func isOn(_ name: String) -> Bool { value(name) == "on" }

  /// The level whose directives of this name are in effect here.
  func level(of name: String) -> Context? {
    var level: Context? = self
    while let context = level {
      if context.own[name] != nil { return context }
      level = context.parent
    }
    return nil
  }

  /// This context and the outer ones.
  var ancestry: [Context] {
    var result: [Context] = []
    var level: Context? = self
    while let context = level {
      result.append(context)
      level = context.parent
    }
    return result
  }

  /// This context and all blocks in it.
  var descendants: [Context] { [self] + children.flatMap(\.descendants) }

  var server: Context? { ancestry.first { $0.kind == .server } }

  var location: LocationName? {
    if case .location(let name) = kind { name } else { nil }
  }

  var isNamed: Bool {
    if case .named = location { true } else { false }
  }
}

/// What a location matches.
enum LocationName: Equatable {
  case exact([UInt8])
  case prefix([UInt8], isFinal: Bool)
  case regex(String, ignoresCase: Bool)
  case named(String)

  /// The arguments of the directive; nginx also takes `=/path` without a space.
  init(_ arguments: [String]) {
    let name = arguments.last ?? ""
    let modifier =
      arguments.count > 1 ? arguments[0] : ["~*", "^~", "~", "="].first { name.hasPrefix($0) } ?? ""
    let rest = arguments.count > 1 ? name : String(name.dropFirst(modifier.utf8.count))
    switch modifier {
    case "=": self = .exact(Array(rest.utf8))
    case "^~": self = .prefix(Array(rest.utf8), isFinal: true)
    case "~": self = .regex(rest, ignoresCase: false)
    case "~*": self = .regex(rest, ignoresCase: true)
    default: self = name.hasPrefix("@") ? .named(name) : .prefix(Array(name.utf8), isFinal: false)
    }
  }

  /// Of an exact or prefix location.
  var path: [UInt8]? {
    switch self {
    case .exact(let path), .prefix(let path, _): path
    case .regex, .named: nil
    }
  }
}
