import ArgumentParser
import BearerAuth
import BearerdService
import Glibc

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
