import Foundation
import Testing

@testable import FastCGI

@Suite("A listener")
struct ListenerTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(
      path: "bearerd-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private var path: String { directory.appending(path: "s").path }

  private func mode() throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test("has exactly the mode asked for, whatever the umask", arguments: [0o600, 0o660, 0o666])
  func mode(mode: Int) throws {
    let listener = try Listener.unix(path: path, mode: mode_t(mode), owner: nil)
    #expect(try self.mode() == mode)
    listener.unlink()
    #expect(!FileManager.default.fileExists(atPath: path))
    close(listener.descriptor)
  }

  @Test(
    "gives mode and owner to no other file that takes its path meanwhile",
    arguments: ["link", "file", "socket"])
  func replaced(by what: String) throws {
    let other = directory.appending(path: "other").path
    var listener: Listener?
    if what == "socket" {
      // A second name of another socket.
      listener = try Listener.unix(path: other, mode: 0o600, owner: nil)
      #expect(link(other, path) == 0)
    } else {
      try Data("precious".utf8).write(to: URL(filePath: other))
      #expect(chmod(other, 0o600) == 0)
      #expect((what == "link" ? symlink(other, path) : link(other, path)) == 0)
    }
    #expect(throws: SystemError.self) {
      try SocketFile(path: path).set(mode: 0o666, owner: Owner(user: 65_534, group: 65_534))
    }
    var status = stat()
    #expect(stat(other, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600 && status.st_uid == geteuid())
    if let listener { close(listener.descriptor) }
  }

  @Test("leaves a file alone that is no socket")
  func file() throws {
    try Data("precious".utf8).write(to: URL(filePath: path))
    #expect(throws: SystemError.self) { try Listener.unix(path: path, mode: 0o600, owner: nil) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test("keeps a socket with a listener, and replaces one without")
  func stale() throws {
    let living = try Listener.unix(path: path, mode: 0o600, owner: nil)
    #expect(throws: SystemError.self) { try Listener.unix(path: path, mode: 0o600, owner: nil) }
    close(living.descriptor)
    let next = try Listener.unix(path: path, mode: 0o600, owner: nil)
    // The first is gone: its name now belongs to another socket.
    living.unlink()
    #expect(FileManager.default.fileExists(atPath: path))
    next.unlink()
    close(next.descriptor)
  }

  @Test("is not made of a descriptor that does not listen")
  func notListening() {
    #expect(throws: SystemError.self) { try Listener(inheriting: 0, as: .descriptor(0)) }
  }
}
