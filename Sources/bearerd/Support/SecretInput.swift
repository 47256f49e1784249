import BearerdService
import Glibc

/// How a secret comes in: over standard input. Arguments and the environment can be read by others. Nothing prints it from
/// then on.
enum SecretInput {
  /// More than any Authorization header may hold.
  private static let maximumLength = 16_384

  /// One line without its line end. On a terminal it is asked for, and not shown.
  /// - Parameter purpose: what to ask for: `the token to add`.
  static func read(_ purpose: String) throws(Failure) -> [UInt8] {
    let secret = try readInput(purpose)
    Console.hide(secret)
    return secret
  }

  private static func readInput(_ purpose: String) throws(Failure) -> [UInt8] {
    guard isatty(STDIN_FILENO) == 1 else { return try checked(readToEnd(), purpose) }
    let terminal = HiddenTerminal()
    defer { terminal.restore() }
    Console.note("Paste \(purpose) and press Enter; it is not shown.")
    return try checked(readLine(), purpose)
  }

  private static func checked(_ input: [UInt8], _ purpose: String) throws(Failure) -> [UInt8] {
    var line = input
    guard line.last != HiddenTerminal.interrupt else { throw Failure("broken off; nothing was changed") }
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    guard !line.isEmpty else {
      throw .usage("\(purpose) is expected on standard input: printf %s \"$TOKEN\" | bearerd token ...")
    }
    guard !line.contains(UInt8(ascii: "\n")) else {
      throw .usage("\(purpose) is expected alone on standard input, but there are several lines")
    }
    return line
  }

  private static func readToEnd() throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let part = try readLine()
      guard !part.isEmpty else { return bytes }
      bytes += part
      guard bytes.count <= maximumLength else { throw Failure("standard input holds more than any token") }
    }
  }

  /// What one read(2) gives: on a terminal a line.
  private static func readLine() throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: maximumLength)
    defer { buffer.wipe() }
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 { return Array(buffer[..<count]) }
      guard errno == EINTR else {
        throw Failure("cannot read standard input: \(String(cString: strerror(errno)))", code: EX_IOERR)
      }
    }
  }
}

/// A terminal that does not show what is typed.
private struct HiddenTerminal {
  /// Control-C. It ends the line instead of the process, which would leave the terminal silent.
  static let interrupt: UInt8 = 3

  private let before: termios

  init() {
    var settings = termios()
    tcgetattr(STDIN_FILENO, &settings)
    before = settings
    settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
    // VEOL, the character that ends a line besides the line end.
    settings.c_cc.11 = HiddenTerminal.interrupt
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  func restore() {
    var settings = before
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }
}

extension [UInt8] {
  /// Overwrites the bytes, so that a secret does not outlive its use in freed memory.
  mutating func wipe() {
    withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      explicit_bzero(start, buffer.count)
    }
  }
}

/// What a command does first that will hold a secret.
func guardSecrets() {
  Secrecy.begin()
  // A reader that goes away must not end us between the file and the message.
  signal(SIGPIPE, SIG_IGN)
}
