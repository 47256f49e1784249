import CLinux
import Glibc

/// Accepts connections, waits for complete requests, has them answered and closes. One per thread.
///
/// All loops are equal and share only the listening sockets and the limit on connections. Confined to its
/// thread once `run` begins. The handling of a request continues in EventLoop+Requests.swift.
final class EventLoop: @unchecked Sendable {
  /// The keys of events that do not belong to a connection; the upper half of a connection's key is below
  /// `UInt32.max`.
  private enum Key {
    static let control = UInt64.max
    static let listeners = UInt64(UInt32.max) << 32
  }

  /// The pause of accepting if the process or the system has no descriptors left, in milliseconds.
  private static let acceptPause: UInt64 = 100
  /// If descriptors run out, a connection that has waited this long for its request may be closed, in
  /// milliseconds. Normal clients send within one; the loop that runs out of descriptors may not be the one
  /// that holds idle peers.
  private static let descriptorGrace: UInt64 = 250

  private let listeners: [Listener]
  let control: LoopControl
  /// Prepares slow responses.
  let worker: BackgroundWorker
  private let drainTimeout: UInt64
  private let peers: PeerFilter?
  let exchange: Exchange
  let meter = LoopMeter()
  var epoll: Epoll
  private(set) var now = SystemClock.monotonicMilliseconds()

  private var batch = AcceptBatch()
  /// Accepted in this round; nothing has arrived on them yet.
  private var silent: [Int32] = []
  private var acceptsAgainAt: UInt64?
  private var drainsUntil: UInt64?

  /// The waiting connections; see EventLoop+Connections.swift.
  var waiting: WaitingConnections

  init(
    listeners: [Listener], control: LoopControl, worker: BackgroundWorker, options: EngineOptions,
    names: ParameterNames, responder: any Responder, budget: ConnectionBudget
  ) throws {
    self.listeners = listeners
    self.control = control
    self.worker = worker
    drainTimeout = options.drainTimeout
    peers = options.peers
    exchange = try Exchange(names: names, responder: responder)
    epoll = try Epoll(capacity: 256)
    waiting = WaitingConnections(options, budget: budget)
    silent.reserveCapacity(AcceptBatch.maximum)
    guard epoll.add(control.descriptor, key: Key.control) else { throw SystemError("epoll_ctl") }
    guard watchListeners() else { throw SystemError("epoll_ctl \(listeners.map(\.address))") }
  }

  func run() {
    while !isFinished { passRound() }
    waiting.all.forEach(drop)
  }

  /// Waits once and handles the events.
  func passRound() {
    meter.passRound(reading: waiting.reading.count + waiting.receiving.count, idle: waiting.idle.count)
    let ready = epoll.wait(milliseconds: timeout)
    now = SystemClock.monotonicMilliseconds()
    for index in 0..<ready { dispatch(epoll.key(at: index)) }
    expire()
    guard let time = acceptsAgainAt, time <= now, !isDraining else { return }
    acceptsAgainAt = nil
    if !watchListeners() { pauseAccepting() }
  }

  private func dispatch(_ key: UInt64) {
    if key == Key.control {
      control.acknowledge()
      exchange.responder.didWake()
      for response in control.takeResponses() { handleMade(response) }
      if control.shouldDrain, !isDraining { beginDrain() }
    } else if key >= Key.listeners {
      batch.note(accept(from: listeners[Int(key & 0xffff)].descriptor, atMost: batch.count))
    } else if let connection = waiting.connection(key) {
      proceed(connection)
    }
  }

  /// How long epoll may wait, in milliseconds: until the first deadline, or forever if there is none.
  private var timeout: Int32 {
    let deadline = min(waiting.deadline, acceptsAgainAt ?? .max, drainsUntil ?? .max)
    guard deadline < .max else { return -1 }
    // The coarse clock may be late: without the extra 5 ms, the last wait would be repeated.
    return deadline > now ? Int32(clamping: deadline - now + 5) : 0
  }

  // MARK: Accepting

  /// Accepts connections on a listener, and handles each at once.
  /// - Returns: the number of accepted connections.
  @discardableResult
  private func accept(from listener: Int32, atMost count: Int) -> Int {
    defer { handleSilent() }
    for accepted in 0..<count {
      let descriptor = peers == nil ? bearerd_accept(listener) : acceptAllowedPeer(from: listener)
      if descriptor >= 0 {
        meter.count(.accepted)
        if !handleAccepted(descriptor) { silent.append(descriptor) }
        continue
      }
      switch errno {
      case EAGAIN:
        return accepted
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        // Closes a connection that has waited long; if none has, other code uses the descriptors: pause instead
        // of spinning.
        if dropOldest(waitingFor: EventLoop.descriptorGrace) { continue }
        pauseAccepting()
        return accepted
      case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
        pauseAccepting()
        return accepted
      default:
        // accept(2): network errors of the new connection; the next one may succeed.
        continue
      }
    }
    return count
  }

  /// Peeks again at connections on which nothing had arrived: most requests arrive meanwhile, and the
  /// connections need not wait.
  private func handleSilent() {
    while let descriptor = silent.popLast() {
      if !handleAccepted(descriptor) { _ = wait(for: descriptor, in: waiting.reading) }
    }
  }

  private func acceptAllowedPeer(from listener: Int32) -> Int32 {
    peers?.accept(from: listener) { peer in
      meter.count(.peerNotAllowed)
      exchange.responder.refused(peer)
    } ?? -1
  }

  private func watchListeners() -> Bool {
    for (index, listener) in listeners.enumerated() {
      // Exclusive: the kernel wakes one of the loops, or processes, that watch the same socket.
      guard epoll.add(listener.descriptor, key: Key.listeners + UInt64(index), exclusive: true) else {
        return false
      }
    }
    return true
  }

  private func unwatchListeners() {
    for listener in listeners { epoll.remove(listener.descriptor) }
  }

  private func pauseAccepting() {
    guard acceptsAgainAt == nil, !isDraining else { return }
    unwatchListeners()
    acceptsAgainAt = now + EventLoop.acceptPause
  }

  // MARK: Draining

  var isDraining: Bool { drainsUntil != nil }

  /// Stops accepting. The backlog of a socket that only this process holds would be lost, so it is accepted
  /// first; the backlog of an inherited socket is left to the next process.
  private func beginDrain() {
    drainsUntil = now + drainTimeout
    acceptsAgainAt = nil
    for listener in listeners where !listener.isInherited {
      accept(from: listener.descriptor, atMost: Int(Listener.backlog))
    }
    unwatchListeners()
    while let connection = waiting.idle.oldest { drop(connection) }
  }

  private var isFinished: Bool {
    guard let end = drainsUntil else { return false }
    return waiting.reading.count + waiting.receiving.count == 0 || end <= now
  }
}
