import FastCGI
import Glibc

/// The body of the request that a CGI program answers (RFC 3875 section 4.2), which decides nothing.
///
/// It must be read all the same: where a web server's end is a socket, as that of Apache's mod_cgid is, an end with
/// unread bytes in it resets the connection, and the answer is lost.
public enum RequestBody {
  /// How long a body is waited for, in milliseconds. Past it the caller is one that sends for ever.
  private static let patience: UInt64 = 30_000

  /// Reads standard input to its end where `environment` says that there is a body, and keeps nothing of it.
  public static func discard(of environment: CGIEnvironment) {
    let length = environment.value(of: "CONTENT_LENGTH") ?? []
    guard
      !length.allSatisfy({ $0 == UInt8(ascii: "0") })
        || environment.value(of: "HTTP_TRANSFER_ENCODING") != nil
    else { return }
    let end = Clock.monotonicMilliseconds() + patience
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let now = Clock.monotonicMilliseconds()
      guard now < end else { return }
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&input, 1, Int32(end - now))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0, read(STDIN_FILENO, &chunk, chunk.count) > 0 else { return }
    }
  }
}
