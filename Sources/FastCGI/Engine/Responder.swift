/// Who answers requests. Each event loop has one of its own, so it needs no lock.
public protocol Responder: AnyObject {
  /// Writes the whole answer to one request into `response`, which is empty.
  ///
  /// One that stays empty closes the connection unanswered, which no web server takes for an allowed request. One of
  /// more than 8,000 bytes costs more than one write, and a peer that does not read it whole in time is closed. One that
  /// takes long to make is for `Response.makeLater`.
  func respond(to parameters: borrowing Parameters, role: Role, in response: Response)

  /// `Server.wake` was called: time for what no caller should have to wait for.
  func woken()

  /// The gate or libfcgi closed a connection.
  func refused(_ refusal: Refusal)

  /// A connection was closed at once, since its peer is not among those allowed.
  func refused(_ peer: PeerAddress)
}

extension Responder {
  /// Nothing.
  public func woken() {}

  /// Where nobody is kept out there is nothing to do.
  public func refused(_ peer: PeerAddress) {}
}

/// Where a responder writes its answer: one for all requests of a loop, in memory that stays.
///
/// A CGI response (RFC 3875 section 6): a header block that begins with `Status:`, an empty line, the body.
public final class Response {
  private var length = 0
  /// Makes the response, if it is to be made later.
  private(set) var make: (@Sendable () -> [UInt8])?
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// An empty one. All that libfcgi sends in one write fits without growing.
  public init() {
    capacity = LibFCGIRequest.maximumResponse
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// Adds a text that is known when the program is built.
  public func append(_ text: StaticString) {
    text.withUTF8Buffer { append($0) }
  }

  /// Adds a text.
  public func append(_ text: String) {
    text.utf8.span.withUnsafeBufferPointer { append($0) }
  }

  /// Adds bytes.
  public func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { append($0) }
  }

  /// Has the whole response made on another thread, so that no check waits for it.
  public func makeLater(_ make: @escaping @Sendable () -> [UInt8]) { self.make = make }

  /// How many bytes there are.
  public var count: Int { length }

  /// A copy of them.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: length)) }

  /// Lends all bytes; the pointer is good during the call only.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    body(UnsafeBufferPointer(start: start, count: length))
  }

  func removeAll() {
    length = 0
    make = nil
  }

  private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    let end = length + bytes.count
    if end > capacity { grow(to: end) }
    (start + length).update(from: source, count: bytes.count)
    length = end
  }

  private func grow(to needed: Int) {
    capacity = max(needed, 2 * capacity)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: start, count: length)
    start.deallocate()
    start = larger
  }
}
