import Foundation
import TestSupport
import Testing

@Suite("A running daemon's tokens")
struct ReloadTests {
  private func made(_ application: String, in path: String) throws -> String {
    try Bearerd.run("token", "new", application, tokens: path).line
  }

  /// A good reload is live within a second, without a signal.
  private func isLive(_ service: Service, _ secret: String, status: Int) throws -> Bool {
    try eventually(seconds: 1) { try service.status(secret) == status }
  }

  @Test("names the keys that differ, in a line that fits into a page even if all of many tokens do")
  func difference() throws {
    let scratch = try Scratch()
    let name = String(repeating: "n", count: 63)
    func line(_ number: Int, _ options: String = "") -> String {
      let digits = String(number)
      let hash = String(repeating: "0", count: 64 - digits.count) + digits
      return "\(name) sha256:\(hash) id=k2345678901\(1000 + number)\(options)\n"
    }
    try scratch.write((0..<200).map { line($0, $0 < 50 ? " disabled" : "") }.joined())
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    #expect(!service.log.contains("added="))
    let next = (0..<150).map { line($0, $0 < 50 ? "" : $0 < 100 ? " disabled" : " scopes=x") }
    try scratch.write((next + (200..<250).map { line($0) }).joined())
    try service.waits(for: "tokens reloaded")
    let reloaded = try #require(service.log.split(separator: "\n").first { $0.contains("tokens reloaded") })
    #expect(reloaded.utf8.count < 4096)
    for kind in ["added", "changed", "disabled", "enabled", "removed"] {
      #expect(reloaded.contains(" \(kind)=\"\(name) k2345678901"), "\(reloaded)")
    }
    #expect(reloaded.matches(of: /and 42 more"/).count == 5 && !reloaded.contains("sha256"), "\(reloaded)")
  }

  @Test("follow the command line: created, then revoked")
  func commands() throws {
    let scratch = try Scratch()
    try scratch.write("# none yet\n")
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let secret = try made("app", in: scratch.tokens)
    #expect(try isLive(service, secret, status: 200))
    _ = try Bearerd.run("token", "revoke", "app", tokens: scratch.tokens)
    #expect(try isLive(service, secret, status: 401))
    try service.waits(for: "every request will be denied", times: 2)
  }

  @Test(
    "follow a rename over the file, a write in place and a new link",
    arguments: ["rename", "in place", "link"])
  func replaced(how: String) throws {
    let scratch = try Scratch()
    try scratch.write("# none yet\n")
    let secret = try made("app", in: "\(scratch.path)/next")
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    switch how {
    case "rename": #expect(rename("\(scratch.path)/next", scratch.tokens) == 0)
    case "in place": try scratch.write(try scratch.read("next"))
    default:
      unlink(scratch.tokens)
      #expect(symlink("next", scratch.tokens) == 0)
    }
    #expect(try isLive(service, secret, status: 200))
  }

  @Test(
    "follow the swap of Kubernetes' ..data link, for a file and for a directory",
    arguments: ["app.tokens", ""])
  func kubernetes(name: String) throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    for version in ["..1", "..2"] {
      try manager.createDirectory(atPath: "\(scratch.path)/\(version)", withIntermediateDirectories: false)
      try scratch.write("", to: "\(version)/app.tokens")
    }
    let old = try made("old", in: "\(scratch.path)/..1/app.tokens")
    let new = try made("new", in: "\(scratch.path)/..2/app.tokens")
    #expect(symlink("..1", "\(scratch.path)/..data") == 0)
    #expect(symlink("..data/app.tokens", "\(scratch.path)/app.tokens") == 0)
    let service = try Service(scratch: scratch, tokens: "\(scratch.path)/\(name)")
    try service.waits(for: "ready on")
    #expect(try service.status(old) == 200)
    #expect(symlink("..2", "\(scratch.path)/..data_tmp") == 0)
    #expect(rename("\(scratch.path)/..data_tmp", "\(scratch.path)/..data") == 0)
    #expect(try isLive(service, new, status: 200))
    #expect(try service.status(old) == 401)
  }

  @Test("of a directory are those of all its *.tokens files, also of one that comes or goes")
  func directory() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/d", withIntermediateDirectories: false)
    let directory = "\(scratch.path)/d"
    let first = try made("first", in: "\(directory)/a.tokens")
    let service = try Service(scratch: scratch, tokens: directory)
    try service.waits(for: "ready on")
    let second = try made("second", in: "\(directory)/b.tokens")
    #expect(try isLive(service, second, status: 200))
    #expect(try service.status(first) == 200)
    unlink("\(directory)/a.tokens")
    #expect(try isLive(service, first, status: 401))
  }

  @Test(
    "stay as they were where the file is broken, missing, unreadable or open to all, and that is said once",
    arguments: ["broken", "missing", "dangling link", "unreadable", "world-writable"])
  func kept(how: String) throws {
    let scratch = try Scratch()
    let secret = try made("app", in: scratch.tokens)
    // Root reads any file, unless it has lost its capabilities.
    let service = try Service(scratch: scratch, launcher: plainUser)
    try service.waits(for: "ready on")
    switch how {
    case "broken": try scratch.write(try scratch.read() + "app sha256:xyz\n")
    case "missing": unlink(scratch.tokens)
    case "unreadable": chmod(scratch.tokens, 0)
    case "dangling link":
      unlink(scratch.tokens)
      #expect(symlink("/nowhere/tokens", scratch.tokens) == 0)
    default: chmod(scratch.tokens, 0o666)
    }
    try service.waits(for: "keeping the previous tokens")
    usleep(1_200_000)
    #expect(
      service.log.components(separatedBy: "keeping the previous tokens").count == 2)
    if how == "broken" { #expect(service.log.contains(#/tokens:\d+:\d+: error: /#)) }
    #expect(try service.status(secret) == 200)
  }

  @Test("are read again at SIGHUP, and what is wrong is said each time")
  func hangup() throws {
    let scratch = try Scratch()
    let secret = try made("app", in: scratch.tokens)
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    kill(service.running.pid, SIGHUP)
    try service.waits(for: "tokens reloaded")
    try scratch.write("nonsense\n")
    try service.waits(for: "keeping the previous tokens")
    kill(service.running.pid, SIGHUP)
    try service.waits(for: "keeping the previous tokens", times: 2)
    #expect(try service.status(secret) == 200)
  }

  @Test(
    "are not read while a program is writing them, even if another file changes meanwhile")
  func halfWritten() throws {
    let scratch = try Scratch()
    let directory = "\(scratch.path)/d"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let secret = try made("app", in: "\(directory)/a.tokens")
    let text = try String(contentsOfFile: "\(directory)/a.tokens", encoding: .utf8)
    let service = try Service(scratch: scratch, tokens: directory)
    try service.waits(for: "ready on")
    let file = open("\(directory)/a.tokens", O_WRONLY | O_TRUNC | O_CLOEXEC)
    #expect(write(file, "# half", 6) == 6)
    let other = try made("other", in: "\(scratch.path)/b")
    #expect(rename("\(scratch.path)/b", "\(directory)/b.tokens") == 0)
    for _ in 0..<30 {
      #expect(try service.status(secret) == 200)
      usleep(10_000)
    }
    let rest = "\n" + text
    #expect(write(file, rest, rest.utf8.count) == rest.utf8.count)
    close(file)
    #expect(try isLive(service, other, status: 200))
    #expect(try service.status(secret) == 200)
  }

  @Test("replaced a thousand times a second are always the old or the new, and in the end the last")
  func thousandfold() throws {
    let scratch = try Scratch()
    let always = try made("always", in: scratch.tokens)
    let common = try scratch.read()
    let service = try Service(scratch: scratch)
    try service.waits(for: "ready on")
    let start = Date()
    var replaced = 0
    // A thousand a second, unless a sanitizer slows the tests down.
    while replaced < 3000 || Date().timeIntervalSince(start) < 3 {
      try scratch.write(common + "filler\(replaced % 7) \(hash("a"))\n", to: "next")
      #expect(rename("\(scratch.path)/next", scratch.tokens) == 0)
      replaced += 1
      if replaced % 20 == 0 { #expect(try service.status(always) == 200) }
    }
    try scratch.write(common, to: "next")
    let last = try made("last", in: "\(scratch.path)/next")
    #expect(rename("\(scratch.path)/next", scratch.tokens) == 0)
    #expect(try isLive(service, last, status: 200))
    #expect(try service.status(always) == 200)
    // It reads twenty times a second at most, and says no more than that.
    let reloads = service.log.components(separatedBy: "tokens reloaded").count
    #expect(Double(reloads) < 20 * (Date().timeIntervalSince(start) + 1))
    #expect(!service.log.contains("error"))
  }
}
