/// A regular expression as a nondeterministic automaton: a match takes time proportional to the text's length
/// times the number of states.
struct Pattern: Sendable {
  enum Answer: Equatable, Sendable {
    case no, yes
    /// Unsupported syntax, or too much work.
    case unknown
  }

  private enum State {
    case bytes(ByteSet, next: Int)
    case split([Int])
    case start(next: Int)
    case end(next: Int)
    case accept
  }

  private static let maximumStates = 2000

  private var states: [State] = [.accept]
  private var first = 0
  private var isTooLong = false
  private let isKnown: Bool
  private let isExact: Bool
  /// The prefix of every match; nil if it is unknown. It saves most of the work.
  private let anchor: [UInt8]?

  init(_ text: String, ignoringCase: Bool = false) {
    var parser = PatternParser(text, ignoringCase: ignoringCase)
    let node = text.utf8.count <= 4096 ? parser.parse() : nil
    isExact = parser.isExact
    let isAnchored =
      !ignoringCase && text.hasPrefix("^/") && !text.utf8.contains(UInt8(ascii: "|")) && !text.contains("(?i")
    anchor = isAnchored ? Pattern.literalPrefix(of: text) : nil
    isKnown = node != nil
    if let node { first = compile(node, next: 0) }
  }

  /// Whether a part of the text matches.
  func matches(_ text: [UInt8], _ work: Work) -> Answer {
    if let anchor, !text.starts(with: anchor) { return isKnown ? .no : .unknown }
    guard let after = run(text, work) else { return .unknown }
    guard after.isAccepted else { return .no }
    return isExact ? .yes : .unknown
  }

  /// Whether no text with this prefix has a part that matches, by what every match begins with: a cheap answer.
  func excludes(prefix: [UInt8]) -> Bool {
    guard isKnown, let anchor else { return false }
    return zip(anchor, prefix).contains { $0 != $1 }
  }

  /// Whether there is a text with this prefix of which a part matches.
  /// - Returns: the shortest such text that was found.
  func canMatch(prefix: [UInt8], _ work: Work) -> (answer: Answer, example: [UInt8]) {
    if excludes(prefix: prefix) { return (.no, prefix) }
    guard let after = run(prefix, work) else { return (.unknown, prefix) }
    if after.isAccepted { return (isExact ? .yes : .unknown, prefix) }
    guard let rest = shortestRest(from: after.states, isAtStart: prefix.isEmpty) else { return (.no, prefix) }
    return (isExact ? .yes : .unknown, prefix + rest)
  }

  /// The prefix of every match of an expression like `^/private/`; `/` if it is unknown.
  static func literalPrefix(of text: String) -> [UInt8] {
    guard text.hasPrefix("^/") else { return [UInt8(ascii: "/")] }
    let plain = Array(
      text.utf8.dropFirst().prefix {
        ByteSet.wordBytes.contains($0) || [UInt8(ascii: "/"), UInt8(ascii: "-")].contains($0)
      })
    let next = text.utf8.dropFirst(plain.count + 1).first
    let isCounted = next.map { Array("*?+{|".utf8).contains($0) } ?? false
    return isCounted ? [UInt8(ascii: "/")] : plain
  }

  private mutating func add(_ state: State) -> Int {
    guard states.count < Pattern.maximumStates else {
      isTooLong = true
      return 0
    }
    states.append(state)
    return states.count - 1
  }

  /// - Returns: the first state of the node.
  private mutating func compile(_ node: PatternNode, next: Int) -> Int {
    guard !isTooLong else { return 0 }
    switch node {
    case .bytes(let set): return add(.bytes(set, next: next))
    case .start: return add(.start(next: next))
    case .end: return add(.end(next: next))
    case .sequence(let parts): return parts.reversed().reduce(next) { compile($1, next: $0) }
    case .choice(let parts):
      let starts = parts.map { compile($0, next: next) }
      return add(.split(starts))
    case .repeated(let part, let min, let max):
      var start = next
      if let max {
        for _ in min..<max { start = add(.split([compile(part, next: start), next])) }
      } else {
        start = add(.split([next]))
        let body = compile(part, next: start)
        states[start] = .split([body, next])
      }
      for _ in 0..<min where !isTooLong { start = compile(part, next: start) }
      return start
    }
  }

  /// The states after a text, and whether a part of it matched; nil if that is unknown.
  private func run(_ text: [UInt8], _ work: Work) -> (states: [Int], isAccepted: Bool)? {
    guard isKnown, !isTooLong else { return nil }
    var current: [Int] = []
    var isAccepted = false
    for position in 0...text.count {
      guard work.spend(states.count / 8 + current.count + 1) else { return nil }
      let isEnd = position == text.count
      current = closure(of: current + [first], isStart: position == 0, isEnd: false)
      // States after an end assertion are dropped: the text may continue.
      let atEnd = isEnd ? closure(of: current, isStart: position == 0, isEnd: true) : current
      isAccepted = isAccepted || atEnd.contains(0)
      guard !isEnd else { break }
      current = current.compactMap { state in
        guard case .bytes(let set, let next) = states[state], set.contains(text[position]) else { return nil }
        return next
      }
    }
    return (current, isAccepted)
  }

  /// All states reached without a byte; only those with a byte, an assertion, or the accepting one.
  private func closure(of initial: [Int], isStart: Bool, isEnd: Bool) -> [Int] {
    var seen = [Bool](repeating: false, count: states.count)
    var stack = initial
    var result: [Int] = []
    while let state = stack.popLast() {
      guard !seen[state] else { continue }
      seen[state] = true
      switch states[state] {
      case .split(let nexts): stack += nexts
      case .start(let next): if isStart { stack.append(next) }
      case .end(let next): if isEnd { stack.append(next) } else { result.append(state) }
      case .bytes, .accept: result.append(state)
      }
    }
    return result
  }

  /// The fewest bytes that lead from one of the states to the accepting one.
  private func shortestRest(from initial: [Int], isAtStart: Bool) -> [UInt8]? {
    var cameFrom = [(state: Int, byte: UInt8)?](repeating: nil, count: states.count)
    var seen = [Bool](repeating: false, count: states.count)
    var queue = initial
    for state in initial { seen[state] = true }
    var head = 0
    while head < queue.count {
      let state = queue[head]
      head += 1
      switch states[state] {
      case .bytes(let set, let next):
        guard let byte = set.example else { continue }
        // After a byte, a match may also begin again.
        for reached in closure(of: [next, first], isStart: false, isEnd: false) where !seen[reached] {
          seen[reached] = true
          cameFrom[reached] = (state, byte)
          queue.append(reached)
        }
      case .accept: return path(to: state, cameFrom)
      case .end:
        if closure(of: [state], isStart: false, isEnd: true).contains(0) { return path(to: state, cameFrom) }
      case .split, .start: break
      }
    }
    return nil
  }

  private func path(to state: Int, _ cameFrom: [(state: Int, byte: UInt8)?]) -> [UInt8] {
    var bytes: [UInt8] = []
    var state = state
    while let step = cameFrom[state] {
      bytes.append(step.byte)
      state = step.state
    }
    return bytes.reversed()
  }
}

/// The remaining computation. Without a limit, a large configuration of regular expressions could take hours.
final class Work {
  private var rest: Int
  /// Whether a part of the configuration was not judged because of the limit.
  private(set) var isExhausted = false

  init(limit: Int = 30_000_000) {
    rest = limit
  }

  /// False if the remaining amount is too small.
  func spend(_ amount: Int) -> Bool {
    rest -= amount
    if rest < 0 { isExhausted = true }
    return rest >= 0
  }
}
