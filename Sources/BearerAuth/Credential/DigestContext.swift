import CCrypto

/// libcrypto would not give us SHA-256, or the memory for it.
public struct CryptoUnavailable: Error, Equatable, CustomStringConvertible {
  /// Also for whoever asked for a digest and got none.
  public init() {}

  /// For the administrator.
  public var description: String { "libcrypto offers no SHA-256; check the installation of OpenSSL" }
}

/// SHA-256 by libcrypto, with the algorithm fetched once and the working memory reused: a lookup by name for
/// every digest costs more than the digest. One for each thread; never shared.
public final class DigestContext {
  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  /// Throws where libcrypto lacks the algorithm or the memory.
  public init() throws(CryptoUnavailable) {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { throw CryptoUnavailable() }
    guard let context = EVP_MD_CTX_new() else {
      EVP_MD_free(algorithm)
      throw CryptoUnavailable()
    }
    self.algorithm = algorithm
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// The digest of `bytes`; nil where libcrypto failed, which is never taken for a digest.
  public func digest(of bytes: Span<UInt8>) -> Digest? {
    guard EVP_DigestInit_ex2(context, algorithm, nil) == 1 else { return nil }
    // libcrypto reads the bytes during the call and keeps no pointer to them.
    let isRead = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
    guard isRead else { return nil }
    return Digest { EVP_DigestFinal_ex(context, $0, nil) == 1 }
  }
}
