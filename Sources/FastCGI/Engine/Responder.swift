import Glibc

/// Answers requests. Each event loop has its own, so it needs no lock.
package protocol Responder: AnyObject {
  /// Writes the complete response to one request into `response`, which is empty.
  ///
  /// If it stays empty, the connection is closed unanswered, which no web server takes for an allowed request.
  /// A response of more than 8,000 bytes needs more than one write, and the connection is closed if the peer
  /// does not read it in time. A response that takes long to prepare must use `Response.makeLater`.
  func respond(to parameters: borrowing Parameters, role: Role, in response: Response)

  /// `Server.wake` was called: a time for work that should not delay a request.
  func didWake()

  /// A request was rejected by the gate or libfcgi, and its connection was closed.
  func refused(_ rejection: Rejection)

  /// A connection was closed because its peer is not allowed.
  func refused(_ peer: PeerAddress)
}

extension Responder {
  package func didWake() {}

  /// Without a peer filter this is never called.
  package func refused(_ peer: PeerAddress) {}
}

/// The response to a request, written by a responder. Each loop has one object, and reuses its memory.
///
/// A CGI response (RFC 3875 section 6): a header block that begins with `Status:`, an empty line, the body.
package final class Response {
  private var length = 0
  /// Makes the response, if it is prepared on another thread.
  private(set) var make: (@Sendable () -> [UInt8])?
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// An empty response. Everything that libfcgi sends in one write fits without growing.
  package init() {
    capacity = LibFCGIRequest.maximumResponse
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// Appends a text of the program.
  package func append(_ text: StaticString) {
    text.withUTF8Buffer { append($0) }
  }

  /// Appends a text.
  package func append(_ text: String) {
    text.utf8.span.withUnsafeBufferPointer { append($0) }
  }

  /// Appends bytes.
  package func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { append($0) }
  }

  /// Appends bytes.
  package func append(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { append($0) }
  }

  /// Prepares the whole response on another thread, so that no check waits for it.
  package func makeLater(_ make: @escaping @Sendable () -> [UInt8]) { self.make = make }

  /// The number of bytes.
  package var count: Int { length }

  /// A copy of the bytes.
  package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: length)) }

  /// Calls `body` with all bytes; the pointer is valid during the call only.
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

/// The values of a request's parameters that the responder reads, in storage reused by all requests of a loop.
/// No value outlives its request: `removeAll` overwrites it.
package struct Parameters: ~Copyable {
  private let names: ParameterNames
  // Never grown and so never copied: a copy in freed memory would not be overwritten.
  @usableFromInline let storage: UnsafeMutablePointer<UInt8>
  /// A range for each name; a start of -1 means that the web server did not send the parameter. The last entry
  /// counts the used bytes of the storage.
  @usableFromInline let values: UnsafeMutablePointer<(start: Int, count: Int)>
  @usableFromInline let count: Int

  private var used: Int {
    get { values[count].count }
    nonmutating set { values[count].count = newValue }
  }

  /// - Parameter names: the parameters to keep; all others are skipped.
  package init(names: ParameterNames) {
    self.names = names
    count = names.count
    storage = .allocate(capacity: Gate.maximumHead)
    values = .allocate(capacity: count + 1)
    values.initialize(repeating: (-1, 0), count: count + 1)
  }

  deinit {
    explicit_bzero(storage, used)
    storage.deallocate()
    values.deallocate()
  }

  /// Calls `body` with the value of the parameter at `index` of the names; nil if the web server did not send it.
  @inlinable @inline(__always)
  package func withValue<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
    precondition(index >= 0 && index < count)
    let value = values[index]
    guard value.start >= 0 else { return nil }
    return body(UnsafeBufferPointer(start: storage + value.start, count: value.count).span)
  }

  /// Whether the web server sent the parameter at `index` with at least one byte.
  @inlinable
  package func hasValue(at index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return values[index].count > 0
  }

  /// Keeps `value` if `name` is one of the names and was not seen yet. All values together fit: the gate limits
  /// them.
  package func keep(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    guard let index = names.index(of: name), values[index].start < 0 else { return }
    precondition(value.count <= Gate.maximumHead - used)
    value.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { (storage + used).update(from: start, count: bytes.count) }
    }
    values[index] = (used, value.count)
    used += value.count
  }

  /// Overwrites and removes all values.
  package func removeAll() {
    explicit_bzero(storage, used)
    used = 0
    for index in 0..<count { values[index] = (-1, 0) }
  }
}

/// The parameters that a responder reads; all others are skipped.
///
/// An object for each loop: loops that share one contend for its reference count.
package final class ParameterNames: Sendable {
  /// The names, in the order in which `Parameters` gives their values.
  package let names: [StaticString]
  /// For each length, in bytes, a bit mask of the names with that length.
  private let ofLength: [UInt32]

  /// - Parameter names: at most 32, all different.
  package init(_ names: [StaticString]) {
    precondition(names.count <= 32, "a bit mask of 32 tells which were seen")
    self.names = names
    let longest = names.map(\.utf8CodeUnitCount).max() ?? 0
    var ofLength = [UInt32](repeating: 0, count: longest + 1)
    for (index, name) in names.enumerated() { ofLength[name.utf8CodeUnitCount] |= 1 << UInt32(index) }
    self.ofLength = ofLength
  }

  var count: Int { names.count }

  /// The index of `name` among the names; nil if it is not read.
  func index(of name: Span<UInt8>) -> Int? {
    guard name.count < ofLength.count, !name.isEmpty else { return nil }
    var candidates = ofLength[name.count]
    while candidates != 0 {
      let index = candidates.trailingZeroBitCount
      // Two names of one length seldom have the same last byte.
      let known = names[index].utf8Start
      if known[name.count - 1] == name[name.count - 1], name.begins(with: known, count: name.count) {
        return index
      }
      candidates &= candidates - 1
    }
    return nil
  }

  /// Why a stream of pairs must not reach libfcgi, which truncates values at NUL, splits names at `=` and takes
  /// the first of two equal names.
  func rejection(of pairs: Span<UInt8>) -> Rejection? {
    // Without any NUL, not even in a length, the pairs need not be searched.
    let holdsNul = pairs.contains(0)
    var seen: UInt32 = 0
    var cursor = 0
    while cursor < pairs.count {
      guard let pair = NameValue(pairs, at: cursor) else { return .brokenPair }
      let name = pairs.extracting(pair.name)
      if holdsNul, pairs.extracting(pair.name.lowerBound..<pair.value.upperBound).contains(0) {
        return .nulByte
      }
      if let index = index(of: name) {
        guard seen & 1 << index == 0 else { return .duplicateParameter }
        seen |= 1 << index
        // The known names contain no `=`.
      } else if name.contains(UInt8(ascii: "=")) {
        return .equalsInName
      }
      cursor = pair.value.upperBound
    }
    return nil
  }
}
