import Testing

@testable import BearerAuth

private let now = Instant(seconds: 1_795_478_400)

@Suite("A policy")
struct PolicyTests {
  @Test("allows a token without restrictions for every scope, from every address")
  func allows() throws {
    let policy = Policy([try token()])
    for scope in [.absent, try requiredScopes("read"), try requiredScopes("read write")] {
      for address in [nil, IPAddress(parsing: "192.0.2.1")] {
        let request = AccessRequest(
          credential: try credential("Bearer secret"), scope: scope, address: address)
        #expect(outcome(of: request, by: policy, at: now) == "allow ci k1")
      }
    }
  }

  @Test(
    "denies what brings no token at all, with the reason",
    arguments: [
      (.absent, .noCredentials), (.otherScheme, .otherScheme), (.malformed, .malformed),
      (.mistyped, .mistyped),
      (.unhashed, .malformed),
    ] as [(Credential, Denial)])
  func denies(credential: Credential, denial: Denial) throws {
    let policy = Policy([try token()])
    #expect(outcome(of: AccessRequest(credential: credential), by: policy, at: now) == denial.rawValue)
  }

  @Test(
    "without tokens denies everything",
    arguments: [.absent, .otherScheme, .malformed, .mistyped, .unhashed] as [Credential])
  func empty(credential: Credential) throws {
    #expect(outcome(of: AccessRequest(credential: credential), by: Policy.empty, at: now) != "allow ci k1")
    let good = AccessRequest(credential: .token(try digest(of: "secret")))
    #expect(outcome(of: good, by: Policy.empty, at: now) == "unknown-token")
  }

  @Test(
    "ends a token at the very second of expires=, and begins it at that of not-before=",
    arguments: [
      (-1, 0, "allow ci k1"), (0, 0, "expired ci k1"), (1, 0, "expired ci k1"),
      (-2, -1, "not-yet-valid ci k1"), (-1, -1, "allow ci k1"),
    ])
  func instants(offset: Int64, notBefore: Int64, expected: String) throws {
    let token = try token(notBefore: now.advanced(by: min(notBefore, -1)), expires: now)
    let request = AccessRequest(credential: .token(token.digest))
    #expect(outcome(of: request, by: Policy([token]), at: now.advanced(by: offset)) == expected)
  }

  @Test(
    "asks for the address only where the token has from=",
    arguments: [
      ("192.0.2.1", "allow ci k1"), ("192.0.3.1", "wrong-address ci k1"), ("2001:db8::1", "allow ci k1"),
      ("2001:db9::1", "wrong-address ci k1"), ("::ffff:192.0.2.1", "allow ci k1"),
      ("", "wrong-address ci k1"),
      ("garbage", "wrong-address ci k1"), ("192.0.2.1:80", "wrong-address ci k1"),
      ("unix:", "wrong-address ci k1"),
    ])
  func addresses(address: String, expected: String) throws {
    let token = try token(from: ["192.0.2.0/24", "2001:db8::/32"])
    let request = AccessRequest(credential: .token(token.digest), address: IPAddress(parsing: address))
    #expect(outcome(of: request, by: Policy([token]), at: now) == expected)
  }

  @Test(
    "allows a token with scopes= only for these scopes",
    arguments: [
      ("read", "allow ci k1"), ("write", "allow ci k1"), ("admin", "insufficient-scope ci k1"),
      ("rea", "insufficient-scope ci k1"), ("reader", "insufficient-scope ci k1"),
      ("", "insufficient-scope ci k1"), ("READ", "insufficient-scope ci k1"),
      ("admin read", "allow ci k1"), ("write admin root", "allow ci k1"),
      ("admin root", "insufficient-scope ci k1"),
      ("reader rea", "insufficient-scope ci k1"), ("read,write", "insufficient-scope ci k1"),
      ("read ", "insufficient-scope ci k1"), (" read", "insufficient-scope ci k1"),
      ("read  write", "insufficient-scope ci k1"),
      ("read\u{e9}", "insufficient-scope ci k1"), ("read \"", "insufficient-scope ci k1"),
    ])
  func scopedToken(scope: String, expected: String) throws {
    let token = try token(scopes: scopes("read", "write"))
    let request = AccessRequest(
      credential: .token(token.digest), scope: RequiredScopes(Array(scope.utf8).span))
    #expect(outcome(of: request, by: Policy([token]), at: now) == expected)
  }

  @Test(
    "denies every token where the required scopes are not names of scopes, also one without scopes",
    arguments: [" ", "a b ", "a,b", "\"", "caf\u{e9}", "a\tb", String(repeating: "x", count: 129)])
  func invalidScope(scope: String) throws {
    let token = try token()
    let request = AccessRequest(
      credential: .token(token.digest), scope: RequiredScopes(Array(scope.utf8).span))
    #expect(request.scope == .invalid)
    #expect(outcome(of: request, by: Policy([token]), at: now) == "insufficient-scope ci k1")
  }

  /// Each row breaks one more rule than the one below it; the first broken rule is the one that is told.
  @Test(
    "tells of several broken rules the first, and of the scope last",
    arguments: [
      (0, "unknown-token"), (1, "disabled ci k1"), (2, "expired ci k1"), (3, "not-yet-valid ci k1"),
      (4, "wrong-address ci k1"), (5, "insufficient-scope ci k1"), (6, "allow ci k1"),
    ])
  func order(kept: Int, expected: String) throws {
    let token = try token(
      notBefore: kept > 3 ? .distantPast : now.advanced(by: 1), expires: kept > 2 ? .distantFuture : now,
      scopes: kept > 5 ? nil : scopes("write"), from: kept > 4 ? nil : ["192.0.2.0/24"], isDisabled: kept < 2)
    let request = AccessRequest(
      credential: .token(try digest(of: kept > 0 ? "secret" : "another")), scope: try requiredScopes("read"),
      address: IPAddress(parsing: "192.0.3.1"))
    #expect(outcome(of: request, by: Policy([token]), at: now) == expected)
  }

  @Test("tells which key ids differ from another policy, and of many only the first")
  func changes() throws {
    let old = try Policy([
      token("a", key: "a1"), token("b", key: "b1"), token("c", key: "c1", isDisabled: true),
      token("d", key: nil),
      token("e", key: "e1", line: 5),
    ])
    let new = try Policy([
      token("e", key: "e1", line: 9), token("b", key: "b1", expires: now, isDisabled: true),
      token("c", key: "c1"),
      token("f", application: "zz", key: "f1"),
    ])
    let fields = TokenChanges(from: old, to: new).fields(limit: 8).map { "\($0.name)=\($0.value)" }
    #expect(
      fields == [
        "added=zz f1", "removed=ci a1, ci without id=", "disabled=ci b1", "enabled=ci c1", "changed=ci b1",
      ])
    #expect(TokenChanges(from: new, to: new).fields(limit: 8).isEmpty)
    let many = try Policy((0..<1200).map { try token("\($0)", key: "k\($0)") })
    let added = TokenChanges(from: .empty, to: many).fields(limit: 2).map(\.value)
    #expect(added == ["ci k0, ci k1 and 1,198 more"])
    let longest = TokenChanges(from: .empty, to: many).fields(limit: 1000).map(\.value)
    #expect(longest.first?.hasSuffix("ci k49 and 1,150 more") == true)
  }

  @Test("finds each of many tokens, and none that is not there", arguments: [0, 1, 2, 3, 7, 8, 9, 1000])
  func many(count: Int) throws {
    let context = try DigestContext()
    let tokens = try (0..<count).map {
      Token(digest: try hashed($0, context), application: "app\($0)", line: $0 + 1)
    }
    let policy = Policy(tokens)
    for number in 0..<count {
      #expect(policy.token(matching: try hashed(number, context))?.line == number + 1)
    }
    for number in count..<(count + 1000) {
      #expect(policy.token(matching: try hashed(number, context)) == nil)
    }
  }

  @Test("tells digests apart that begin alike, so that they collide in the index")
  func collisions() throws {
    let hashes = (0..<16).map { String(repeating: "0", count: 63) + String($0, radix: 16) }
    let digests = try hashes.map { try #require(Digest(hex: $0)) }
    let policy = Policy(digests.dropLast().enumerated().map { Token(digest: $1, application: "app\($0)") })
    for (number, digest) in digests.dropLast().enumerated() {
      #expect(policy.token(matching: digest)?.application == "app\(number)")
    }
    #expect(policy.token(matching: digests[15]) == nil)
  }

  @Test("keeps a token in 120 bytes, so that a million fit")
  func size() {
    #expect(MemoryLayout<Token>.stride == 120)
  }

  private func hashed(_ number: Int, _ context: DigestContext) throws -> Digest {
    try #require(context.digest(of: "secret \(number)"))
  }

  private func outcome(of request: AccessRequest, by policy: Policy, at now: Instant) -> String {
    func name(_ number: Int) -> String {
      "\(policy.tokens[number].application) \(policy.tokens[number].key ?? "-")"
    }
    switch policy.decide(request, at: now) {
    case .allow(let number): return "allow \(name(number))"
    case .deny(let denial, nil): return denial.rawValue
    case .deny(let denial, let number?): return "\(denial.rawValue) \(name(number))"
    }
  }
}
