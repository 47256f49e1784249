/// One request as a front sends it.
public struct RequestMessage: Sendable {
  /// The part we are to play.
  public var role: Role
  /// The FastCGI request id, not 0.
  public var id: UInt16
  /// The FCGI_KEEP_CONN flag.
  public var keepsConnection: Bool
  /// Names and values, in the order sent.
  public var parameters: [(name: String, value: [UInt8])]

  /// A request with no body.
  public init(
    role: Role = .responder, id: UInt16 = 1, keepsConnection: Bool = false,
    parameters: [(name: String, value: [UInt8])] = []
  ) {
    self.role = role
    self.id = id
    self.keepsConnection = keepsConnection
    self.parameters = parameters
  }

  /// The records, ready to be sent. A Responder's ends with an empty STDIN; an Authorizer's has none.
  public var bytes: [UInt8] {
    var pairs: [UInt8] = []
    for (name, value) in parameters { NameValue.append(name.utf8, value, to: &pairs) }
    let flags: UInt8 = keepsConnection ? 1 : 0
    var bytes = record(RecordType.beginRequest, [0, UInt8(role.rawValue), flags, 0, 0, 0, 0, 0])
    for start in stride(from: 0, to: pairs.count, by: RecordHeader.maximumContent) {
      bytes += record(RecordType.params, pairs[start..<min(start + RecordHeader.maximumContent, pairs.count)])
    }
    bytes += record(RecordType.params, [])
    return role == .responder ? bytes + record(RecordType.stdin, []) : bytes
  }

  private func record(_ type: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
    RecordHeader(type: type, requestID: id, contentLength: content.count).bytes + content
  }
}
