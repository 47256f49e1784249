import Glibc

/// Runs another program to its end.
enum ChildProcess {
  struct Outcome {
    /// The exit code; 128 plus the signal's number if a signal ended it.
    var code: Int32
    var output: [UInt8]
    var errors: [UInt8]
    /// Whether it printed more than the limit and was killed.
    var isCut: Bool
  }

  /// Runs a program of PATH. It must end by itself, print little to standard error, and not wait for more input.
  /// - Parameters:
  ///   - environment: the whole environment, as `NAME=value`.
  ///   - limit: the maximum bytes of standard output.
  static func run(_ command: [String], environment: [String], input: [UInt8], limit: Int) throws(Failure)
    -> Outcome
  {
    let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
    let pid = try spawn(
      command, environment, stdin: stdin.reader, stdout: stdout.writer, stderr: stderr.writer)
    for end in [stdin.reader, stdout.writer, stderr.writer] { close(end) }
    // A child that does not read its whole input reports why.
    try? Console.write(input, to: stdin.writer)
    close(stdin.writer)

    let (output, isCut) = read(stdout.reader, limit: limit) ?? ([], false)
    if isCut { kill(pid, SIGKILL) }
    let (errors, _) = read(stderr.reader, limit: 1 << 16) ?? ([], false)
    for end in [stdout.reader, stderr.reader] { close(end) }
    return Outcome(code: exitCode(of: pid), output: output, errors: errors, isCut: isCut)
  }

  /// Both ends are closed on exec: the child gets only the descriptors 0, 1 and 2.
  private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws(Failure) {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else {
        throw Failure("cannot create a pipe: \(String(cString: strerror(errno)))")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (reader, writer) = (ends[0], ends[1])
    }
  }

  private static func spawn(
    _ command: [String], _ environment: [String], stdin: Int32, stdout: Int32, stderr: Int32
  ) throws(Failure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (end, number) in [(stdin, STDIN_FILENO), (stdout, STDOUT_FILENO), (stderr, STDERR_FILENO)] {
      posix_spawn_file_actions_adddup2(&actions, end, number)
    }
    var arguments = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, command[0], &actions, nil, &arguments, &variables)
    guard code != ENOENT else {
      throw Failure("\(command[0]) is not installed: apt-get install \(command[0])", code: EX_UNAVAILABLE)
    }
    guard code == 0 else { throw Failure("cannot run \(command[0]): \(String(cString: strerror(code)))") }
    return pid
  }

  /// Reads to the end, or until there are more than `limit` bytes; nil and `errno` if that fails.
  static func read(_ descriptor: Int32, limit: Int) -> (bytes: [UInt8], isCut: Bool)? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes += chunk[..<count]
        guard bytes.count <= limit else { return (bytes, true) }
      } else if count == 0 {
        return (bytes, false)
      } else if errno != EINTR {
        return nil
      }
    }
  }

  private static func exitCode(of pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
  }
}
