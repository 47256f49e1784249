import CLinux
import Glibc

/// One thread's share of the work: it accepts connections, waits for whole requests, has them answered and closes.
///
/// All loops are equal and share nothing but the listening sockets and the limit of connections. Confined to its
/// thread once `run` begins. Where a request goes from here: EventLoop+Requests.swift.
final class EventLoop: @unchecked Sendable {
  /// The keys of events that are not a connection's; a connection's key has a generation below `UInt32.max` on top.
  private enum Key {
    static let control = UInt64.max
    static let listeners = UInt64(UInt32.max) << 32
  }

  /// How long accepting pauses if the process or the system has no descriptors left, in milliseconds.
  private static let acceptPause: UInt64 = 100
  /// How long a peer has to send its request before another may take its descriptor, in milliseconds. Normal clients
  /// send within one; the loop that runs out of descriptors may not be the one that holds idle peers.
  private static let descriptorGrace: UInt64 = 250

  private let listeners: [Listener]
  let control: LoopControl
  /// Makes responses that take long.
  let worker: BackgroundWorker
  private let drainTimeout: UInt64
  private let peers: PeerFilter?
  let exchange: Exchange
  let meter = LoopMeter()
  var epoll: Epoll
  private(set) var now = SystemClock.monotonicMilliseconds()

  private var batch = AcceptBatch()
  /// Accepted in this round, and nothing has arrived on them yet.
  private var silent: [Int32] = []
  private var acceptsAgainAt: UInt64?
  private var drainsUntil: UInt64?

  /// The connections that wait; see EventLoop+Connections.swift.
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

  /// Waits once and handles what is ready.
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

  /// How long epoll may wait, in milliseconds: until the first deadline; for ever if there is none.
  private var timeout: Int32 {
    let deadline = min(waiting.deadline, acceptsAgainAt ?? .max, drainsUntil ?? .max)
    guard deadline < .max else { return -1 }
    // The coarse clock is late, never early: one tick more, or the last wait would be repeated.
    return deadline > now ? Int32(clamping: deadline - now + 5) : 0
  }

  // MARK: Accepting

  /// Accepts on a listener's descriptor, and handles each connection at once.
  /// - Returns: how many were accepted.
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
        // One that has waited long is closed; if none has, others hold the descriptors: pause, do not spin.
        if dropOldest(waitingFor: EventLoop.descriptorGrace) { continue }
        pauseAccepting()
        return accepted
      case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
        pauseAccepting()
        return accepted
      default:
        // accept(2): the new connection's own network errors; the next may be fine.
        continue
      }
    }
    return count
  }

  /// Peeks once more at those that sent nothing: most were about to, and need not be waited for.
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
      // Exclusive: the kernel wakes one of the loops, or of the processes, that watch the same socket.
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

  /// Stops accepting. What waits in the backlog of a socket that only we hold would be lost with it, so it is accepted
  /// first; the backlog of an inherited one is left to the next process.
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
