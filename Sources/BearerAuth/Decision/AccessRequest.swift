/// What a decision is made of.
public struct AccessRequest: Sendable {
  /// What the caller presented.
  public var credential: Credential
  /// The door, as the web server names it; nil where it names none.
  public var scope: Scope?
  /// Where the caller is; nil where the web server did not say, or said what is no address.
  public var address: IPAddress?

  /// A request at a door without a name, from nowhere known, where the last two are left out.
  public init(credential: Credential, scope: Scope? = nil, address: IPAddress? = nil) {
    self.credential = credential
    self.scope = scope
    self.address = address
  }
}
