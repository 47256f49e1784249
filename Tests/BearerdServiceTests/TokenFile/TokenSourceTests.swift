import BearerAuth
import Foundation
import TestSupport
import Testing

@testable import BearerdService

@Suite("A source of tokens")
struct TokenSourceTests {
  @Test("is a file")
  func file() throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1", "id=k1") + line("b", "2"))
    let loaded = try TokenSource(path: path).load()
    #expect(loaded.isUsable && loaded.issues.isEmpty && loaded.files == [path])
    #expect(loaded.tokens.map(\.application) == ["a", "b"])
  }

  @Test("is a directory, whose *.tokens files are read in the order of their names")
  func directory() throws {
    let scratch = try Scratch()
    try scratch.write(line("b", "2"), to: "20.tokens")
    try scratch.write(line("a", "1") + line("a", "3"), to: "10.tokens")
    try scratch.write("not for us", to: "README")
    try scratch.write("not for us", to: ".hidden.tokens")
    try scratch.write("not for us", to: "10.tokens~")
    let loaded = try TokenSource(path: scratch.path).load()
    #expect(loaded.issues.isEmpty)
    #expect(loaded.files == ["\(scratch.path)/10.tokens", "\(scratch.path)/20.tokens"])
    #expect(loaded.tokens.map(\.application) == ["a", "a", "b"])
    #expect(loaded.tokens.map(\.file) == [0, 0, 1] && loaded.tokens.map(\.line) == [1, 2, 1])
  }

  @Test("is read through links, as Kubernetes lays a Secret out")
  func links() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/..2026", withIntermediateDirectories: false)
    try scratch.write(line("a", "1"), to: "..2026/ci.tokens")
    try scratch.link("..data", to: "..2026")
    try scratch.link("ci.tokens", to: "..data/ci.tokens")
    #expect(try TokenSource(path: scratch.path).load().tokens.map(\.application) == ["a"])
  }

  @Test("without tokens is usable, with a warning", arguments: ["", "# nothing\n"])
  func empty(text: String) throws {
    let scratch = try Scratch()
    let loaded = try TokenSource(path: scratch.write(text)).load()
    #expect(loaded.isUsable && loaded.tokens.isEmpty)
    #expect(loaded.issues.map(\.severity) == [.warning])
    #expect(loaded.issues.first?.message.contains("every request will be denied") == true)
  }

  @Test("that is an empty directory is usable, with a warning")
  func emptyDirectory() throws {
    let scratch = try Scratch()
    let loaded = try TokenSource(path: scratch.path).load()
    #expect(loaded.isUsable && loaded.issues.count == 1)
  }

  @Test(
    "that is not there, or of which a part is not, is an I/O error",
    arguments: [
      ("nothing", "No such file or directory; create it with `bearerd token new"),
      ("tokens/x", "is not a directory"),
      ("loop", "the links form a loop"),
    ])
  func missing(name: String, message: String) throws {
    let scratch = try Scratch()
    try scratch.write("")
    try scratch.link("loop", to: "loop")
    let error = #expect(throws: TokenSourceError.self) {
      try TokenSource(path: "\(scratch.path)/\(name)").load()
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.exitCode == 74)
  }

  @Test("with a link that points nowhere among its files is an I/O error")
  func dangling() throws {
    let scratch = try Scratch()
    try scratch.write(line("a", "1"), to: "a.tokens")
    try scratch.link("b.tokens", to: "nothing")
    #expect(throws: TokenSourceError.self) { try TokenSource(path: scratch.path).load() }
  }

  @Test("that is not a regular file is refused without waiting for anyone", .bodyTimeLimit(minutes: 5))
  func fifo() throws {
    let scratch = try Scratch()
    #expect(mkfifo("\(scratch.path)/tokens", 0o600) == 0)
    for path in ["\(scratch.path)/tokens", "/dev/zero"] {
      let loaded = try TokenSource(path: path).load()
      #expect(!loaded.isUsable && loaded.tokens.isEmpty)
      #expect(loaded.issues.first?.message.hasPrefix("not a regular file") == true)
    }
  }

  @Test(
    "tells who else may read or write it",
    arguments: [
      (0o640, nil), (0o600, nil), (0o660, nil), (0o644, "warning: readable by all users; chmod o-rwx"),
      (0o666, "error: writable by all users; chmod o-rwx"),
      (0o642, "error: writable by all users; chmod o-rwx"),
    ] as [(mode_t, String?)])
  func modes(mode: mode_t, message: String?) throws {
    let scratch = try Scratch()
    let path = try scratch.write(line("a", "1"), mode: mode)
    let loaded = try TokenSource(path: path).load()
    #expect(loaded.issues.map(\.description) == (message.map { ["\(path): \($0) \(path)"] } ?? []))
    #expect(loaded.isUsable == (message?.hasPrefix("error") != true))
  }

  @Test("that is a directory writable by all users is refused", arguments: [0o777, 0o1777] as [mode_t])
  func openDirectory(mode: mode_t) throws {
    let scratch = try Scratch()
    try scratch.write(line("a", "1"), to: "a.tokens")
    #expect(chmod(scratch.path, mode) == 0)
    let loaded = try TokenSource(path: scratch.path).load()
    #expect(!loaded.isUsable)
    #expect(
      loaded.issues.first?.description
        == "\(scratch.path): error: all users may create files in it; chmod o-w \(scratch.path)")
  }

  @Test(
    "in a directory writable by all users is refused, as a file too, unless only its owner can remove a file there",
    arguments: [
      (0o777, "d", true), (0o757, "d", true), (0o1777, "d", false), (0o775, "d", false), (0o777, "d/e", true),
      (0o1777, "d/e", false),
    ] as [(mode_t, String, Bool)])
  func openDirectory(mode: mode_t, name: String, isRefused: Bool) throws {
    let scratch = try Scratch()
    let directory = "\(scratch.path)/d"
    try FileManager.default.createDirectory(atPath: "\(directory)/e", withIntermediateDirectories: true)
    let path = try scratch.write(line("a", "1"), to: "\(name)/tokens")
    #expect(chmod(directory, mode) == 0)
    // A link in a safe place does not help.
    try scratch.link("link", to: "\(name)/tokens")
    for path in [path, "\(scratch.path)/link"] {
      let loaded = try TokenSource(path: path, owners: .refused).load()
      #expect(loaded.isUsable != isRefused)
      #expect(
        loaded.issues.map(\.description)
          == (isRefused
            ? ["\(directory): error: all users may create files in it; chmod o-w \(directory)"] : []))
    }
  }

  @Test(
    "that belongs to another user is refused by the daemon: the file, a directory on the way, or a link",
    arguments: ["d/tokens", "d", "link"])
  func foreignOwner(name: String) throws {
    guard geteuid() == 0 else { return }
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/d", withIntermediateDirectories: true)
    try scratch.write(line("a", "1"), to: "d/tokens")
    try scratch.link("link", to: "d/tokens")
    let path = "\(scratch.path)/link"
    #expect(lchown("\(scratch.path)/\(name)", 12, 0) == 0)
    let text = "owned by user 12, who can change the tokens; chown root \(scratch.path)/\(name)"
    let refused = try TokenSource(path: path, owners: .refused).load()
    // The file is named as it was asked for.
    let subject = name == "d/tokens" ? path : "\(scratch.path)/\(name)"
    #expect(
      !refused.isUsable
        && refused.issues.first?.description.hasPrefix("\(subject): error: owned by user 12") == true)
    #expect(name == "d/tokens" || refused.issues.first?.message == text)
    let warned = try TokenSource(path: path, owners: .warned).load()
    #expect(warned.isUsable && warned.issues.count == 1)
    #expect(try TokenSource(path: path).load().issues.isEmpty)
  }

  @Test("that is a directory is refused for a link in it that leads through another user's directory")
  func foreignLinkTarget() throws {
    guard geteuid() == 0 else { return }
    let scratch = try Scratch()
    for name in ["d", "theirs"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: true)
    }
    try scratch.write(line("a", "1"), to: "theirs/a.tokens")
    try scratch.link("d/a.tokens", to: "../theirs/a.tokens")
    #expect(try TokenSource(path: "\(scratch.path)/d", owners: .refused).load().isUsable)
    #expect(chown("\(scratch.path)/theirs", 12, 0) == 0)
    #expect(try !TokenSource(path: "\(scratch.path)/d", owners: .refused).load().isUsable)
  }

  @Test(
    "that is a directory of more files than can be told apart is refused, and no edit changes one of them",
    .slow)
  func tooManyFiles() throws {
    let scratch = try Scratch()
    for number in 0..<TokenSource.maximumFiles {
      close(open("\(scratch.path)/\(100_000 + number).tokens", O_WRONLY | O_CREAT | O_CLOEXEC, 0o640))
    }
    try scratch.write(line("app", "1", "id=k1"), to: "first.tokens")
    let message =
      "\(scratch.path): error: 65537 token files; the limit is 65536: merge some of them"
    let loading = #expect(throws: TokenSourceError.self) { try TokenSource(path: scratch.path).load() }
    #expect(loading?.description == message)
    let editing = #expect(throws: TokenSourceError.self) {
      try TokenFileEditor(path: scratch.path).edit { $0.remove($0.current.tokens) }
    }
    #expect(editing?.description == message)
    #expect(try scratch.read("first.tokens") == line("app", "1", "id=k1"))
    // The last number that is counted is the last file's.
    #expect(try Token(digest: digest(1), application: "a", file: TokenSource.maximumFiles - 1).file == 65535)
  }

  @Test("finds duplicates across its files, and names both places")
  func duplicates() throws {
    let scratch = try Scratch()
    try scratch.write(line("a", "1", "id=k1"), to: "1.tokens")
    try scratch.write("# x\n" + line("b", "1") + line("a", "2", "id=k1"), to: "2.tokens")
    let loaded = try TokenSource(path: scratch.path).load()
    #expect(
      loaded.issues.map(\.description) == [
        "\(scratch.path)/2.tokens:2: error: the same hash is already on line 1 of \(scratch.path)/1.tokens; remove one of them",
        "\(scratch.path)/2.tokens:3: error: a already has a key k1 on line 1 of \(scratch.path)/1.tokens; choose another id=",
      ])
  }

  @Test("tells all that is wrong in all of its files")
  func allIssues() throws {
    let scratch = try Scratch()
    try scratch.write("A\n", to: "1.tokens", mode: 0o644)
    try scratch.write("b x\n", to: "2.tokens")
    let loaded = try TokenSource(path: scratch.path).load()
    #expect(
      loaded.issues.map { "\($0.file.suffix(8)):\($0.line)" } == [
        "1.tokens:0", "1.tokens:1", "1.tokens:1", "2.tokens:1",
      ])
  }

  @Test(
    "sums itself up in a line",
    arguments: [
      ([], "0 applications, 0 tokens"), (["a id="], "1 application, 1 token"),
      (
        ["a expires=2027-01-01", "a expires=2026-12-01", "b"],
        "2 applications, 3 tokens, next expiry 2026-12-01 (a)"
      ),
      (
        ["openai id=k7f3q2 expires=2027-01-01T10:00:00Z", "ci expires=2026-01-01"],
        "2 applications, 2 tokens, 1 expired, next expiry 2027-01-01T10:00:00Z (openai k7f3q2)"
      ),
    ])
  func summary(lines: [String], expected: String) throws {
    let scratch = try Scratch()
    let text = try lines.enumerated().map { number, text in
      let words = text.split(separator: " ", maxSplits: 1).map(String.init)
      return try line(words[0], "\(number)", words.count > 1 && words[1] != "id=" ? words[1] : "")
    }
    let loaded = try TokenSource(path: scratch.write(text.joined())).load()
    let now = try #require(Instant(parsing: "2026-11-24"))
    #expect(loaded.summary(at: now) == expected)
  }
}
