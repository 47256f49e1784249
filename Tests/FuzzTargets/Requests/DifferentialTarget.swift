import CFastCGI
import Glibc

@testable import FastCGI

/// The gate against libfcgi: whatever the gate calls complete, libfcgi must parse to exactly the parameters
/// that are in the bytes, and the engine's own exchange must end in exactly one whole answer. Else the gate has
/// a hole.
final class DifferentialTarget {
  // libFuzzer calls from one thread.
  nonisolated(unsafe) static let shared = DifferentialTarget()

  private let library: Library
  private let exchange: Exchange
  private let witness: Witness

  private init() {
    do {
      witness = Witness()
      exchange = try Exchange(names: testNames, responder: witness)
      library = Library()
    } catch { fatalError("libfcgi: \(error)") }
  }

  func run(_ bytes: [UInt8]) {
    guard case .complete(let request) = GateTarget.verdict(on: bytes[...]) else { return }
    compare(Array(bytes[..<request.length]), request)
    // Nothing of it is left in what the loop uses again.
    guard case .complete(let good) = GateTarget.verdict(on: goodRequest[...]) else { return }
    compare(goodRequest, good)
  }

  private func compare(_ bytes: [UInt8], _ request: Gate.Request) {
    guard let pairs = Reading.parameters(in: Array(bytes[..<request.headLength])) else {
      return expect(false, "the parameters of a complete request are whole")
    }
    let parsed = library.parse(shown(bytes, request))
    let role = request.role == .responder ? "FCGI_ROLE=RESPONDER" : "FCGI_ROLE=AUTHORIZER"
    let expected = [Array(role.utf8)] + pairs.map { $0.name + [61] + $0.value }
    expect(parsed == expected, "the same parameters: \(String(describing: parsed)) for \(expected)")
    answer(bytes, request)
    let watched = GateTarget.watched.map { name in pairs.first { $0.name == name }?.value }
    expect(witness.seen == watched, "the responder sees what was sent")
  }

  /// What the engine shows libfcgi: a request that is longer than one read without its body.
  private func shown(_ bytes: [UInt8], _ request: Gate.Request) -> [UInt8] {
    guard bytes.count > Exchange.peekLength else { return bytes }
    return bytes[..<request.headLength] + (request.role == .responder ? stdin(id: request.id) : [])
  }

  /// Goes the engine's own way, whole or in parts, and reads what a web server would.
  private func answer(_ bytes: [UInt8], _ request: Gate.Request) {
    let pair = SocketPair()
    defer { pair.close() }
    witness.seen = nil
    if bytes.count <= Exchange.peekLength {
      pair.send(bytes)
      var gate = Gate(names: testNames)
      guard case .whole(request) = exchange.peek(at: pair.inner, gate: &gate) else {
        return expect(false, "a complete request is whole when it is first seen")
      }
      guard case .answered = exchange.answer(request, on: pair.inner) else {
        return expect(false, "a whole request is answered")
      }
    } else {
      guard case .answered = exchange.answer(request, in: bytes, on: pair.inner) else {
        return expect(false, "a request in parts is answered")
      }
    }
    let answer = pair.received()
    expect(answer == Witness.answer(to: request.id), "one whole answer, and nothing else: \(answer)")
  }
}

/// libfcgi, used as LibFCGIRequest uses it, with all that it parsed and not only what a responder reads.
private final class Library {
  // Never freed: libfcgi's streams point at it.
  private let request = UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1)

  init() {
    FCGX_Init()
    FCGX_InitRequest(request, -1, 0)
  }

  /// All parameters, as `NAME=value`; nil where libfcgi gave none.
  func parse(_ bytes: [UInt8]) -> [[UInt8]]? {
    let pair = SocketPair()
    defer { pair.close() }
    pair.send(bytes)
    request.pointee.ipcFd = pair.inner
    request.pointee.keepConnection = 1
    request.pointee.detached = 1
    guard FCGX_Accept_r(request) == 0, FCGX_GetError(request.pointee.in) == 0 else { return nil }
    defer {
      FCGX_Free(request, 0)
      request.pointee.ipcFd = -1
    }
    guard var entry = request.pointee.envp else { return nil }
    var parameters: [[UInt8]] = []
    while let text = entry.pointee {
      parameters.append(
        text.withMemoryRebound(to: UInt8.self, capacity: strlen(text)) {
          Array(UnsafeBufferPointer(start: $0, count: strlen(text)))
        })
      entry += 1
    }
    return parameters
  }
}
