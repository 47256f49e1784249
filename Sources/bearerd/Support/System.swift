import BearerAuth
import Glibc

extension Instant {
  /// The system's clock.
  static var now: Instant { Instant(seconds: Int64(time(nil))) }
}

/// Bytes of the system's generator (getentropy(3)), which gives up to 256 at once, all or none.
func randomBytes(_ count: Int) throws(Failure) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard bytes.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 else {
    throw Failure("the system gives no random bytes: \(String(cString: strerror(errno)))")
  }
  return bytes
}
