import Foundation
import Testing

@testable import BearerAuth
@testable import BearerdService

@Suite("The last use of a key")
struct KeyUsageTests {
  private let now = Instant(seconds: 1_800_000_000)

  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

  @Test(
    "is told with the address it came from, of either family, or with none",
    arguments: ["192.0.2.7", "2001:db8::7", nil])
  func use(from text: String?) throws {
    let usage = KeyUsage(count: 3)
    let address = try text.map(address)
    #expect(usage.lastUse(of: 1) == nil)
    usage.note(1, from: address, at: now)
    #expect(usage.lastUse(of: 1) == KeyUsage.Use(at: now, from: address))
    #expect(usage.lastUse(of: 0) == nil && usage.lastUse(of: 2) == nil)
    #expect(usage.used() == [1])
  }

  @Test("is the first of its second, and the newest second's, also when the clock is set back")
  func seconds() throws {
    let usage = KeyUsage(count: 1)
    let first = try address("192.0.2.1"), second = try address("192.0.2.2")
    usage.note(0, from: first, at: now)
    usage.note(0, from: second, at: now)
    #expect(usage.lastUse(of: 0)?.from == first)
    usage.note(0, from: second, at: now.advanced(by: 1))
    #expect(usage.lastUse(of: 0) == KeyUsage.Use(at: now.advanced(by: 1), from: second))
    usage.note(0, from: first, at: now.advanced(by: -3600))
    #expect(usage.lastUse(of: 0)?.at == now.advanced(by: -3600))
    #expect(usage.used() == [0])
  }

  @Test("at the very beginning of time is a use")
  func beginning() {
    let usage = KeyUsage(count: 1)
    usage.note(0, from: nil, at: Instant(seconds: 0))
    #expect(usage.lastUse(of: 0) != nil)
    usage.note(0, from: nil, at: Instant(seconds: -5))
    #expect(usage.lastUse(of: 0) != nil)
  }

  @Test("never has the address of another one, whoever writes and reads at once")
  func races() async throws {
    let usage = KeyUsage(count: 4)
    // The address says which second it belongs to, in both halves.
    func address(of second: Int64) -> IPAddress {
      IPAddress(family: .v6, bits: UInt128(UInt64(second)) << 64 | UInt128(UInt64(second)))
    }
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<3 {
        group.addTask {
          for step in 0..<20_000 {
            let second = Int64(1 + step * 3 + writer)
            usage.note(step % 4, from: address(of: second), at: Instant(seconds: second))
          }
        }
      }
      group.addTask {
        for step in 0..<40_000 {
          guard let use = usage.lastUse(of: step % 4) else { continue }
          #expect(use.from == address(of: use.at.seconds))
        }
      }
    }
    #expect(usage.used().sorted() == [0, 1, 2, 3])
  }

  @Test("goes on when the tokens change, by their hashes, whatever their order")
  func adopted() throws {
    let first = try token("a", "first"), second = try token("b", "second"), third = try token("c", "third")
    let store = PolicyStore(Policy([first, second]))
    let before = store.current
    before.usage.note(0, from: nil, at: now)
    before.usage.note(1, from: try address("192.0.2.7"), at: now.advanced(by: 1))
    store.replace(with: Policy([third, second]))
    let next = store.current
    #expect(next.usage.lastUse(of: 0) == nil)
    #expect(
      next.usage.lastUse(of: 1) == KeyUsage.Use(at: now.advanced(by: 1), from: try address("192.0.2.7")))
    #expect(next.usage.used() == [1])
    // What comes back was not used since.
    store.replace(with: Policy([first]))
    #expect(store.current.usage.lastUse(of: 0) == nil)
  }

  @Test("is told of the keys that expire next and of those used first, where there are too many for all")
  func selection() throws {
    let tokens = try (0..<3000).map { index in
      Token(
        digest: try digest(index), application: "app", key: "k\(index)",
        expires: index < 1000 ? .distantFuture : now.advanced(by: Int64(10_000 - index)))
    }
    let snapshot = Snapshot(Policy(tokens), indices: ApplicationIndices())
    for index in (0..<900).reversed() { snapshot.usage.note(index, from: nil, at: now) }
    snapshot.selection.refresh(tokens, at: now)
    let shown = snapshot.shownKeys()
    #expect(shown.count == 1000)
    #expect(
      Set(shown.compactMap(\.token.key)) == Set((2500..<3000).map { "k\($0)" } + (400..<900).map { "k\($0)" })
    )
    // What has expired makes room, once the selection is old.
    snapshot.selection.refresh(tokens, at: now.advanced(by: 8500))
    #expect(
      snapshot.shownKeys().contains { $0.token.key == "k1499" }
        && !snapshot.shownKeys().contains { $0.token.key == "k1500" })
  }
}
