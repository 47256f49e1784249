import FastCGI
import Foundation
import TestSupport
import Testing

/// Apart from all others, which would wait for what these take: see Tests/run.
@Suite("While a hundred thousand requests come through nginx", .serialized)
struct LoadTests {
  static let requests = 100_000
  static let changes = 30

  /// Starts bearerd behind a socket that outlives it, as systemd does: descriptor 3, LISTEN_FDS and LISTEN_PID.
  private func activated(_ directory: Scratch, on listener: Listener) throws -> Program {
    try Program([
      "bash", "-c", "exec 3<&\(listener.descriptor); LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "bash",
      Bearerd.path,
      "serve", "--tokens", "\(directory.path)/tokens",
    ])
  }

  @Test("thirty restarts by socket activation lose none")
  func socketActivation() throws {
    var held: Listener?
    let site = try NginxSite { directory in
      let listener = try Listener.unix(path: "\(directory.path)/socket", mode: 0o600, owner: nil)
      #expect(fcntl(listener.descriptor, F_SETFD, 0) == 0)
      held = listener
      return try self.activated(directory, on: listener)
    }
    let listener = try #require(held)
    defer { close(listener.descriptor) }
    let load = try Load(requests: Self.requests, to: site, token: try site.token("app"))
    var restarts = 0
    while load.isRunning {
      // As `systemctl restart` does: the one is gone before the other comes.
      #expect(site.bearerd.stop() == 0)
      let next = try activated(site.directory, on: listener)
      site.bearerd = next
      restarts += 1
      // One that is told to stop before it listens for that dies of it.
      try #require(eventually(seconds: 20) { next.output.contains("ready on") }, "\(next.output)")
      usleep(50_000)
    }
    #expect(try load.wait() == .init(complete: Self.requests, failed: 0))
    #expect(restarts >= Self.changes)
  }

  @Test("thirty restarts behind the descriptor that spawn-fcgi passed on lose none")
  func spawnFcgi() throws {
    let site = try NginxSite { directory in
      try Program([
        "spawn-fcgi", "-n", "-s", "\(directory.path)/socket", "--", "/usr/bin/multiwatch", "-f", "2", "-r",
        "100000",
        "--",
        Bearerd.path, "serve", "--tokens", "\(directory.path)/tokens",
      ])
    }
    let load = try Load(requests: Self.requests, to: site, token: try site.token("app"))
    var restarts = 0
    while load.isRunning {
      let daemons = try children(of: site.bearerd.pid)
      if let daemon = daemons.first {
        kill(daemon, SIGTERM)
        #expect(try eventually { try !children(of: site.bearerd.pid).contains(daemon) })
        restarts += 1
      }
      usleep(100_000)
    }
    #expect(try load.wait() == .init(complete: Self.requests, failed: 0))
    #expect(restarts >= Self.changes)
  }

  @Test("thirty reloads a second lose none, and a revoked token is denied by every loop within a second")
  func reloads() throws {
    let site = try NginxSite("--workers", "4")
    let secret = try site.token("app")
    let load = try Load(requests: Self.requests, to: site, token: secret)
    var ordered = 0
    let start = Date()
    while load.isRunning {
      kill(site.bearerd.pid, SIGHUP)
      ordered += 1
      // By the clock and not by pauses: what one takes longer the next makes up for.
      let next = start.addingTimeInterval(Double(ordered) / Double(Self.changes))
      usleep(useconds_t(max(0.001, next.timeIntervalSinceNow) * 1_000_000))
    }
    let seconds = Date().timeIntervalSince(start)
    #expect(try load.wait() == .init(complete: Self.requests, failed: 0))
    #expect(ordered >= Self.changes)
    // Two orders that meet are one reload: on a machine that has much else to do, or under a sanitizer, some do.
    let reloads = site.bearerd.output.components(separatedBy: "tokens reloaded").count - 1
    #expect(Double(reloads) > 0.5 * Double(Self.changes) * seconds, "\(reloads) in \(seconds) s")
    try site.revoke("app")
    usleep(1_000_000)
    let after = try Load(requests: 2000, to: site, token: secret)
    #expect(try after.wait() == .init(complete: 2000, failed: 2000))
  }

  /// The numbers of a process's children, the longest running first.
  private func children(of pid: pid_t) throws -> [pid_t] {
    let path = "/proc/\(pid)/task/\(pid)/children"
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: " ").compactMap { pid_t($0) }
  }
}
