import Glibc

extension Span where Element == UInt8 {
  func contains(_ byte: UInt8) -> Bool {
    withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return memchr(start, Int32(byte), buffer.count) != nil
    }
  }

  /// Not for secrets: it stops at the first difference. `count` is not more than there are here.
  func begins(with other: UnsafePointer<UInt8>, count: Int) -> Bool {
    withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { memcmp($0, other, count) == 0 } ?? (count == 0)
    }
  }
}

extension [UInt8] {
  /// Overwrites the first `length` bytes, or all, so that a secret does not outlive its request in freed memory.
  mutating func wipe(first length: Int = .max) {
    withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      explicit_bzero(start, Swift.min(length, buffer.count))
    }
  }

  /// Appends without leaving a copy of what was there in freed memory, as an array that grows by itself does.
  mutating func appendTracelessly(_ bytes: UnsafeBufferPointer<UInt8>) {
    if capacity - count < bytes.count {
      var larger: [UInt8] = []
      larger.reserveCapacity(Swift.max(count + bytes.count, 2 * capacity))
      larger += self
      swap(&larger, &self)
      larger.wipe()
    }
    self += bytes
  }
}
