import BearerAuth
import FastCGI
import Foundation
import TestSupport
import Testing

@testable import BearerdService

@Suite("An edit of the tokens")
struct TokenFileEditorTests {
  @Test("is an entry in the system's log, with the keys and the user, and without a hash or a secret")
  func audit() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1", "id=a1") + line("a", "2") + line("b", "3", "id=b1 disabled"))
    let log = try DatagramReceiver(path: "\(scratch.path)/log")
    let editor = TokenFileEditor(path: path, audit: AuditLog(command: "token test", path: log.path))
    try editor.edit { edit in
      let tokens = edit.current.tokens
      try edit.append(token("c", "4", key: "c1"))
      edit.remove([tokens[1]])
      edit.setDisabled(true, of: [tokens[0], tokens[2]])
    }
    let entry = try #require(log.next())
    let expected =
      #/<85>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d bearerd\[\d+\]: tokens changed command="token test" (.*)/#
    let fields = try #require(entry.wholeMatch(of: expected), "\(entry)").1
    #expect(
      fields.hasPrefix(
        #"added="c c1" removed="a without id=" disabled="a a1" tokens=\#(path) uid=\#(getuid())"#),
      "\(fields)")
    if getuid() == 0 { #expect(fields.contains(" user=root")) }
    #expect(throws: (any Error).self) { try editor.edit { _ in throw CancellationError() } }
    #expect(log.next() == nil)
  }

  @Test("does not wait for a system's log that is full or absent")
  func auditWithoutLog() throws {
    let scratch = try Scratch()
    let path = try scratch.write("")
    let log = try DatagramReceiver(path: "\(scratch.path)/log")
    let sender = try #require(DatagramSender(path: log.path, waits: false))
    while sender.send("x") {}
    let clock = ContinuousClock()
    let time = try clock.measure {
      for (index, place) in [log.path, "\(scratch.path)/none", path, "no path"].enumerated() {
        try TokenFileEditor(path: path, audit: AuditLog(command: "token test", path: place)).edit {
          try $0.append(token("a", "\(index)", key: "k\(index)"))
        }
      }
    }
    #expect(time < .seconds(1))
    #expect(try TokenSource(path: path).load().tokens.count == 4)
  }

  @Test("creates a missing file, for its owner and the directory's group only")
  func newFile() throws {
    let scratch = try Scratch()
    try TokenFileEditor(path: "\(scratch.path)/tokens").edit { try $0.append(token("a", "1", key: "k1")) }
    #expect(scratch.status().st_mode & 0o7777 == 0o640)
    #expect(try scratch.read().hasPrefix("# The tokens of bearerd"))
    let loaded = try TokenSource(path: "\(scratch.path)/tokens").load()
    #expect(loaded.tokens.map(\.application) == ["a"] && loaded.issues.isEmpty)
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("keeps comments, order, owner and mode", arguments: [0o600, 0o640, 0o660, 0o440] as [mode_t])
  func keeps(mode: mode_t) throws {
    let scratch = try Scratch()
    let text = try "# first\n\n" + line("b", "2") + "\t# caf\u{e9}\n" + line("a", "1", "id=k1   # why")
    let path = try scratch.write(text, mode: mode)
    let isRoot = geteuid() == 0
    if isRoot { #expect(chown(path, 12, 34) == 0) }
    let before = scratch.status()
    try TokenFileEditor(path: path).edit { try $0.append(token("c", "3")) }
    let after = scratch.status()
    #expect(try scratch.read().hasPrefix(text + "c "))
    #expect(after.st_mode == before.st_mode && after.st_uid == before.st_uid && after.st_gid == before.st_gid)
    #expect(after.st_ino != before.st_ino)
  }

  @Test("keeps the access control list and the attributes")
  func accessList() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    try run("setfacl", "-m", "u:65534:r,u:12:rw,g:34:r", path)
    try run("python3", "-c", "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'ours')", path)
    let before = try run("getfacl", "-pnc", path)
    #expect(before.contains("user:65534:r--"))
    let mode = scratch.status().st_mode
    try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    #expect(try run("getfacl", "-pnc", path) == before && scratch.status().st_mode == mode)
    let note = try run("python3", "-c", "import os, sys; print(os.getxattr(sys.argv[1], 'user.note'))", path)
    #expect(note == "b'ours'\n")
  }

  @Test("gives a file without an access control list none, whatever new files of its directory get")
  func inheritedList() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    try run("setfacl", "-d", "-m", "u:65534:rwx,g::rwx", scratch.path)
    try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    #expect(try run("getfacl", "-pnc", path) == "user::rw-\ngroup::r--\nother::---\n\n")
  }

  @Test("gives a new file the access that its directory gives new files, and other users at most read access")
  func newFileOfDirectory() throws {
    let scratch = try Scratch()
    try run("setfacl", "-d", "-m", "u:65534:rwx,g::rwx,o::rwx", scratch.path)
    try TokenFileEditor(path: scratch.path).edit { try $0.append(token("b", "2")) }
    let list = try run("getfacl", "-pnc", "\(scratch.path)/b.tokens")
    #expect(list.contains("user:65534:rwx\t#effective:r--") && list.contains("mask::r--"), "\(list)")
    #expect(list.contains("other::---"))
  }

  @Test("is not kept waiting by who locks the directory, as all can who may read it")
  func foreignLock() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    let directory = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer {
      close(directory)
      close(file)
    }
    #expect(flock(directory, LOCK_EX) == 0 && flock(file, LOCK_EX) == 0)
    try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    #expect(try scratch.names() == ["tokens"])
  }

  @Test(
    "gives up after ten seconds behind one that does not end, and says how to find it", .slow)
  func stuckEdit() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    let lock = open("\(scratch.path)/.bearerd.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    #expect(flock(lock, LOCK_EX) == 0)
    let error = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    }
    #expect(error?.description.contains("`fuser \(scratch.path)/.bearerd.lock` shows its process") == true)
    #expect(try scratch.read() == line("a", "1"))
    // One that was killed holds nothing, and leaves nothing behind in the end.
    close(lock)
    try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("follows no link that stands in for its lock")
  func lockLink() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    try scratch.link(".bearerd.lock", to: "elsewhere")
    #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    }
    #expect(try scratch.names() == [".bearerd.lock", "tokens"])
  }

  @Test("adds a token beside another, and so changes one file of a directory")
  func beside() throws {
    let scratch = try Scratch()
    try scratch.write(line("a", "1"), to: "1.tokens")
    try scratch.write(line("a", "2"), to: "2.tokens")
    try TokenFileEditor(path: scratch.path).edit {
      try $0.append(token("a", "3"), beside: $0.current.tokens[0])
    }
    #expect(try scratch.read("2.tokens") == line("a", "2"))
    #expect(try TokenSource(path: scratch.path).load().tokens.map(\.file) == [0, 0, 1])
  }

  @Test("writes through a link to the file that it points to")
  func link() throws {
    let scratch = try Scratch()
    let elsewhere = try Scratch()
    try elsewhere.write(line("a", "1"))
    try scratch.link("tokens", to: "\(elsewhere.path)/tokens")
    try TokenFileEditor(path: "\(scratch.path)/tokens").edit { try $0.append(token("b", "2")) }
    #expect(try elsewhere.read().contains("\nb "))
    #expect(Directory.isLink("\(scratch.path)/tokens"))
    #expect(try scratch.names() == ["tokens"] && elsewhere.names() == ["tokens"])
  }

  @Test(
    "of a link that points nowhere, or in a missing directory, is refused",
    arguments: [
      ("tokens", "is a link to a file that does not exist"),
      ("no/tokens", "its directory does not exist; create it with `install -d -m 0750"),
    ])
  func nowhere(name: String, message: String) throws {
    let scratch = try Scratch()
    try scratch.link("tokens", to: "nothing")
    let error = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: "\(scratch.path)/\(name)").edit { try $0.append(token("a", "1")) }
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("takes lines out and sets expiries")
  func changes() throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "# x\n" + line("a", "1") + line("a", "2", "expires=2028-01-01") + line("b", "3"))
    try TokenFileEditor(path: path).edit { edit in
      edit.setExpires(try #require(Instant(parsing: "2027-01-01")), of: edit.current.tokens[1])
      #expect(edit.place(of: edit.current.tokens[1]) == "\(path):3")
    }
    try TokenFileEditor(path: path).edit { $0.remove([$0.current.tokens[0], $0.current.tokens[2]]) }
    #expect(try scratch.read() == "# x\n" + line("a", "2", "expires=2027-01-01T00:00:00Z"))
  }

  @Test("that changes nothing writes nothing")
  func nothing() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    let before = scratch.status().st_ino
    try TokenFileEditor(path: path).edit { _ in }
    #expect(scratch.status().st_ino == before)
  }

  @Test("in a directory goes to the file of the application's last token, or to a new one")
  func directory() throws {
    let scratch = try Scratch()
    try scratch.write(line("a", "1"), to: "10.tokens")
    try scratch.write(line("a", "2") + line("b", "3"), to: "20.tokens")
    let editor = TokenFileEditor(path: scratch.path)
    try editor.edit { try $0.append(token("a", "4")) }
    try editor.edit { try $0.append(token("c", "5")) }
    #expect(try scratch.names() == ["10.tokens", "20.tokens", "c.tokens"])
    #expect(
      try TokenSource(path: scratch.path).load().tokens.map(\.application) == ["a", "a", "b", "a", "c"])
    try editor.edit { edit in edit.remove(edit.current.tokens.filter { $0.application == "a" }) }
    #expect(try TokenSource(path: scratch.path).load().tokens.map(\.application) == ["b", "c"])
    #expect(try scratch.read("10.tokens").isEmpty)
  }

  @Test("of a file with an error is refused, with all its errors, and changes nothing")
  func unusable() throws {
    let scratch = try Scratch()
    let text = try line("a", "1") + "B x\n"
    let path = try scratch.write(text)
    let error = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: path).edit { $0.remove([]) }
    }
    #expect(error?.exitCode == 78)
    #expect(error?.description.split(separator: "\n").count == 2)
    #expect(try scratch.read() == text)
  }

  @Test("that would make an error is refused and changes nothing")
  func wouldBreak() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    let error = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: path).edit { try $0.append(token("b", "1")) }
    }
    #expect(error?.exitCode == 78)
    #expect(try scratch.read() == line("a", "1") && scratch.names() == ["tokens"])
  }

  @Test("that fails half-way changes nothing")
  func throwing() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    #expect(throws: CancellationError.self) {
      try TokenFileEditor(path: path).edit { edit in
        edit.remove(edit.current.tokens)
        throw CancellationError()
      }
    }
    #expect(try scratch.read() == line("a", "1"))
  }

  @Test("clears away what a crashed one left, and nothing else")
  func leftovers() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    for name in [".tokens.123.new", ".tokens.new", ".other.1.new", "tokens.1.new", ".tokens.swp"] {
      try scratch.write("x", to: name)
    }
    try TokenFileEditor(path: path).edit { try $0.append(token("b", "2")) }
    #expect(try scratch.names() == [".other.1.new", ".tokens.new", ".tokens.swp", "tokens", "tokens.1.new"])
  }

  @Test("begins anew when an administrator saves the file meanwhile")
  func manualSave() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    var rounds = 0
    try TokenFileEditor(path: path).edit { edit in
      rounds += 1
      if rounds == 1 { try scratch.write(line("a", "1") + line("by-hand", "2")) }
      try edit.append(token("b", "3"))
    }
    #expect(rounds == 2)
    #expect(try TokenSource(path: path).load().tokens.map(\.application) == ["a", "by-hand", "b"])
  }

  @Test("gives up, and changes nothing, when the file never keeps still")
  func contended() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"))
    var rounds = 0
    let error = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: path).edit { edit in
        rounds += 1
        try scratch.write(line("a", "\(rounds)") + String(repeating: "#", count: rounds))
        try edit.append(token("b", "x"))
      }
    }
    #expect(rounds == 10 && error?.description.contains("changed at every attempt") == true)
    #expect(try scratch.names() == ["tokens"])
  }

  @Test("waits for the one before it: of a hundred at once none is lost")
  func concurrent() async throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/tokens"
    await withThrowingTaskGroup { group in
      for number in 0..<100 {
        group.addTask {
          try TokenFileEditor(path: path).edit { try $0.append(token("app\(number)", "edit \(number)")) }
        }
      }
    }
    let loaded = try TokenSource(path: path).load()
    #expect(Set(loaded.tokens.map(\.application)).count == 100 && loaded.isUsable)
    #expect(try scratch.names() == ["tokens"])
  }
}

/// A socket as a syslog daemon has it.
private final class DatagramReceiver {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
  }

  deinit { close(descriptor) }

  /// The next datagram that waits; nil if there is none.
  func next() -> String? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
