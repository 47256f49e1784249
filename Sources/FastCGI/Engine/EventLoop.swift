import CLinux
import Glibc

/// One thread's share of the work: it accepts, waits for whole requests, has them answered and closes.
///
/// All loops are alike and share nothing but the listening sockets. Confined to its thread once `run` begins.
final class EventLoop: @unchecked Sendable {
  /// The keys of what is no connection; a connection's key has a generation below `UInt32.max` above.
  enum Key {
    static let control = UInt64.max
    static let listeners = UInt64(UInt32.max) << 32
  }

  let listeners: [Listener]
  /// Theirs: copying a whole listener for every event would count references to its address.
  let descriptors: [Int32]
  let turn: ListenerTurn
  let number: Int
  let control: LoopControl
  let crowd: Crowd
  private let drainPatience: UInt64
  var epoll: Epoll
  private var generation: UInt32 = 0
  private var connections: [Connection?] = []
  var allowance = Allowance()
  /// Accepted in this round, and nothing has come on them yet.
  var silent: [Int32] = []
  var isWatching = false
  var restsUntil: UInt64?
  private var drainsUntil: UInt64?
  private(set) var now = Clock.monotonicMilliseconds()

  /// Room for the largest request while its array grows.
  private static let minimumRequestMemory = 4 * (Gate.maximumHead + Gate.maximumBody)

  /// Those whose request, or whose end, is still to come, and that hold no part of it.
  let reading: WaitList
  /// Those that hold a part of their request.
  let receiving: WaitList
  /// How many bytes those may hold in this loop, and how many they do.
  private let requestMemory: Int
  private var requestBytes = 0
  /// Those that were answered and kept.
  let idle: WaitList
  let exchange: Exchange
  let meter = LoopMeter()
  let peers: PeerFilter?
  /// How many answers too long for one write are on their way.
  var deliveries = 0

  /// - Parameter number: which of the loops that take turns it is.
  init(
    listeners: [Listener], number: Int, turn: ListenerTurn, options: EngineOptions, names: ParameterNames,
    responder: any Responder, crowd: Crowd
  ) throws {
    self.listeners = listeners
    descriptors = listeners.map(\.descriptor)
    self.number = number
    self.turn = turn
    control = turn.controls[number]
    self.crowd = crowd
    drainPatience = options.drainPatience
    peers = options.peers
    epoll = try Epoll(capacity: 256)
    reading = WaitList(patience: options.requestPatience)
    receiving = WaitList(patience: options.requestPatience)
    requestMemory = max(EventLoop.minimumRequestMemory, options.requestMemory / options.loops)
    idle = WaitList(patience: options.idlePatience)
    exchange = try Exchange(names: names, responder: responder)
    silent.reserveCapacity(Allowance.most)
    guard epoll.add(control.descriptor, key: Key.control) else { throw SystemError("epoll_ctl") }
    guard turn.holder != number || watchListeners() else {
      throw SystemError("epoll_ctl \(listeners.map(\.address))")
    }
  }

  var isDraining: Bool { drainsUntil != nil }

  /// How many connections wait.
  var count: Int { reading.count + receiving.count + idle.count }

  func run() {
    while !isFinished { passRound() }
    for case let connection? in connections { drop(connection) }
  }

  /// Waits once and deals with what there is.
  func passRound() {
    meter.passRound(reading: reading.count + receiving.count, idle: idle.count)
    let ready = epoll.wait(milliseconds: patience)
    meter.endWait()
    now = Clock.monotonicMilliseconds()
    for index in 0..<ready { dispatch(epoll.key(at: index)) }
    expire()
  }

  private func dispatch(_ key: UInt64) {
    if key == Key.control {
      control.acknowledge()
      exchange.responder.woken()
      if control.shouldDrain, !isDraining { beginDrain() }
      if control.takeCall(), !isDraining { help() }
      takeTurn()
    } else if key >= Key.listeners {
      let found = accept(from: descriptors[Int(key & 0xffff)], atMost: allowance.count)
      // All that time there was somebody waiting: more come than one loop can serve.
      if found == Allowance.most { turn.callHelp(for: number) }
      allowance.note(found)
    } else {
      let descriptor = Int(key & UInt64(UInt32.max))
      // One that was closed earlier in this round may have left an event behind.
      guard descriptor < connections.count, let connection = connections[descriptor], connection.key == key
      else { return }
      proceed(connection)
    }
  }

  // MARK: Connections

  /// Has a connection waited for, in place of the oldest where there are too many.
  /// - Returns: nil where it cannot be; it is closed then.
  func wait(for descriptor: Int32, gate: Gate, in list: WaitList) -> Connection? {
    if crowd.isFull(with: count) { dropOldest() }
    generation = generation >= UInt32.max - 1 ? 0 : generation + 1
    let connection = Connection(descriptor: descriptor, generation: generation, gate: gate)
    guard epoll.add(descriptor, key: connection.key) else {
      close(descriptor)
      return nil
    }
    while connections.count <= Int(descriptor) { connections.append(nil) }
    connections[Int(descriptor)] = connection
    crowd.enter()
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
    setBytes(of: connection, to: 0)
    connection.list?.remove(connection)
    connections[Int(connection.descriptor)] = nil
    crowd.leave()
  }

  func drop(_ connection: Connection) {
    // Forgotten first: the descriptor's number may be in use again as soon as it is closed.
    forget(connection)
    close(connection.descriptor)
  }

  /// Closes the connection that has waited longest, an idle one before one that is still to say something.
  /// - Parameter minimum: how long that one must have waited, in milliseconds.
  @discardableResult
  func dropOldest(waitingFor minimum: UInt64 = 0) -> Bool {
    let start = now - min(minimum, now)
    let oldestReading = [reading.oldest(since: start), receiving.oldest(since: start)]
      .compactMap(\.self).min { $0.deadline < $1.deadline }
    guard let oldest = idle.oldest ?? oldestReading else { return false }
    meter.count(.crowded)
    drop(oldest)
    return true
  }

  /// Counts what an open connection holds of its request. If all hold too much together, the oldest are closed.
  func countBytes(of connection: Connection) {
    setBytes(of: connection, to: connection.received.capacity)
    while requestBytes > requestMemory, let oldest = receiving.oldest {
      meter.count(.crowded)
      drop(oldest)
    }
  }

  private func setBytes(of connection: Connection, to bytes: Int) {
    let growth = bytes - connection.countedBytes
    meter.count(growth > 0 ? .bytesTaken : .bytesFreed, abs(growth))
    requestBytes += growth
    connection.countedBytes = bytes
  }

  // MARK: Deadlines

  /// How long epoll may wait, in milliseconds: until the first deadline, for ever where there is none.
  private var patience: Int32 {
    let deadline = min(
      reading.deadline, receiving.deadline, idle.deadline, restsUntil ?? .max, drainsUntil ?? .max)
    guard deadline < .max else { return -1 }
    // The coarse clock is late, never early: one tick more, or the last wait would be repeated.
    return deadline > now ? Int32(clamping: deadline - now + 5) : 0
  }

  private func expire() {
    expire(in: reading)
    expire(in: receiving)
    expire(in: idle)
    while crowd.isOverfull(with: count), dropOldest() {}
    guard let end = restsUntil, end <= now, !isDraining else { return }
    restsUntil = nil
    takeTurn()
  }

  private func expire(in list: WaitList) {
    while list.deadline <= now, let oldest = list.oldest {
      meter.count(.late)
      drop(oldest)
    }
  }

  // MARK: Draining

  /// Stops accepting. What waits in the backlog of a socket that is ours alone would be lost with it, so it is
  /// accepted first; an inherited one's is left to whoever comes next.
  private func beginDrain() {
    drainsUntil = now + drainPatience
    restsUntil = nil
    for listener in listeners {
      if !listener.isInherited { accept(from: listener.descriptor, atMost: Int(Listener.backlog)) }
    }
    leaveListeners()
    while let connection = idle.oldest { drop(connection) }
  }

  private var isFinished: Bool {
    guard let end = drainsUntil else { return false }
    return reading.count + receiving.count == 0 || end <= now
  }
}
