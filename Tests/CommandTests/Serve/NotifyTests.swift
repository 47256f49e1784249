import FastCGI
import Foundation
import TestSupport
import Testing

@Suite("systemd is told")
struct NotifyTests {
  private let scratch: Scratch
  private let secret: String

  init() throws {
    scratch = try Scratch()
    secret = try Bearerd.run("token", "new", "app", tokens: scratch.tokens).line
  }

  private func start(_ socket: NotifySocket, _ environment: String..., workers: Int = 2) throws -> Service {
    try Service(
      "--workers", "\(workers)", scratch: scratch,
      launcher: ["env", "NOTIFY_SOCKET=\(socket.name)"] + environment)
  }

  private func abstractName() -> String { "@bearerd-test-\(UUID())" }

  @Test(
    "that it is ready, reloads, failed to, and stops, on a path and on an abstract name",
    arguments: [true, false])
  func life(isAbstract: Bool) throws {
    let systemd = try NotifySocket(isAbstract ? abstractName() : "\(scratch.path)/notify")
    let service = try start(systemd)
    #expect(
      try systemd.waits(for: "READY=1")
        .wholeMatch(of: /READY=1\nSTATUS=1 token, 0 checks, read \d\d:\d\d UTC/) != nil)
    #expect(try service.status(secret) == 200)
    kill(service.running.pid, SIGHUP)
    let reloading = try systemd.waits(for: "RELOADING=1")
    let microseconds = try #require(reloading.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=(\d+)/)).1
    // Of the same clock as ours, and not long ago.
    let now = SystemClock.monotonicMilliseconds()
    #expect((now - 60_000...now + 1000).contains(try #require(UInt64(microseconds)) / 1000))
    try #require(
      eventually(seconds: 20) {
        systemd.take(); return systemd.messages.count { $0.hasPrefix("READY") } == 2
      })
    #expect(
      systemd.messages.last?.wholeMatch(of: /READY=1\nSTATUS=1 token, 1 check, last reload ok \d\d:\d\d UTC/)
        != nil,
      "\(systemd.messages)")
    try scratch.write("nonsense\n")
    #expect(
      eventually(seconds: 20) {
        systemd.take()
        return systemd.messages.contains { $0.hasPrefix("READY=1") && $0.contains("last reload failed") }
      })
    #expect(try service.end().code == 0)
    try systemd.waits(for: "STOPPING=1")
    #expect(systemd.messages.last?.hasPrefix("STOPPING=1") == true)
    #expect(systemd.count(of: "WATCHDOG=1") == 0)
  }

  @Test("again and again that idle and busy loops live, where it wants to hear so")
  func watchdog() throws {
    let systemd = try NotifySocket(abstractName())
    let service = try start(systemd, "WATCHDOG_USEC=200000")
    #expect(eventually(seconds: 20) { systemd.count(of: "WATCHDOG=1") >= 5 })
    for _ in 0..<50 { #expect(try service.status(secret) == 200) }
    let before = systemd.count(of: "WATCHDOG=1")
    #expect(eventually(seconds: 20) { systemd.count(of: "WATCHDOG=1") >= before + 5 })
  }

  @Test("nothing of the kind where one of three loops hangs, though the others serve")
  func hung() throws {
    let systemd = try NotifySocket(abstractName())
    let service = try start(systemd, "WATCHDOG_USEC=200000", "BEARERD_FAULT=decided=hang", workers: 3)
    #expect(eventually(seconds: 20) { systemd.count(of: "WATCHDOG=1") >= 5 })
    let client = try Client(connectingTo: service.address, timeout: 1000)
    try client.send(RequestMessage().bytes)
    #expect(throws: Client.Failure.timedOut) { try client.readResponse() }
    // One may have been on its way.
    let silence = 1_500_000
    var before = -1
    #expect(
      eventually(seconds: 20) {
        before = systemd.count(of: "WATCHDOG=1")
        usleep(useconds_t(silence))
        return systemd.count(of: "WATCHDOG=1") == before
      })
    usleep(useconds_t(silence))
    #expect(systemd.count(of: "WATCHDOG=1") == before)
    // The main thread is well: it goes on telling the rest.
    kill(service.running.pid, SIGHUP)
    try systemd.waits(for: "RELOADING=1")
  }

  @Test("nothing of the kind where it asked another process")
  func otherProcess() throws {
    let systemd = try NotifySocket(abstractName())
    let service = try start(systemd, "WATCHDOG_USEC=100000", "WATCHDOG_PID=1")
    try systemd.waits(for: "READY=1")
    usleep(1_000_000)
    #expect(systemd.count(of: "WATCHDOG=1") == 0)
    #expect(try service.end().code == 0)
  }

  @Test("how many checks there were, for systemctl status")
  func status() throws {
    let systemd = try NotifySocket(abstractName())
    let service = try start(systemd)
    try systemd.waits(for: "READY=1")
    for _ in 0..<1200 { #expect(try service.status(nil) == 401) }
    #expect(
      eventually(seconds: 20) {
        systemd.take()
        return systemd.messages.last?.hasPrefix("STATUS=1 token, 1,200 checks, read ") == true
      }, "\(systemd.messages)")
  }

  @Test("by a daemon that it started on a connection")
  func socketActivation() throws {
    let systemd = try NotifySocket("\(scratch.path)/notify")
    let path = "\(scratch.path)/socket"
    let activate = try Bearerd.start([
      "systemd-socket-activate", "-l", path, "-E", "NOTIFY_SOCKET=\(systemd.name)", "-E",
      "WATCHDOG_USEC=200000",
      Bearerd.path, "serve", "--tokens", scratch.tokens,
    ])
    defer {
      kill(activate.pid, SIGKILL)
      waitpid(activate.pid, nil, 0)
    }
    let good = RequestMessage(parameters: [("HTTP_AUTHORIZATION", Array("Bearer \(secret)".utf8))])
    #expect(
      eventually(seconds: 20) {
        (try? Client(connectingTo: .unix(path: path)).response(to: good).status) == 200
      })
    try systemd.waits(for: "READY=1")
    try systemd.waits(for: "WATCHDOG=1")
    kill(activate.pid, SIGTERM)
    try systemd.waits(for: "STOPPING=1")
  }

  @Test(
    "nothing if nothing listens, and the daemon serves all the same",
    arguments: ["/nowhere/notify", "@none", "x", ""])
  func noReceiver(name: String) throws {
    let service = try Service(
      scratch: scratch, launcher: ["env", "NOTIFY_SOCKET=\(name)", "WATCHDOG_USEC=100000"])
    try service.waits(for: "ready on")
    #expect(try service.status(secret) == 200)
    #expect(try service.end().code == 0)
  }
}
