import Glibc

@testable import FastCGI

/// A whole connection, as it comes in parts: several requests, GET_VALUES, late STDIN, what is kept and what is closed.
/// What the event loop sends is, byte for byte, what follows from the gate's verdict on what has come so far.
final class ConversationTarget {
  // libFuzzer calls from one thread.
  nonisolated(unsafe) static let shared = ConversationTarget()

  private let loop: EventLoop
  private let witness = Witness()

  private init() {
    do {
      let options = EngineOptions(loops: 1, timeout: 3600, maximumConnections: 10)
      loop = try EventLoop(
        listeners: [], control: LoopControl(), worker: BackgroundWorker(), options: options, names: testNames,
        responder: witness,
        budget: ConnectionBudget(options))
    } catch { fatalError("no event loop: \(error)") }
  }

  func run(_ bytes: [UInt8]) {
    let pair = SocketPair()
    var expected = Expectation()
    var answer: [UInt8] = []
    for (index, part) in parts(of: bytes).enumerated() {
      guard Socket.send(pair.outer, part.span) else { break }
      if index == 0, !loop.handleAccepted(pair.inner) {
        _ = loop.wait(for: pair.inner, in: loop.waiting.reading)
      }
      while isOpen, pair.waitsToBeRead { loop.passRound() }
      expected.see(part)
      answer += pair.received()
      expect(isOpen || expected.isClosed, "a connection that is not done stays open")
      guard isOpen else { break }
    }
    expect(answer == expected.answer, "answered \(answer), not \(expected.answer)")
    close(pair.outer)
    while isOpen { loop.passRound() }
  }

  private var isOpen: Bool { loop.waiting.count > 0 }

  /// A front sends a request when the one before is answered: a cut stands before most of what begins one. Others
  /// stand anywhere. No part is longer than what is read at once.
  private func parts(of bytes: [UInt8]) -> [[UInt8]] {
    var random = RequestMutator(seed: bytes.reduce(UInt64(bytes.count)) { $0 &* 31 &+ UInt64($1) })
    var cuts = Set([bytes.count])
    var start = 0
    while let header = RecordHeader(bytes.span, at: start), start + header.recordLength < bytes.count {
      start += header.recordLength
      let begins = [1, 9].contains(bytes[start + 1 < bytes.count ? start + 1 : start])
      if random.next() % 8 < (begins ? 7 : 1) { cuts.insert(start) }
    }
    if !bytes.isEmpty, random.next() % 2 == 0 { cuts.insert(Int.random(in: 0..<bytes.count, using: &random)) }
    // A peer that connects and has not sent yet, now and then.
    var parts: [[UInt8]] = bytes.isEmpty || random.next() % 8 == 0 ? [[]] : []
    var from = 0
    for cut in cuts.sorted() {
      while from < cut {
        let end = min(cut, from + 4096)
        parts.append(Array(bytes[from..<end]))
        from = end
      }
    }
    return parts
  }
}

/// What a front must have heard once the loop has seen what came.
private struct Expectation {
  private(set) var answer: [UInt8] = []
  private(set) var isClosed = false
  private var waiting: [UInt8] = []
  private var late: UInt16?

  mutating func see(_ part: [UInt8]) {
    waiting += part
    while !isClosed, !waiting.isEmpty {
      switch GateTarget.verdict(on: waiting[...], late: late) {
      case .incomplete:
        return
      case .reject:
        isClosed = true
      case .late(let length):
        waiting.removeFirst(length)
      case .management(let length):
        guard let reply = Management.reply(to: Array(waiting[..<length]).span) else { return isClosed = true }
        answer += reply
        waiting.removeFirst(length)
      case .complete(let request):
        answer += Witness.answer(to: request.id)
        waiting.removeFirst(request.length)
        late = request.role == .authorizer && request.length == request.headLength ? request.id : nil
        isClosed = !request.keepsConnection
      }
    }
  }
}
