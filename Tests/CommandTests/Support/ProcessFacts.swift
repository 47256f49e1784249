import Foundation
import TestSupport
import Testing

/// What the kernel tells of a running process (proc(5)).
struct ProcessFacts {
  let pid: pid_t

  /// User and system time in clock ticks of 10 ms.
  func ticks() throws -> Int {
    let fields = try text("stat").split(separator: " ")
    return try #require(Int(fields[13])) + #require(Int(fields[14]))
  }

  /// The ticks of the next second.
  func ticksInOneSecond() throws -> Int {
    let before = try ticks()
    usleep(1_000_000)
    return try ticks() - before
  }

  /// The number of a thread, which has facts of its own.
  func thread(named name: String) throws -> pid_t? {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").first {
      try text("task/\($0)/comm") == "\(name)\n"
    }.flatMap { pid_t($0) }
  }

  /// Mapped memory, in bytes.
  func addressSpace() throws -> Int { try memory("VmSize:") }

  /// The part of it that takes memory of the machine and is no file's, in bytes.
  func resident() throws -> Int { try memory("RssAnon:") }

  private func memory(_ kind: String) throws -> Int {
    let line = try #require(try text("status").split(separator: "\n").first { $0.hasPrefix(kind) })
    return try #require(Int(line.filter(\.isNumber))) * 1024
  }

  /// The open descriptors with their flags, as in open(2).
  func descriptors() throws -> [Int32: Int32] {
    var flags: [Int32: Int32] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fdinfo") {
      // One that was closed meanwhile is no longer open.
      guard let facts = try? text("fdinfo/\(name)") else { continue }
      let line = facts.split(separator: "\n").first { $0.hasPrefix("flags:") }
      let octal = try #require(line).dropFirst(6).trimmingCharacters(in: .whitespaces)
      let value: Int32 = try #require(Int32(octal, radix: 8))
      flags[try #require(Int32(name))] = value
    }
    return flags
  }

  /// Where in its writable memory a text stands, as lines of its map.
  func traces(of text: String) throws -> [String] {
    let memory = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    try #require(memory >= 0)
    defer { close(memory) }
    let needle = Data(text.utf8)
    return try self.text("maps").split(separator: "\n").compactMap { line -> String? in
      let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { Int($0, radix: 16) }
      // A sanitizer's own maps are beyond all measure.
      guard bounds.count == 2, line.contains(" rw"), bounds[1] - bounds[0] < 1 << 28 else { return nil }
      var bytes = Data(count: bounds[1] - bounds[0])
      let count = bytes.withUnsafeMutableBytes {
        pread(memory, $0.baseAddress, $0.count, off_t(bounds[0]))
      }
      return bytes.prefix(max(0, count)).range(of: needle) == nil ? nil : String(line)
    }
  }

  /// Sets the soft limit of a resource (prlimit(1)).
  func limit(_ resource: String, to value: Int) throws {
    let outcome = try Bearerd.start(["prlimit", "--pid", "\(pid)", "--\(resource)=\(value):"]).wait()
    try #require(outcome.code == 0, "\(outcome.errors)")
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: "/proc/\(pid)/\(name)", encoding: .utf8)
  }
}
