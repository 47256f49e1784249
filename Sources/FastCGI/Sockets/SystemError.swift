import Glibc

/// A system call that failed.
public struct SystemError: Error, CustomStringConvertible {
  /// What was tried, with what: `bind unix:/run/bearerd.sock`.
  public var operation: String
  /// errno as it was left.
  public var code: Int32

  /// Takes errno as the last call left it.
  public init(_ operation: String, code: Int32 = errno) {
    self.operation = operation
    self.code = code
  }

  /// `bind unix:/run/bearerd.sock: Permission denied`
  public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
