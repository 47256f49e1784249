import BearerdService
import FastCGI
import Glibc

/// Reads a secret from standard input; other users can read arguments and the environment. Later output hides
/// the secret.
enum SecretInput {
  /// More than an Authorization header can carry.
  private static let maximumLength = 16_384

  /// Reads one line, without its line end. On a terminal it prompts and does not echo.
  /// - Parameter purpose: what to prompt for: `the token to add`.
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
    guard line.last != HiddenTerminal.interrupt else { throw Failure("cancelled; nothing was changed") }
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
      guard bytes.count <= maximumLength else { throw Failure("standard input is longer than any token") }
    }
  }

  /// The result of one read(2): on a terminal, a line.
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

/// A terminal without echo.
private struct HiddenTerminal {
  /// Control-C. It ends the line instead of the process, which would leave the terminal without echo.
  static let interrupt: UInt8 = 3

  private let before: termios

  init() {
    var settings = termios()
    tcgetattr(STDIN_FILENO, &settings)
    before = settings
    settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
    // VEOL, a character that ends a line besides the line end.
    settings.c_cc.11 = HiddenTerminal.interrupt
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  func restore() {
    var settings = before
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }
}

/// Called first by a command that handles a secret.
func guardSecrets() {
  Secrecy.begin()
  // A closed pipe must not end the command between the edit and its message.
  signal(SIGPIPE, SIG_IGN)
}
