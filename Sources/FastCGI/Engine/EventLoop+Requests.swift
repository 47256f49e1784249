import CLinux
import Glibc

/// The way of a request through a loop: at once where it is whole when first seen, in parts where it is not.
extension EventLoop {
  /// Deals with a connection just accepted.
  /// - Returns: false where nothing has come on it yet; it is still the caller's then.
  func welcome(_ descriptor: Int32) -> Bool {
    var gate = Gate(names: exchange.names)
    switch exchange.look(at: descriptor, gate: &gate) {
    case .nothing:
      return false
    case .whole(let request):
      switch exchange.answer(request, on: descriptor) {
      case .answered: depart(descriptor, after: request)
      case .long(let bytes): deliver(bytes, on: descriptor, after: request)
      case .failed: close(descriptor)
      case .closed: break
      }
    case .partial:
      let connection = wait(for: descriptor, gate: Gate(names: exchange.names), in: reading)
      if let connection { takePart(of: connection) }
    case .refused(let refusal):
      exchange.responder.refused(refusal)
      close(descriptor)
    case .ended:
      close(descriptor)
    }
    return true
  }

  /// Deals with a connection that was waited for and has something to read.
  func proceed(_ connection: Connection) {
    guard connection.delivery == nil else { return resume(connection) }
    guard connection.received.isEmpty, !connection.isLingering else { return takePart(of: connection) }
    var gate = connection.gate
    switch exchange.look(at: connection.descriptor, gate: &gate) {
    case .nothing:
      break
    case .whole(let request):
      switch exchange.answer(request, on: connection.descriptor) {
      case .answered: depart(connection, after: request)
      case .long(let bytes): deliver(bytes, on: connection, after: request)
      case .failed: drop(connection)
      case .closed: forget(connection)
      }
    case .partial:
      takePart(of: connection)
    case .refused(let refusal):
      exchange.responder.refused(refusal)
      drop(connection)
    case .ended:
      drop(connection)
    }
  }

  /// Takes what is there out of the socket, so that an unfinished request makes no more events.
  private func takePart(of connection: Connection) {
    let count = exchange.take(from: connection.descriptor, into: &connection.received)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { drop(connection) }
      return
    }
    if connection.isLingering { return connection.removeFirst(connection.received.count) }
    move(connection, to: receiving)
    advance(connection)
    let isOpen = connection.list != nil
    if isOpen { countBytes(of: connection) }
  }

  private func advance(_ connection: Connection) {
    while !connection.received.isEmpty {
      switch connection.gate.examine(connection.received.span) {
      case .incomplete:
        return
      case .management(let length):
        let reply = Management.reply(to: connection.received.span.extracting(..<length))
        guard let reply, Socket.send(connection.descriptor, reply.span) else { return drop(connection) }
        connection.removeFirst(length)
      case .late(let length):
        connection.removeFirst(length)
        if connection.received.isEmpty { move(connection, to: idle) }
      case .refuse(let refusal):
        exchange.responder.refused(refusal)
        return drop(connection)
      case .complete(let request):
        let outcome = exchange.answer(request, in: connection.received, on: connection.descriptor)
        connection.removeFirst(request.length)
        switch outcome {
        case .answered: return depart(connection, after: request)
        case .long(let bytes): return deliver(bytes, on: connection, after: request)
        case .failed, .closed: return drop(connection)
        }
      }
    }
  }

  /// After an answer on a connection that never had to wait.
  private func depart(_ descriptor: Int32, after request: Gate.Request) {
    guard staysOpen(after: request) else {
      close(descriptor)
      return
    }
    guard let connection = wait(for: descriptor, gate: Gate(names: exchange.names), in: idle) else { return }
    depart(connection, after: request)
  }

  func depart(_ connection: Connection, after request: Gate.Request) {
    guard staysOpen(after: request) else { return drop(connection) }
    if request.keepsConnection, !connection.wasServed { shareKept() }
    connection.wasServed = true
    connection.gate = Gate(names: exchange.names, lateStdin: lateStdin(after: request))
    if request.keepsConnection {
      move(connection, to: idle)
    } else {
      // Closing on bytes that are still to come would reset the connection, and with it the answer.
      connection.isLingering = true
      shutdown(connection.descriptor, Int32(SHUT_WR))
      move(connection, to: reading)
    }
  }

  /// Kept where the front asks for it. An Authorizer's front may still be sending its empty STDIN.
  private func staysOpen(after request: Gate.Request) -> Bool {
    guard !isDraining else { return lateStdin(after: request) != nil && !request.keepsConnection }
    return request.keepsConnection || lateStdin(after: request) != nil
  }

  private func lateStdin(after request: Gate.Request) -> UInt16? {
    request.role == .authorizer && request.length == request.headLength ? request.id : nil
  }
}
