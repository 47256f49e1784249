import CLinux
import Glibc

/// The handling of a request: at once if it is complete when first seen, otherwise in parts.
extension EventLoop {
  /// The maximum number of long responses being sent; further ones are closed. One may have some hundred kilobytes.
  private static let maximumLongResponses = 16

  /// Handles a newly accepted connection.
  /// - Returns: false if nothing has arrived on it; the descriptor then still belongs to the calling function.
  func handleAccepted(_ descriptor: Int32) -> Bool {
    var gate = Gate(names: exchange.names)
    switch exchange.peek(at: descriptor, gate: &gate) {
    case .nothing:
      return false
    case .whole(let request):
      switch exchange.answer(request, on: descriptor) {
      case .answered: finish(descriptor, after: request)
      case .long(let bytes):
        if let connection = wait(for: descriptor, in: waiting.reading) {
          sendLong(bytes, on: connection, after: request)
        }
      case .later(let make):
        if let connection = wait(for: descriptor, in: waiting.reading) {
          makeLater(make, on: connection, after: request)
        }
      case .failed: close(descriptor)
      case .closed: break
      }
    case .partial:
      if let connection = wait(for: descriptor, in: waiting.reading) { takePart(of: connection) }
    case .rejected(let rejection):
      exchange.responder.refused(rejection)
      close(descriptor)
    case .ended:
      close(descriptor)
    }
    return true
  }

  /// Handles a waiting connection that is readable or writable.
  func proceed(_ connection: Connection) {
    guard connection.unsent == nil else { return sendRest(of: connection) }
    // For a connection that waits for its response, epoll reports only the end.
    guard connection.pending == nil else { return drop(connection) }
    guard connection.received.isEmpty, !connection.isLingering else { return takePart(of: connection) }
    var gate = connection.gate
    switch exchange.peek(at: connection.descriptor, gate: &gate) {
    case .nothing:
      break
    case .whole(let request):
      switch exchange.answer(request, on: connection.descriptor) {
      case .answered: finish(connection, after: request)
      case .long(let bytes): sendLong(bytes, on: connection, after: request)
      case .later(let make): makeLater(make, on: connection, after: request)
      case .failed: drop(connection)
      case .closed: forget(connection)
      }
    case .partial:
      takePart(of: connection)
    case .rejected(let rejection):
      exchange.responder.refused(rejection)
      drop(connection)
    case .ended:
      drop(connection)
    }
  }

  /// Reads what has arrived, so that an incomplete request causes no more events.
  private func takePart(of connection: Connection) {
    let count = exchange.take(from: connection.descriptor, into: &connection.received)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { drop(connection) }
      return
    }
    if connection.isLingering { return connection.removeFirst(connection.received.count) }
    move(connection, to: waiting.receiving)
    advance(connection)
    let isOpen = connection.list != nil
    if isOpen { limitMemory(of: connection) }
  }

  /// Answers the complete requests in the bytes received.
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
        if connection.received.isEmpty { move(connection, to: waiting.idle) }
      case .reject(let rejection):
        exchange.responder.refused(rejection)
        return drop(connection)
      case .complete(let request):
        let outcome = exchange.answer(request, in: connection.received, on: connection.descriptor)
        connection.removeFirst(request.length)
        switch outcome {
        case .answered: return finish(connection, after: request)
        case .long(let bytes): return sendLong(bytes, on: connection, after: request)
        case .later(let make): return makeLater(make, on: connection, after: request)
        case .failed, .closed: return drop(connection)
        }
      }
    }
  }

  // MARK: After a response

  /// After a response on a connection that did not wait.
  private func finish(_ descriptor: Int32, after request: Gate.Request) {
    guard staysOpen(after: request) else {
      close(descriptor)
      return
    }
    guard let connection = wait(for: descriptor, in: waiting.idle) else { return }
    finish(connection, after: request)
  }

  private func finish(_ connection: Connection, after request: Gate.Request) {
    guard staysOpen(after: request) else { return drop(connection) }
    connection.gate = Gate(names: exchange.names, lateStdin: lateStdin(after: request))
    if request.keepsConnection {
      move(connection, to: waiting.idle)
    } else {
      // Closing before the last bytes have arrived would reset the connection and lose the response.
      connection.isLingering = true
      shutdown(connection.descriptor, Int32(SHUT_WR))
      move(connection, to: waiting.reading)
    }
  }

  /// Kept open if the web server requests it, or if an Authorizer's empty STDIN may still arrive.
  private func staysOpen(after request: Gate.Request) -> Bool {
    guard !isDraining else { return lateStdin(after: request) != nil && !request.keepsConnection }
    return request.keepsConnection || lateStdin(after: request) != nil
  }

  private func lateStdin(after request: Gate.Request) -> UInt16? {
    request.role == .authorizer && request.length == request.headLength ? request.id : nil
  }

  // MARK: Long responses

  /// Prepares a slow response, an administrator's report, on another thread; this loop continues with checks.
  private func makeLater(
    _ make: @escaping @Sendable () -> [UInt8], on connection: Connection, after request: Gate.Request
  ) {
    guard hasRoomForLongResponse, epoll.mute(connection.descriptor, key: connection.key) else {
      return drop(connection)
    }
    connection.pending = request
    restart(connection, in: waiting.reading)
    let (control, key) = (control, connection.key)
    worker.run { control.handOver(MadeResponse(connection: key, records: make())) }
  }

  /// Sends a response from another thread, if its connection is still open.
  func handleMade(_ response: MadeResponse) {
    guard let connection = waiting.connection(response.connection), let request = connection.pending else {
      return
    }
    connection.pending = nil
    sendLong(response.records, on: connection, after: request)
  }

  private var hasRoomForLongResponse: Bool {
    waiting.all.count { $0.unsent != nil || $0.pending != nil } < EventLoop.maximumLongResponses
  }

  /// Sends a response that is too long for one write: a report, never that of a check. The rest waits with its
  /// connection, as long as a request may take, and delays no other.
  private func sendLong(_ bytes: [UInt8], on connection: Connection, after request: Gate.Request) {
    guard hasRoomForLongResponse else { return drop(connection) }
    connection.unsent = UnsentResponse(bytes: bytes, request: request)
    restart(connection, in: waiting.reading)
    sendRest(of: connection)
  }

  /// Sends as much as the socket accepts now.
  private func sendRest(of connection: Connection) {
    guard let response = connection.unsent else { return }
    let rest = response.bytes[response.sent...]
    let count = rest.withUnsafeBytes {
      send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count >= 0 || errno == EAGAIN || errno == EINTR else { return drop(connection) }
    connection.unsent?.sent += max(0, count)
    let isDone = count == rest.count
    guard watch(connection, forWriting: !isDone) else { return drop(connection) }
    guard isDone else { return }
    connection.unsent = nil
    finish(connection, after: response.request)
  }
}
