import ArgumentParser
import BearerAuth
import BearerdService
import Glibc
import ServiceManifest
import Synchronization

/// Standard output and standard error. What is asked for goes to the one, all talk to the other. Neither shows a secret that is
/// known here, nor a character that a terminal would obey, whatever a caller forgot.
enum Console {
  private static let redactor = Mutex(Redactor())

  /// Keeps a secret out of everything that is printed from now on.
  static func hide(_ secret: [UInt8]) { redactor.withLock { $0.hide(secret) } }

  /// Keeps the tokens of a policy out of everything that is printed from now on.
  static func hide(tokensOf policy: Policy) { redactor.withLock { $0.hide(tokensOf: policy) } }

  private static func shown(_ text: String) -> String {
    redactor.withLock { $0 }.redacted(text).printable(keepingLineEnds: true)
  }

  /// One line on stderr, whatever stands in it. Where stderr is gone there is nobody left to tell.
  static func note(_ line: String) { note(lines: line.printable) }

  /// Lines on stderr whose ends are ours.
  static func note(lines: String) { try? write(Array("\(shown(lines))\n".utf8), to: STDERR_FILENO) }

  /// A line on stdout, or several.
  static func print(_ line: String) throws(Failure) {
    try write(Array("\(shown(line))\n".utf8), to: STDOUT_FILENO)
  }

  /// Empties the terminal that standard output is.
  static func clear() throws(Failure) { try write(Array("\u{1b}[H\u{1b}[2J".utf8), to: STDOUT_FILENO) }

  /// A secret and a line end on stdout: the one place where a secret ever goes. If that is a file, they are on the disk
  /// afterwards.
  static func show(_ secret: [UInt8]) throws(Failure) {
    var line = secret + [UInt8(ascii: "\n")]
    defer { line.wipe() }
    try write(line, to: STDOUT_FILENO)
    // A pipe and a terminal have no disk.
    guard fsync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP else {
      throw Failure("cannot write the answer: \(String(cString: strerror(errno)))", code: EX_IOERR)
    }
  }

  /// Opens the standard descriptors that are closed, so that no file that is opened later takes the place of one. What
  /// goes to standard output then is an error, and what goes to standard error is lost.
  static func takeDescriptors() {
    for (descriptor, flags) in [(STDIN_FILENO, O_RDWR), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDWR)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = open("/dev/null", flags)
    }
  }

  /// A CGI response on stdout.
  static func answer(_ response: [UInt8]) throws(Failure) { try write(response, to: STDOUT_FILENO) }

  /// Whether somebody is there who can be asked.
  static var hasSomebody: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Asks a question; anything but yes is no.
  static func confirms(_ question: String) -> Bool {
    try? write(Array("\(shown(question)) [y/N] ".utf8), to: STDERR_FILENO)
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw Failure("cannot write the answer: \(String(cString: strerror(errno)))", code: EX_IOERR)
      }
    }
  }
}

/// A subcommand whose failures end as a message on stderr and an exit code of sysexits.h.
protocol Command: ParsableCommand {
  /// Does the work; what it throws is told to the administrator.
  func perform() throws
}

extension Command {
  func run() throws {
    Console.takeDescriptors()
    do {
      try perform()
    } catch let error as TokenSourceError {
      // Issues begin with their file, as those of a compiler do, so that editors can jump to them.
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

/// Why a command did not do what it was asked, with the fix.
struct Failure: Error {
  var message: String
  var code: Int32

  /// Exits with 1 where nothing else is said.
  init(_ message: String, code: Int32 = EXIT_FAILURE) {
    self.message = message
    self.code = code
  }

  /// The command line is to blame: exits with 64.
  static func usage(_ message: String) -> Failure {
    Failure(message, code: EX_USAGE)
  }
}

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
