/// Which loop watches the listening sockets, and when it does not.
extension EventLoop {
  /// How long accepting rests when the process or the system has no descriptors left, in milliseconds.
  private static let restPatience: UInt64 = 100

  func watchListeners() -> Bool {
    isWatching = true
    for (index, listener) in listeners.enumerated() {
      // Exclusive, since another process may watch them, too.
      guard epoll.add(listener.descriptor, key: Key.listeners + UInt64(index), exclusive: true) else {
        return false
      }
    }
    return true
  }

  func leaveListeners() {
    isWatching = false
    for listener in listeners { epoll.remove(listener.descriptor) }
  }

  /// Watches the listening sockets where it is its turn, and leaves them where it is another's.
  func takeTurn() {
    let isMine = turn.holder == number
    guard isMine != isWatching, restsUntil == nil, !isDraining else { return }
    if !isMine { leaveListeners() } else if !watchListeners() { rest() }
  }

  /// Gives the turn to the next loop where this one has enough to look after, so that connections that are kept spread
  /// over all.
  func shareKept() {
    guard crowd.isUneven(with: count) else { return }
    turn.pass(from: number)
    takeTurn()
  }

  /// Takes part of a queue that another loop has found; and where there is more, has others do so, too.
  func help() {
    for descriptor in descriptors where accept(from: descriptor, atMost: Allowance.most) == Allowance.most {
      turn.callHelp(for: number)
      control.call()
    }
  }

  /// Accepts nothing for a while. Another loop may have a connection that can give way.
  func rest() {
    guard restsUntil == nil, !isDraining else { return }
    leaveListeners()
    turn.pass(from: number)
    restsUntil = now + EventLoop.restPatience
  }
}
