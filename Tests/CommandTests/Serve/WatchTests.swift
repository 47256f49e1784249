import FastCGI
import Foundation
import TestSupport
import Testing

/// See `Reloader`: a look once a second finds what no event tells of.
@Suite("A change that inotify does not tell of whole")
struct WatchTests {
  private let scratch: Scratch
  private let old: String
  private let new: String

  /// Two token files, `1/tokens` and `2/tokens`, of the same size.
  init() throws {
    scratch = try Scratch()
    for name in ["1", "2"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: false)
    }
    old = try Bearerd.run("token", "new", "app", tokens: "\(scratch.path)/1/tokens").line
    new = try Bearerd.run("token", "new", "app", tokens: "\(scratch.path)/2/tokens").line
  }

  private func path(_ name: String) -> String { "\(scratch.path)/\(name)" }

  private func start(_ tokens: String) throws -> Service {
    let service = try Service(scratch: scratch, tokens: path(tokens))
    try service.waits(for: "ready on")
    #expect(try service.status(old) == 200)
    return service
  }

  /// A change that nothing tells of is seen by a look once a second, and read when it has been the same twice.
  private func isReplaced(_ service: Service, seconds: Double = 4.5) throws -> Bool {
    try eventually(seconds: seconds) { try service.status(new) == 200 && service.status(old) == 401 }
  }

  @Test("a link in the middle of the path that points elsewhere is followed at once")
  func middleLink() throws {
    try FileManager.default.createDirectory(atPath: path("releases"), withIntermediateDirectories: false)
    #expect(symlink("../1", path("releases/current")) == 0)
    let service = try start("releases/current/tokens")
    #expect(symlink("../2", path("releases/next")) == 0)
    #expect(rename(path("releases/next"), path("releases/current")) == 0)
    #expect(try isReplaced(service, seconds: 1))
  }

  @Test("a directory further up that is replaced is noticed, and the new one is watched")
  func grandparent() throws {
    for (name, version) in [("a", "1"), ("b", "2")] {
      try FileManager.default.createDirectory(atPath: path("\(name)/deep"), withIntermediateDirectories: true)
      #expect(rename(path(version), path("\(name)/deep/\(version)")) == 0)
      #expect(rename(path("\(name)/deep/\(version)"), path("\(name)/deep/etc")) == 0)
    }
    let service = try start("a/deep/etc/tokens")
    #expect(rename(path("a"), path("gone")) == 0)
    #expect(rename(path("b"), path("a")) == 0)
    #expect(try isReplaced(service))
    // The watch is on the new directory now.
    #expect(try Bearerd.run("token", "revoke", "app", tokens: path("a/deep/etc/tokens")).code == 0)
    #expect(try eventually(seconds: 1) { try service.status(new) == 401 })
  }

  @Test("a file mounted over another is read when it is written at its source")
  func bindMount() throws {
    try scratch.write("", to: "mounted")
    let namespace = geteuid() == 0 ? ["unshare", "-m"] : ["unshare", "-rm"]
    let script = #"mount --bind "$1/1/tokens" "$1/mounted" && shift && exec "$@""#
    let service = try Service(
      scratch: scratch, tokens: path("mounted"),
      launcher: namespace + ["sh", "-c", script, "sh", scratch.path])
    try service.waits(for: "ready on")
    #expect(try service.status(old) == 200)
    try scratch.write(try scratch.read("2/tokens"), to: "1/tokens")
    #expect(try isReplaced(service))
  }

  @Test(
    "a file made by link(2) or by O_TMPFILE, whose name is never closed, is read at once",
    arguments: ["link", "O_TMPFILE"])
  func linked(how: String) throws {
    #expect(rename(path("1/tokens"), path("1/a.tokens")) == 0)
    let service = try start("1")
    let script =
      how == "link"
      ? "import os, sys; os.link(sys.argv[2] + '/tokens', sys.argv[1] + '/b.tokens')"
      : """
      import os, sys
      directory = os.open(sys.argv[1], os.O_RDONLY)
      text = open(sys.argv[2] + '/tokens', 'rb').read()
      file = os.open(sys.argv[1], os.O_TMPFILE | os.O_WRONLY, 0o640)
      os.write(file, text)
      # A directory's descriptor is what makes Python call linkat(2), which follows.
      os.link(f'/proc/self/fd/{file}', 'b.tokens', dst_dir_fd=directory, follow_symlinks=True)
      """
    let outcome = try Bearerd.start(["python3", "-c", script, path("1"), path("2")]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try eventually(seconds: 1) { try service.status(new) == 200 }, "\(service.log)")
    unlink(path("1/a.tokens"))
    #expect(try isReplaced(service, seconds: 1))
  }

  @Test(
    "a file of the directory that somebody holds open, or goes on writing, delays the others by seconds",
    arguments: [false, true])
  func heldOpen(writesOn: Bool) throws {
    #expect(rename(path("1/tokens"), path("1/a.tokens")) == 0)
    try scratch.write("# none\n", to: "1/held.tokens")
    let service = try start("1")
    let held = open(path("1/held.tokens"), O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(held) }
    #expect(write(held, "#\n", 2) == 2)
    try scratch.write(try scratch.read("2/tokens"), to: "next")
    #expect(rename(path("next"), path("1/a.tokens")) == 0)
    let start = Date()
    while try Date().timeIntervalSince(start) < 5.5 && service.status(new) != 200 {
      if writesOn { #expect(write(held, "#\n", 2) == 2) }
      usleep(100_000)
    }
    #expect(try service.status(old) == 401)
    #expect(Date().timeIntervalSince(start) < (writesOn ? 5 : 3), "\(service.log)")
  }

  @Test(
    "a change that keeps size and modification time is read", arguments: ["in place", "another file"])
  func timesKept(how: String) throws {
    try scratch.write(try scratch.read("1/tokens"), to: "mounted")
    let service = try start("1/tokens")
    let script =
      how == "in place"
      ? "touch -r $1/1/tokens $1/ref; cat $1/2/tokens >$1/1/tokens; touch -r $1/ref $1/1/tokens"
      : "touch -r $1/1/tokens $1/2/tokens; mv $1/2/tokens $1/1/tokens"
    #expect(try Bearerd.start(["sh", "-c", script, "sh", scratch.path]).wait().code == 0)
    #expect(try isReplaced(service, seconds: 1))
  }

  @Test("nothing is read again that has not changed")
  func idle() throws {
    let service = try start("1/tokens")
    // An access, and a neighbour.
    _ = try scratch.read("1/tokens")
    try scratch.write("x", to: "1/other")
    usleep(2_500_000)
    #expect(!service.log.contains("reloaded"))
  }
}
