import BearerAuth
import Testing

func digest(of text: String) throws -> Digest {
  try #require(try DigestContext().digest(of: text.utf8.span))
}

func policy(_ secrets: (application: String, secret: String)..., expires: Instant = .distantFuture) throws
  -> Policy
{
  Policy(
    try secrets.map {
      Token(digest: try digest(of: $0.secret), application: $0.application, key: "k1", expires: expires)
    })
}
