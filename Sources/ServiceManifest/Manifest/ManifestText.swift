import BearerAuth

/// The bytes of a manifest for editing: order, spacing and everything else stay as they are.
package struct ManifestText: Sendable {
  /// The whole file.
  package private(set) var bytes: [UInt8]
  private let name: String

  /// Takes the bytes as they were read.
  /// - Parameter name: what findings call the file.
  package init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// Whether a verification token can stand in the file without being escaped: visible ASCII, as all that are issued.
  package static func isPlain(_ value: String) -> Bool {
    !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
  }

  /// What `setVerificationToken` came upon.
  package enum Before: Sendable {
    /// The application had none.
    case absent
    /// Another one, or a placeholder.
    case different
    /// The same; nothing is changed.
    case same
  }

  /// Makes the verification token of an application be `value`.
  /// - Throws: where the file is no manifest that asks for tokens.
  package mutating func setVerificationToken(_ value: String, of application: ApplicationName) throws(Finding)
    -> Before
  {
    precondition(ManifestText.isPlain(value), "a verification token is visible ASCII")
    let text = Array("\"\(value)\"".utf8)
    guard let tokens = try tokens() else {
      let auth = try auth()
      insert(ManifestText.tokensName, Array("{}".utf8), into: auth)
      return try setVerificationToken(value, of: application)
    }
    if let member = tokens.member(application.description) {
      guard member.value.string.map({ $0.utf8.elementsEqual(value.utf8) }) != true else { return .same }
      bytes.replaceSubrange(member.value.range, with: text)
      return .different
    }
    insert(application.description, text, into: tokens)
    return .absent
  }

  /// Takes the verification token of an application out; false where it has none.
  package mutating func removeVerificationToken(of application: ApplicationName) throws(Finding) -> Bool {
    guard let tokens = try tokens(), let members = tokens.members,
      let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(application.description.utf8) })
    else { return false }
    let member = members[index]
    if members.count == 1 {
      bytes.replaceSubrange(tokens.range, with: Array("{}".utf8))
    } else if index == 0 {
      bytes.removeSubrange(member.nameRange.lowerBound..<members[1].nameRange.lowerBound)
    } else {
      bytes.removeSubrange(members[index - 1].value.range.upperBound..<member.value.range.upperBound)
    }
    return true
  }

  private static let tokensName = "verification_tokens"

  private func tokens() throws(Finding) -> JSONValue? {
    guard let tokens = try auth().value(of: ManifestText.tokensName) else { return nil }
    guard tokens.members != nil else {
      throw problem(
        at: tokens.range.lowerBound, "\"verification_tokens\" is an object, and this is \(tokens.kind)")
    }
    return tokens
  }

  private func auth() throws(Finding) -> JSONValue {
    let document: JSONDocument
    do throws(JSONDocument.Problem) { document = try JSONDocument(parsing: bytes) } catch {
      throw problem(at: error.offset, error.message)
    }
    if let repeated = document.repeated.first {
      throw problem(at: repeated.nameRange.lowerBound, ManifestRules.repeatedName)
    }
    guard let auth = document.root.value(of: "auth"), let type = auth.value(of: "type") else {
      throw problem(at: document.root.range.lowerBound, "\"auth\" with its \"type\" is missing")
    }
    guard type.string == "service_http" || type.string == "oauth" else {
      throw problem(
        at: type.range.lowerBound, "only \"service_http\" and \"oauth\" have verification tokens")
    }
    return auth
  }

  private func problem(at offset: Int, _ message: String) -> Finding {
    Finding(.error, name, at: TextPosition(of: offset, in: bytes), message)
  }

  /// Adds a member behind the others, and spaces it as they are.
  private mutating func insert(_ name: String, _ value: [UInt8], into object: JSONValue) {
    let members = object.members ?? []
    let quoted = Array("\"\(name)\"".utf8)
    guard let last = members.last else {
      bytes.replaceSubrange(object.range, with: onlyMember(quoted, value, of: object))
      return
    }
    var separator = Array(bytes[(object.range.lowerBound + 1)..<members[0].nameRange.lowerBound])
    if members.count == 1 {
      separator = [UInt8(ascii: ",")] + (separator.isEmpty ? [UInt8(ascii: " ")] : separator)
    } else {
      separator = Array(bytes[members[members.count - 2].value.range.upperBound..<last.nameRange.lowerBound])
    }
    let colon = bytes[last.nameRange.upperBound..<last.value.range.lowerBound]
    bytes.insert(contentsOf: separator + quoted + colon + value, at: last.value.range.upperBound)
  }

  /// An object with one member: on lines of its own, as long as its name began one.
  private func onlyMember(_ name: [UInt8], _ value: [UInt8], of object: JSONValue) -> [UInt8] {
    let open = [UInt8(ascii: "{")]
    let close = [UInt8(ascii: "}")]
    let member = name + Array(": ".utf8) + value
    let before = bytes[..<object.range.lowerBound]
    let line = before[(before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)...]
    guard line.startIndex > 0, !line.contains(open[0]), !line.contains(UInt8(ascii: ",")) else {
      return open + member + close
    }
    let indentation = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let newline = Array((bytes[..<line.startIndex].hasSuffix("\r\n") ? "\r\n" : "\n").utf8) + indentation
    // It stands two steps in: in "auth", which stands in the manifest.
    let step = indentation.prefix(max(1, indentation.count / 2))
    return open + newline + step + member + newline + close
  }
}

extension ArraySlice<UInt8> {
  fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
