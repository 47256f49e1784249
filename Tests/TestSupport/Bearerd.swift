import Foundation
import Testing

/// What a command left behind.
package struct Outcome {
  /// The exit code; 128 and the signal's number where a signal ended it.
  package var code: Int32
  package var output: String
  package var errors: String

  package init(code: Int32, output: String, errors: String) {
    self.code = code
    self.output = output
    self.errors = errors
  }

  /// What was printed, without the line end: a secret, where a token was made.
  package var line: String { output.trimmingCharacters(in: .newlines) }
}

/// The real binary: the one of the test bundle's directory, or the one that BEARERD names.
package enum Bearerd {
  package static let path =
    ProcessInfo.processInfo.environment["BEARERD"]
    ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("bearerd").path

  /// Runs `bearerd` with these arguments to its end.
  package static func run(_ arguments: String..., stdin: String = "") throws -> Outcome {
    try start([path] + arguments, stdin: stdin).wait()
  }

  /// Runs `bearerd` against a token file.
  package static func run(_ arguments: String..., tokens: String, stdin: String = "") throws -> Outcome {
    try start([path] + arguments + ["--tokens", tokens], stdin: stdin).wait()
  }

  /// Starts any program, with files for its input and output: no pipe has to be emptied.
  package static func start(_ command: [String], stdin: String = "") throws -> Running {
    let input = try TemporaryFile(holding: stdin)
    let output = try TemporaryFile()
    let errors = try TemporaryFile()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (file, descriptor) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      posix_spawn_file_actions_adddup2(&actions, file.descriptor, descriptor)
    }
    // The threads of a test run block signals; what is started must be free to take them.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = command.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, environ)
    try #require(failure == 0, "\(command[0]): \(String(cString: strerror(failure)))")
    return Running(pid: pid, output: output, errors: errors)
  }
}

/// What makes a command run as a plain user: root without its capabilities is one.
package let plainUser = geteuid() == 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : []

/// A program that was started and must be waited for.
package struct Running {
  package let pid: pid_t
  fileprivate let output: TemporaryFile
  fileprivate let errors: TemporaryFile

  package var outputSoFar: String { output.text }

  package var errorsSoFar: String { errors.text }

  package func wait() throws -> Outcome {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 { try #require(errno == EINTR) }
    let signal = status & 0x7f
    return Outcome(
      code: signal == 0 ? status >> 8 & 0xff : 128 + signal, output: output.text, errors: errors.text)
  }
}

/// A file without a name.
private final class TemporaryFile: Sendable {
  let descriptor: Int32

  init(holding text: String = "") throws {
    let path = "\(FileManager.default.temporaryDirectory.path)/bearerd-test-\(UUID())"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    unlink(path)
    try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit {
    close(descriptor)
  }

  var text: String {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
