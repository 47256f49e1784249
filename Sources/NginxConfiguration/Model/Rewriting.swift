/// What the rewrite directives of a block can end in. They run before the check.
struct Rewriting {
  struct Exit {
    enum Kind {
      /// `return`, or a rewrite that redirects. The text is a body or a URL.
      case returns(code: Int, text: String?)
      /// To another URI, which a location is looked for again.
      case jumps(pattern: String, replacement: String)
    }

    let kind: Kind
    let directive: Directive
    /// The `if` around it.
    let condition: Directive?
  }

  private(set) var exits: [Exit] = []
  /// False if every request ends in an exit.
  private(set) var isPassable = true

  init(_ statements: [Directive]) {
    for statement in statements {
      switch statement.name {
      case "if":
        for inner in statement.block ?? [] { _ = add(inner, condition: statement) }
      default:
        if add(statement, condition: nil) {
          isPassable = false
          return
        }
      }
    }
  }

  /// - Returns: whether nothing after it is reached.
  private mutating func add(_ directive: Directive, condition: Directive?) -> Bool {
    switch directive.name {
    case "return":
      guard let first = directive.value else { return false }
      let code = Int(first)
      // `return URL` is a redirect.
      let text = code == nil ? first : directive.arguments.dropFirst().first
      exits.append(
        Exit(kind: .returns(code: code ?? 302, text: text), directive: directive, condition: condition))
      return true
    case "rewrite" where directive.arguments.count >= 2:
      let (pattern, replacement) = (directive.arguments[0], directive.arguments[1])
      let flag = directive.arguments.count > 2 ? directive.arguments[2] : ""
      let isRedirect = ["http://", "https://", "$scheme"].contains { replacement.hasPrefix($0) }
      if flag == "redirect" || flag == "permanent" || isRedirect {
        let code = flag == "permanent" ? 301 : 302
        exits.append(
          Exit(kind: .returns(code: code, text: replacement), directive: directive, condition: condition))
      } else if flag != "break" {
        exits.append(
          Exit(
            kind: .jumps(pattern: pattern, replacement: replacement), directive: directive,
            condition: condition))
      }
      return false
    default: return false
    }
  }
}
