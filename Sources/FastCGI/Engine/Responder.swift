import Glibc

/// Who answers requests. Each event loop has one of its own, so it needs no lock.
package protocol Responder: AnyObject {
  /// Writes the whole answer to one request into `response`, which is empty.
  ///
  /// One that stays empty closes the connection unanswered, which no web server takes for an allowed request. One of
  /// more than 8,000 bytes costs more than one write, and a peer that does not read it whole in time is closed. One that
  /// takes long to make is for `Response.makeLater`.
  func respond(to parameters: borrowing Parameters, role: Role, in response: Response)

  /// `Server.wake` was called: time for what no caller should have to wait for.
  func didWake()

  /// The gate or libfcgi closed a connection.
  func refused(_ rejection: Rejection)

  /// A connection was closed at once, since its peer is not among those allowed.
  func refused(_ peer: PeerAddress)
}

extension Responder {
  /// Nothing.
  package func didWake() {}

  /// Where nobody is kept out there is nothing to do.
  package func refused(_ peer: PeerAddress) {}
}

/// Where a responder writes its answer: one for all requests of a loop, in memory that stays.
///
/// A CGI response (RFC 3875 section 6): a header block that begins with `Status:`, an empty line, the body.
package final class Response {
  private var length = 0
  /// Makes the response, if it is to be made later.
  private(set) var make: (@Sendable () -> [UInt8])?
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// An empty one. All that libfcgi sends in one write fits without growing.
  package init() {
    capacity = LibFCGIRequest.maximumResponse
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// Adds a text that is known when the program is built.
  package func append(_ text: StaticString) {
    text.withUTF8Buffer { append($0) }
  }

  /// Adds a text.
  package func append(_ text: String) {
    text.utf8.span.withUnsafeBufferPointer { append($0) }
  }

  /// Adds bytes.
  package func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { append($0) }
  }

  /// Has the whole response made on another thread, so that no check waits for it.
  package func makeLater(_ make: @escaping @Sendable () -> [UInt8]) { self.make = make }

  /// How many bytes there are.
  package var count: Int { length }

  /// A copy of them.
  package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: length)) }

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

/// The values of one request's parameters that a responder asked for, in storage that every request of a loop
/// shares. Nothing here outlives its request: `removeAll` overwrites it.
package struct Parameters: ~Copyable {
  private let names: ParameterNames
  // Never grown, so never copied: a copy left behind would not be overwritten.
  @usableFromInline let storage: UnsafeMutablePointer<UInt8>
  /// A place for each name; one that begins at -1 is of a parameter that the front did not send. The last is what is
  /// used of the storage.
  @usableFromInline let values: UnsafeMutablePointer<(start: Int, count: Int)>
  @usableFromInline let count: Int

  private var used: Int {
    get { values[count].count }
    nonmutating set { values[count].count = newValue }
  }

  /// - Parameter names: what to keep; all other parameters are passed over.
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

  /// Hands the value of the parameter at `index` of the names to `body`; nil where the front did not send it.
  @inlinable
  package func withValue<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
    precondition(index >= 0 && index < count)
    let value = values[index]
    guard value.start >= 0 else { return nil }
    return body(UnsafeBufferPointer(start: storage + value.start, count: value.count).span)
  }

  /// Whether the front sent the parameter at `index` with at least one byte.
  @inlinable
  package func hasValue(at index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return values[index].count > 0
  }

  /// Keeps `value` where `name` is asked for and was not seen yet. What all of them together hold is no more than
  /// the gate lets pass.
  package func keep(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    guard let index = names.index(of: name), values[index].start < 0 else { return }
    precondition(value.count <= Gate.maximumHead - used)
    value.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { (storage + used).update(from: start, count: bytes.count) }
    }
    values[index] = (used, value.count)
    used += value.count
  }

  /// Overwrites and forgets every value.
  package func removeAll() {
    explicit_bzero(storage, used)
    used = 0
    for index in 0..<count { values[index] = (-1, 0) }
  }
}

/// The parameters a responder reads; all others are passed over.
///
/// An object, and one for each loop: loops that shared one would fight over its reference count.
package final class ParameterNames: Sendable {
  /// The names, in the order in which `Parameters` gives their values.
  package let names: [StaticString]
  /// For each length of a name, in bytes, which names have it: a bit each.
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

  /// The place of `name` among the names; nil for one that nobody reads.
  func index(of name: Span<UInt8>) -> Int? {
    guard name.count < ofLength.count, !name.isEmpty else { return nil }
    var candidates = ofLength[name.count]
    while candidates != 0 {
      let index = candidates.trailingZeroBitCount
      // Two names of one length seldom end alike.
      let known = names[index].utf8Start
      if known[name.count - 1] == name[name.count - 1], name.begins(with: known, count: name.count) {
        return index
      }
      candidates &= candidates - 1
    }
    return nil
  }

  /// Why a whole stream of pairs may not be shown to libfcgi, which cuts values at NUL, splits names at `=`
  /// and takes the first of two equal names.
  func rejection(of pairs: Span<UInt8>) -> Rejection? {
    // Where there is none at all, not even in a length, no pair has to be searched.
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
        // None of those that are asked for has one.
      } else if name.contains(UInt8(ascii: "=")) {
        return .equalsInName
      }
      cursor = pair.value.upperBound
    }
    return nil
  }
}
