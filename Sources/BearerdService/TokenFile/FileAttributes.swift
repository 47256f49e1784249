import CLinux
import Glibc

/// What a file carries beside owner and mode (xattr(7)): its POSIX access control list, labels, what users attach.
enum FileAttributes {
  /// As the kernel names a file's own access control list.
  private static let accessList = "system.posix_acl_access"

  /// These belong to the old content; a copy would be wrong.
  private static let ofContent: Set = ["security.ima", "security.evm", "security.capability"]

  /// A new file has entries from the default access control list of its directory, and its mode limits them. This takes
  /// them away, for a file whose access is copied from another.
  static func removeInherited(from file: borrowing Descriptor) throws(TokenSourceError) {
    guard try file.attributeNames().contains(accessList) else { return }
    try file.removeAttribute(accessList)
  }

  /// Gives `copy` the attributes of `original`.
  /// - Throws: if one cannot be kept, but for the system's own labels: those the system gives as it must.
  static func copy(from original: borrowing Descriptor, to copy: borrowing Descriptor)
    throws(TokenSourceError)
  {
    for name in try original.attributeNames() where !ofContent.contains(name) {
      guard let value = try original.attribute(name), try copy.attribute(name) != value else { continue }
      do throws(TokenSourceError) {
        try copy.setAttribute(name, value)
      } catch {
        guard name.hasPrefix("security.") || name.hasPrefix("trusted.") else { throw error }
      }
    }
  }
}

extension Descriptor {
  /// None where the file system keeps no attributes.
  func attributeNames() throws(TokenSourceError) -> [String] {
    let list = try Descriptor.bytes("list the attributes of", path) { flistxattr(number, $0, $1) }
    return (list ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// nil where there is none.
  func attribute(_ name: String) throws(TokenSourceError) -> [UInt8]? {
    try Descriptor.bytes("read the attribute \(name) of", path) { fgetxattr(number, name, $0, $1) }
  }

  func setAttribute(_ name: String, _ value: [UInt8]) throws(TokenSourceError) {
    try Descriptor.call("keep the attribute \(name) of", path) {
      fsetxattr(number, name, value, value.count, 0)
    }
  }

  func removeAttribute(_ name: String) throws(TokenSourceError) {
    try Descriptor.call("remove the attribute \(name) of", path) { fremovexattr(number, name) }
  }

  /// XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h.
  private static let attributeLimit = 65536

  private static func bytes(
    _ operation: String, _ path: String, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(TokenSourceError) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: attributeLimit)
    do throws(TokenSourceError) {
      let count = try call(operation, path) {
        buffer.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
      }
      return buffer[..<count].map { UInt8(bitPattern: $0) }
    } catch {
      guard case .system(_, _, let code) = error, code == ENODATA || code == ENOTSUP else { throw error }
      return nil
    }
  }
}
