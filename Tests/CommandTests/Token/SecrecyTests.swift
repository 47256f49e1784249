import Foundation
import TestSupport
import Testing

@Suite("A secret")
struct SecrecyTests {
  @Test("is in no argument list, and no user can trace the process that has it", .bodyTimeLimit(minutes: 1))
  func process() throws {
    let scratch = try Scratch()
    let secret = try Bearerd.run("token", "new", "ci", tokens: scratch.tokens).line
    // The process has the secret and waits for more. /proc/PID/auxv can be read by those who may trace it: by
    // us, as long as it has not forbidden that.
    let script = """
      mkfifo "$1/fifo" && exec 3<> "$1/fifo"
      "$0" token explain --tokens "$1/tokens" < "$1/fifo" 3>&- & pid=$!
      cat >&3
      cat /proc/$$/auxv > /dev/null || exit 99
      tries=0
      while cat /proc/$pid/auxv > /dev/null 2>&1; do
        tries=$((tries + 1)); [ $tries -lt 500 ] || exit 98
        sleep 0.01
      done
      tr '\\0' ' ' < /proc/$pid/cmdline
      exec 3>&-
      wait $pid
      """
    let command = plainUser + ["sh", "-c", script, Bearerd.path, scratch.path]
    let outcome = try Bearerd.start(command, stdin: secret).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("token explain --tokens") && outcome.output.contains("allow: ci"))
    #expect(!outcome.output.contains(secret) && !outcome.errors.contains(secret))
  }

  @Test(
    "typed at a terminal is asked for and not shown; Control-C breaks off", .bodyTimeLimit(minutes: 1),
    arguments: [
      ("SECRET\r", 0, "is in "), ("SECRET\u{3}", 1, "cancelled; nothing was changed"),
    ] as [(String, Int32, String)])
  func terminal(typed: String, code: Int32, message: String) throws {
    let scratch = try Scratch()
    let secret = "b7b07e0a1c3ad5f29c84d6e1f05e3a92"
    var (terminal, line): (Int32, Int32) = (-1, -1)
    try #require(openpty(&terminal, &line, nil, nil, nil) == 0)
    defer { for descriptor in [terminal, line] { close(descriptor) } }
    for descriptor in [terminal, line] { #expect(fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) }
    let command =
      #""$0" token add ci --tokens "$1" < "$2"; code=$?; stty -F "$2" -a | grep -c -w -e -echo; exit $code"#
    let running = try Bearerd.start(
      ["sh", "-c", command, Bearerd.path, scratch.tokens, "/proc/\(getpid())/fd/\(line)"])
    while !running.errorsSoFar.contains("Paste") { usleep(10_000) }
    let keys = typed.replacing("SECRET", with: secret)
    #expect(write(terminal, keys, keys.utf8.count) == keys.utf8.count)
    let outcome = try running.wait()
    #expect(outcome.code == code)
    #expect(outcome.errors.contains("Paste the token to add and press Enter; it is not shown."))
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output == "0\n", "the terminal shows what is typed again")
    #expect(fcntl(terminal, F_SETFL, O_NONBLOCK) == 0)
    var shown = [UInt8](repeating: 0, count: 4096)
    let count = read(terminal, &shown, shown.count)
    #expect(!String(decoding: shown.prefix(max(0, count)), as: UTF8.self).contains(secret))
    #expect(FileManager.default.fileExists(atPath: scratch.tokens) == (code == 0))
  }
}
