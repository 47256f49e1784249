import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("A daemon whose clock is set")
struct ClockTests {
  private let scratch: Scratch
  private let service: Service
  private let secret: String

  /// The clock that libfaketime shows, read anew at every look; deadlines go on by the true one.
  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run(
      "token", "new", "app", "--expires", "2040-06-01", "--not-before", "2040-05-01", tokens: scratch.tokens
    ).line
    try scratch.write("@2040-05-31 23:00:00\n", to: "clock")
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    try #require(FileManager.default.fileExists(atPath: library))
    service = try Service(
      scratch: scratch,
      launcher: [
        "env", "TZ=UTC", "LD_PRELOAD=\(library)", "FAKETIME_TIMESTAMP_FILE=\(scratch.path)/clock",
        "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        // The first process under the library sets up what they share, and loses its arguments in a Swift program.
        "sh", "-c", "exec \"$@\"", "sh",
      ])
    try service.waits(for: "ready on")
  }

  /// In one step: libfaketime ends a process that finds the file empty.
  private func set(_ clock: String) throws {
    try scratch.write("@\(clock)\n", to: "next")
    #expect(rename("\(scratch.path)/next", "\(scratch.path)/clock") == 0)
  }

  @Test("forward over an expiry refuses the token at once, and back before it admits it again")
  func expiry() throws {
    #expect(try service.status(secret) == 200)
    for _ in 0..<3 {
      try set("2040-06-01 00:00:01")
      #expect(try service.status(secret) == 401)
      try set("2040-05-31 23:00:00")
      #expect(try service.status(secret) == 200)
    }
    #expect(try service.end().code == 0)
  }

  @Test("back before a not-before refuses the token, and years back or on serves all the same")
  func notBefore() throws {
    for (clock, status) in [
      ("2040-04-30 23:59:59", 401), ("2040-05-01 00:00:01", 200), ("1999-01-01 00:00:00", 401),
      ("2040-05-15 00:00:00", 200), ("2100-01-01 00:00:00", 401),
    ] {
      try set(clock)
      #expect(try service.status(secret) == status, "\(clock)")
    }
    #expect(try service.end().code == 0)
  }

  @Test("back still has its deadlines, its reloads and its lines held back")
  func others() throws {
    try set("2040-05-31 22:00:00")
    let other = try Bearerd.run("token", "new", "other", tokens: scratch.tokens).line
    #expect(try eventually(seconds: 1.5) { try service.status(other) == 200 })
    for _ in 0..<50 { #expect(try service.status(nil) == 401) }
    try set("2040-05-01 00:00:01")
    try service.waits(for: "suppressed 4")
    let silent = try Client(connectingTo: service.address)
    try silent.send([1])
    let start = Date()
    #expect(try service.end().code == 0)
    #expect(Date().timeIntervalSince(start) < 3)
    withExtendedLifetime(silent) {}
  }
}
