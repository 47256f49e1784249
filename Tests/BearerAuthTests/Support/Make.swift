import Testing

@testable import BearerAuth

/// The SHA-256 of a text.
func digest(of text: String) throws -> Digest {
  try #require(try DigestContext().digest(of: text))
}

/// What the value of an Authorization header amounts to.
func credential(_ value: [UInt8]) throws -> Credential {
  Credential(parsing: value.span, with: try DigestContext())
}

func credential(_ value: String) throws -> Credential {
  try credential(Array(value.utf8))
}

func instant(_ text: String) throws -> Instant {
  try #require(Instant(parsing: text))
}

func scopes(_ names: String...) throws -> [Scope] {
  try names.map { try #require(Scope($0)) }
}

func requiredScopes(_ text: String) throws -> RequiredScopes { try #require(RequiredScopes(text)) }

/// A token of `secret` without restrictions, but for those given.
func token(
  _ secret: String = "secret", application: String = "ci", key: String? = "k1",
  notBefore: Instant = .distantPast,
  expires: Instant = .distantFuture, scopes: [Scope]? = nil, from origins: [String]? = nil,
  isDisabled: Bool = false, line: Int = 1
) throws -> Token {
  Token(
    digest: try digest(of: secret), application: application, key: key, notBefore: notBefore,
    expires: expires,
    scopes: scopes, origins: try origins?.map { try AddressBlock(parsing: $0) }, isDisabled: isDisabled,
    line: line)
}

/// Sixty-four digits: the hash of a secret as the token file holds it.
func hash(_ secret: String) throws -> String {
  "sha256:" + (try digest(of: secret).hex)
}
