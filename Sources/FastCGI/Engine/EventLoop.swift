import CLinux
import Glibc

/// One thread's share of the work: it accepts, waits for whole requests, has them answered and closes.
///
/// All loops are alike and share nothing but the listening sockets. Confined to its thread once `run` begins.
final class EventLoop: @unchecked Sendable {
  /// The keys of what is no connection; a connection's key has a generation below `UInt32.max` above.
  private enum Key {
    static let control = UInt64.max
    static let listeners = UInt64(UInt32.max) << 32
  }

  /// How many connections are accepted before those that wait get their turn.
  private static let acceptedAtOnce = 64
  /// How long accepting rests when the process or the system has no descriptors left, in milliseconds.
  private static let restPatience: UInt64 = 100
  /// How long a peer has to send its request before another may take its descriptor, in milliseconds. A good caller
  /// needs one of them; and the loop that is short of descriptors need not be the one that has old peers.
  private static let grace: UInt64 = 250

  private let listeners: [Listener]
  private let control: LoopControl
  private let maximumConnections: Int
  private let drainPatience: UInt64
  private var epoll: Epoll
  private var generation: UInt32 = 0
  private var connections: [Connection?] = []
  private var restsUntil: UInt64?
  private var drainsUntil: UInt64?
  private(set) var now = Clock.monotonicMilliseconds()

  /// Those whose request, or whose end, is still to come.
  let reading: WaitList
  /// Those that were answered and kept.
  let idle: WaitList
  let exchange: Exchange
  let meter = LoopMeter()
  private let peers: PeerFilter?
  /// How many answers too long for one write are on their way.
  var deliveries = 0

  init(
    listeners: [Listener], control: LoopControl, options: EngineOptions, names: ParameterNames,
    responder: any Responder
  ) throws {
    self.listeners = listeners
    self.control = control
    maximumConnections = max(1, options.maximumConnections / options.loops)
    drainPatience = options.drainPatience
    peers = options.peers
    epoll = try Epoll(capacity: 256)
    reading = WaitList(patience: options.requestPatience)
    idle = WaitList(patience: options.idlePatience)
    exchange = try Exchange(names: names, responder: responder)
    guard epoll.add(control.descriptor, key: Key.control) else { throw SystemError("epoll_ctl") }
    guard watchListeners() else { throw SystemError("epoll_ctl \(listeners.map(\.address))") }
  }

  var isDraining: Bool { drainsUntil != nil }

  func run() {
    while !isFinished {
      meter.passRound(reading: reading.count, idle: idle.count)
      let ready = epoll.wait(milliseconds: patience)
      now = Clock.monotonicMilliseconds()
      for index in 0..<ready { dispatch(epoll.key(at: index)) }
      expire()
    }
    for case let connection? in connections { drop(connection) }
  }

  private func dispatch(_ key: UInt64) {
    if key == Key.control {
      control.acknowledge()
      if control.shouldDrain, !isDraining { beginDrain() }
    } else if key >= Key.listeners {
      accept(from: listeners[Int(key & 0xffff)])
    } else {
      let descriptor = Int(key & UInt64(UInt32.max))
      // One that was closed earlier in this round may have left an event behind.
      guard descriptor < connections.count, let connection = connections[descriptor], connection.key == key
      else { return }
      proceed(connection)
    }
  }

  // MARK: Accepting

  private func watchListeners() -> Bool {
    for (index, listener) in listeners.enumerated() {
      guard epoll.add(listener.descriptor, key: Key.listeners + UInt64(index), exclusive: true) else {
        return false
      }
    }
    return true
  }

  private func accept(from listener: Listener, atMost count: Int = EventLoop.acceptedAtOnce) {
    for _ in 0..<count {
      let descriptor = peers == nil ? bearerd_accept(listener.descriptor) : acceptAdmitted(from: listener)
      if descriptor >= 0 {
        meter.count(.accepted)
        welcome(descriptor)
        continue
      }
      switch errno {
      case EAGAIN:
        return
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        // One that has waited long gives way; where none has, others hold the descriptors: rest, do not spin.
        if !dropOldest(waitingFor: EventLoop.grace) { return rest() }
      case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT:
        return rest()
      default:
        // accept(2): the new connection's own network errors; the next may be well.
        continue
      }
    }
  }

  private func acceptAdmitted(from listener: Listener) -> Int32 {
    peers?.accept(from: listener.descriptor) { peer in
      meter.count(.foreign)
      exchange.responder.refused(peer)
    } ?? -1
  }

  private func rest() {
    guard restsUntil == nil, !isDraining else { return }
    for listener in listeners { epoll.remove(listener.descriptor) }
    restsUntil = now + EventLoop.restPatience
  }

  // MARK: Connections

  /// Has a connection waited for, in place of the oldest where there are too many.
  /// - Returns: nil where it cannot be; it is closed then.
  func wait(for descriptor: Int32, gate: Gate, in list: WaitList) -> Connection? {
    if reading.count + idle.count >= maximumConnections { dropOldest() }
    generation = generation >= UInt32.max - 1 ? 0 : generation + 1
    let connection = Connection(descriptor: descriptor, generation: generation, gate: gate)
    guard epoll.add(descriptor, key: connection.key) else {
      close(descriptor)
      return nil
    }
    while connections.count <= Int(descriptor) { connections.append(nil) }
    connections[Int(descriptor)] = connection
    list.append(connection, now: now)
    return connection
  }

  /// Puts a connection that waits into another list, with that list's patience from now on.
  func move(_ connection: Connection, to list: WaitList) {
    if connection.list !== list { renew(connection, in: list) }
  }

  /// Gives a connection a list's whole patience anew.
  func renew(_ connection: Connection, in list: WaitList) {
    connection.list?.remove(connection)
    list.append(connection, now: now)
  }

  /// Waits for room to write to a connection, or for something to read.
  func watch(_ connection: Connection, forWriting writing: Bool) -> Bool {
    epoll.change(connection.descriptor, key: connection.key, writing: writing)
  }

  /// Forgets a connection whose descriptor is closed already.
  func forget(_ connection: Connection) {
    if connection.delivery != nil { deliveries -= 1 }
    connection.list?.remove(connection)
    connections[Int(connection.descriptor)] = nil
  }

  func drop(_ connection: Connection) {
    // Forgotten first: the descriptor's number may be in use again as soon as it is closed.
    forget(connection)
    close(connection.descriptor)
  }

  /// Closes the connection that has waited longest, an idle one before one that is still to say something.
  /// - Parameter minimum: how long that one must have waited, in milliseconds.
  @discardableResult
  private func dropOldest(waitingFor minimum: UInt64 = 0) -> Bool {
    guard let oldest = idle.oldest ?? reading.oldest(since: now - min(minimum, now)) else { return false }
    meter.count(.crowded)
    drop(oldest)
    return true
  }

  // MARK: Deadlines

  /// How long epoll may wait, in milliseconds: until the first deadline, for ever where there is none.
  private var patience: Int32 {
    var deadline = UInt64.max
    for next in [reading.oldest?.deadline, idle.oldest?.deadline, restsUntil, drainsUntil] {
      deadline = min(deadline, next ?? .max)
    }
    guard deadline < .max else { return -1 }
    // The coarse clock is late, never early: one tick more, or the last wait would be repeated.
    return deadline > now ? Int32(clamping: deadline - now + 5) : 0
  }

  private func expire() {
    for list in [reading, idle] {
      while let oldest = list.oldest, oldest.deadline <= now {
        meter.count(.late)
        drop(oldest)
      }
    }
    guard let end = restsUntil, end <= now, !isDraining else { return }
    restsUntil = nil
    if !watchListeners() { rest() }
  }

  // MARK: Draining

  /// Stops accepting. What waits in the backlog of a socket that is ours alone would be lost with it, so it is
  /// accepted first; an inherited one's is left to whoever comes next.
  private func beginDrain() {
    drainsUntil = now + drainPatience
    restsUntil = nil
    for listener in listeners {
      if !listener.isInherited { accept(from: listener, atMost: Int(Listener.backlog)) }
      epoll.remove(listener.descriptor)
    }
    while let connection = idle.oldest { drop(connection) }
  }

  private var isFinished: Bool {
    guard let end = drainsUntil else { return false }
    return reading.count == 0 || end <= now
  }
}
