import Foundation
import TestSupport
import Testing

/// Programs that do not rename a finished file into place.
@Suite("A running daemon's tokens, written")
struct WriterTests {
  private let scratch: Scratch
  private let old: String
  private let new: String

  /// `tokens` and `next`, each with one line, of the same length.
  init() throws {
    scratch = try Scratch()
    old = try WriterTests.makeLine(in: scratch, "tokens")
    new = try WriterTests.makeLine(in: scratch, "next")
  }

  /// A token with one scope, which is last on its line.
  private static func makeLine(in scratch: Scratch, _ name: String) throws -> String {
    let secret = try Bearerd.run("token", "new", "app", "--scopes", "read", tokens: "\(scratch.path)/\(name)")
      .line
    let lines = try scratch.read(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
    try scratch.write(try #require(lines.first) + "\n", to: name)
    return secret
  }

  private func start(_ tokens: String? = nil) throws -> Service {
    let service = try Service(scratch: scratch, tokens: tokens)
    try service.waits(for: "ready on")
    return service
  }

  private func admits(_ service: Service, _ secret: String) throws -> Bool {
    // Never where its scope does not suffice: a line that was cut off would have lost it.
    #expect(try service.status(secret) != 200)
    return try service.status(secret, scope: "read") == 200
  }

  @Test(
    "by programs that copy, are effective when they have ended",
    arguments: [
      "rsync --inplace -It next tokens", "rsync -It next tokens", "cp -p next tokens", "cat next >tokens",
      "install -m 640 next tokens", "dd if=next of=tokens conv=notrunc 2>/dev/null", "mv next tokens",
      "ln -f next tokens", "cp -p next .t && chmod 600 .t && mv .t tokens",
    ])
  func copies(command: String) throws {
    let service = try start()
    let script = #"cd "$1" && touch -r tokens next && \#(command)"#
    #expect(try Bearerd.start(["sh", "-c", script, "sh", scratch.path]).wait().code == 0)
    #expect(try eventually(seconds: 2) { try admits(service, new) }, "\(service.log)")
    #expect(try !admits(service, old))
  }

  @Test("a byte at a time, are those from before until the last byte; and that takes too long, it says")
  func slowly() throws {
    let service = try start()
    let script = """
      import os, sys, time
      text = open(sys.argv[2], "rb").read()
      with open(sys.argv[1], "wb", 0) as file:
          for byte in text[:-1]:
              file.write(bytes([byte]))
              time.sleep(6 / len(text))
          while not os.path.exists(sys.argv[3]):
              time.sleep(0.01)
          file.write(text[-1:])
      """
    let last = "\(scratch.path)/last"
    let writer = try Bearerd.start(["python3", "-c", script, scratch.tokens, "\(scratch.path)/next", last])
    let start = Date()
    while Date().timeIntervalSince(start) < 7 {
      #expect(try admits(service, old))
      usleep(50_000)
    }
    #expect(service.log.contains("keeping the previous tokens"), "\(service.log)")
    let health = try Bearerd.run("health", "--listen", service.address.description)
    #expect(health.code == 1 && health.output.contains("differ from those on disk"), "\(health.output)")
    try scratch.write("", to: "last")
    #expect(try writer.wait().code == 0)
    #expect(try eventually(seconds: 1) { try admits(service, new) }, "\(service.log)")
    #expect(try Bearerd.run("health", "--listen", service.address.description).code == 0)
  }

  @Test(
    "by a writer that is killed in the middle of a line, are those from before",
    arguments: [1, 5, 12, 60, 100, 115])
  func cutOff(missing: Int) throws {
    let service = try start()
    let script = """
      import os, signal, sys
      text = open(sys.argv[2], "rb").read()
      file = open(sys.argv[1], "wb", 0)
      file.write(text[:-int(sys.argv[3])])
      os.kill(os.getpid(), signal.SIGKILL)
      """
    let outcome = try Bearerd.start([
      "python3", "-c", script, scratch.tokens, "\(scratch.path)/next", "\(missing)",
    ]).wait()
    #expect(outcome.code == 128 + SIGKILL)
    try service.waits(for: "keeping the previous tokens")
    #expect(try admits(service, old) && !admits(service, new))
    #expect(service.log.contains("tokens reloaded") == false)
    // The copy is made again.
    try scratch.write(try scratch.read("next"))
    #expect(try eventually(seconds: 2) { try admits(service, new) }, "\(service.log)")
  }

  @Test("by an editor that keeps the file open, are effective within seconds")
  func keptOpen() throws {
    let service = try start()
    let text = try scratch.read("next")
    let file = open(scratch.tokens, O_RDWR | O_TRUNC | O_CLOEXEC)
    defer { close(file) }
    #expect(write(file, text, text.utf8.count) == text.utf8.count)
    #expect(try eventually(seconds: 4) { try admits(service, new) }, "\(service.log)")
  }

  @Test("while another writes to what was there, follow the link to a new directory")
  func swapped() throws {
    for (name, file) in [("r1", "tokens"), ("r2", "next")] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: false)
      try scratch.write(try scratch.read(file), to: "\(name)/a.tokens")
    }
    #expect(symlink("r1", "\(scratch.path)/current") == 0)
    let service = try start("\(scratch.path)/current")
    let file = open("\(scratch.path)/r1/a.tokens", O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(file) }
    #expect(write(file, "app", 3) == 3)
    #expect(symlink("r2", "\(scratch.path)/next-link") == 0)
    #expect(rename("\(scratch.path)/next-link", "\(scratch.path)/current") == 0)
    #expect(
      try eventually(seconds: 5) {
        write(file, "x", 1)
        return try admits(service, new)
      }, "\(service.log)")
    #expect(try !admits(service, old))
  }

  @Test("in one of thousands of files, are effective soon; and examining all of them costs little")
  func manyFiles() throws {
    let directory = "\(scratch.path)/d"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    for number in 0..<3000 { try scratch.write("", to: "d/\(number).tokens") }
    try scratch.write(try scratch.read(), to: "d/a.tokens")
    let service = try start(directory)
    #expect(try admits(service, old))
    let ticks = try ProcessFacts(pid: service.running.pid).ticksInOneSecond()
    // Of a hundred; a debug build takes several times as many as a release.
    #expect(ticks <= 20)
    #expect(rename("\(scratch.path)/next", "\(directory)/a.tokens") == 0)
    #expect(try eventually(seconds: 3) { try admits(service, new) })
  }
}
