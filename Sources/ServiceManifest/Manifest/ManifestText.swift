import BearerAuth

/// The bytes of a manifest for editing: order, spacing and everything else are kept.
package struct ManifestText: Sendable {
  /// The whole file.
  package private(set) var bytes: [UInt8]
  private let name: String

  /// Takes the bytes of the file.
  /// - Parameter name: the file's name in findings.
  package init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// Whether a verification token needs no escapes in the file: visible ASCII, like all issued ones.
  package static func isPlain(_ value: String) -> Bool {
    !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
  }

  /// The state before `setVerificationToken`.
  package enum Before: Sendable {
    /// The application had no verification token.
    case absent
    /// It had another one, or a placeholder.
    case different
    /// It had the same one; nothing is changed.
    case same
  }

  /// Sets the verification token of an application.
  /// - Throws: if the file is not a manifest with token authentication.
  package mutating func setVerificationToken(_ value: String, of application: ApplicationName) throws(Finding)
    -> Before
  {
    precondition(ManifestText.isPlain(value), "a verification token must be visible ASCII")
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

  /// Removes the verification token of an application; false if it has none.
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
        at: tokens.range.lowerBound, "\"verification_tokens\" must be an object, not \(tokens.kind)")
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

  /// Adds a member after the others, with their spacing.
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

  /// An object with one member: on separate lines if the object's own name begins a line.
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
    // Indented by two levels: "auth" and its member.
    let step = indentation.prefix(max(1, indentation.count / 2))
    return open + newline + step + member + newline + close
  }
}

extension ArraySlice<UInt8> {
  fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
