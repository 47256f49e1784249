/// A value of a JSON text (RFC 8259), and where it stands.
public struct JSONValue: Sendable {
  /// What it is.
  public enum Content: Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case boolean(Bool)
    /// Its digits are in the text: what they are worth differs from reader to reader, and nobody asks here.
    case number
    /// Without quotes and escapes.
    case string(String)
    /// In order.
    case array([JSONValue])
    /// In order; a name may stand there twice.
    case object([JSONMember])
  }

  /// What it is.
  public let content: Content
  /// Its bytes in the text, quotes and brackets included.
  public let range: Range<Int>

  /// The text of a string.
  public var string: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The members of an object.
  public var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  /// The first member of an object with this name, compared byte by byte: `==` would take the Kelvin sign for a K.
  public func member(_ name: String) -> JSONMember? {
    members?.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of that member.
  public func value(of name: String) -> JSONValue? { member(name)?.value }

  /// `a string`, for messages.
  var kind: String {
    switch content {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A name and a value of an object.
public struct JSONMember: Sendable {
  /// Without quotes and escapes.
  public let name: String
  /// The name's bytes in the text, quotes included.
  public let nameRange: Range<Int>
  /// What it names.
  public let value: JSONValue
}
