import Foundation
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

  /// Mapped memory, in bytes.
  func addressSpace() throws -> Int {
    let line = try #require(try text("status").split(separator: "\n").first { $0.hasPrefix("VmSize:") })
    return try #require(Int(line.filter(\.isNumber))) * 1024
  }

  /// The open descriptors with their flags, as in open(2).
  func descriptors() throws -> [Int32: Int32] {
    var flags: [Int32: Int32] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fdinfo") {
      let line = try text("fdinfo/\(name)").split(separator: "\n").first { $0.hasPrefix("flags:") }
      flags[try #require(Int32(name))] = try #require(
        line.flatMap { Int32($0.dropFirst(6).trimmingCharacters(in: .whitespaces), radix: 8) })
    }
    return flags
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
