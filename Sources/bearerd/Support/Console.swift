import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest
import Synchronization

/// Standard output for results, standard error for messages. Both hide known secrets and escape characters that
/// control a terminal, whatever the calling code passes.
enum Console {
  private static let redactor = Mutex(Redactor())

  /// Hides a secret in all later output.
  static func hide(_ secret: [UInt8]) { redactor.withLock { $0.hide(secret) } }

  /// Hides the tokens of a policy in all later output.
  static func hide(tokensOf policy: Policy) { redactor.withLock { $0.hide(tokensOf: policy) } }

  private static func shown(_ text: String) -> String {
    redactor.withLock { $0 }.redacted(text).printable(keepingLineEnds: true)
  }

  /// Prints one line to stderr, with any content. Errors are ignored.
  static func note(_ line: String) { note(lines: line.printable) }

  /// Prints lines to stderr and keeps their line ends.
  static func note(lines: String) { try? write(Array("\(shown(lines))\n".utf8), to: STDERR_FILENO) }

  /// Prints one or more lines to stdout.
  static func print(_ line: String) throws(Failure) {
    try write(Array("\(shown(line))\n".utf8), to: STDOUT_FILENO)
  }

  /// Clears the terminal that is standard output.
  static func clear() throws(Failure) { try write(Array("\u{1b}[H\u{1b}[2J".utf8), to: STDOUT_FILENO) }

  /// Prints a secret and a line end to stdout: the only place where a secret is written. If stdout is a file,
  /// they are on disk afterwards.
  static func show(_ secret: [UInt8]) throws(Failure) {
    var line = secret + [UInt8(ascii: "\n")]
    defer { line.wipe() }
    try write(line, to: STDOUT_FILENO)
    // Pipes and terminals do not support fsync(2).
    guard fsync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP else {
      throw Failure("cannot write output: \(String(cString: strerror(errno)))", code: EX_IOERR)
    }
  }

  /// Opens the standard descriptors that are closed; otherwise a file opened later could take their place.
  /// Writing to standard output is an error then, and standard error is discarded.
  static func takeDescriptors() {
    for (descriptor, flags) in [(STDIN_FILENO, O_RDWR), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDWR)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // open(2) returns the lowest free descriptor, which is this one.
      _ = open("/dev/null", flags)
    }
  }

  /// Writes a CGI response to stdout.
  static func answer(_ response: [UInt8]) throws(Failure) { try write(response, to: STDOUT_FILENO) }

  /// Whether the command runs on a terminal and can ask.
  static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Asks for confirmation; anything but yes means no.
  static func confirms(_ question: String) -> Bool {
    try? write(Array("\(shown(question)) [y/N] ".utf8), to: STDERR_FILENO)
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw Failure("cannot write output: \(String(cString: strerror(errno)))", code: EX_IOERR)
      }
    }
  }
}

/// A subcommand whose errors are printed to stderr and mapped to an exit code of sysexits.h.
protocol Command: ParsableCommand {
  /// Runs the command; errors are reported to the administrator.
  func perform() throws
}

extension Command {
  func run() throws {
    Console.takeDescriptors()
    do {
      try perform()
    } catch let error as TokenSourceError {
      // Issues begin with their file, like those of a compiler, so editors can jump to them.
      if case .unusable = error {
        Console.note(lines: error.description)
      } else {
        Console.note("bearerd: \(error)")
      }
      throw ExitCode(error.exitCode)
    } catch let error as PublishedFileError {
      Console.note("bearerd: \(error)")
      throw ExitCode(EX_IOERR)
    } catch let failure as Failure {
      Console.note("bearerd: \(failure.message)")
      throw ExitCode(failure.code)
    } catch let error as CryptoUnavailable {
      Console.note("bearerd: \(error)")
      throw ExitCode.failure
    }
  }
}

/// The reason why a command failed, with the fix.
struct Failure: Error {
  var message: String
  var code: Int32

  /// Exits with 1 by default.
  init(_ message: String, code: Int32 = EXIT_FAILURE) {
    self.message = message
    self.code = code
  }

  /// An error of the command line: exits with 64.
  static func usage(_ message: String) -> Failure {
    Failure(message, code: EX_USAGE)
  }
}

extension Instant {
  /// The current time of the system clock.
  static var now: Instant { Instant(seconds: Int64(time(nil))) }
}

/// Bytes of the system's generator (getentropy(3)), which returns up to 256 at once, all or none.
func randomBytes(_ count: Int) throws(Failure) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard bytes.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 else {
    throw Failure("cannot get random bytes from the system: \(String(cString: strerror(errno)))")
  }
  return bytes
}
