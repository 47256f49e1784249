/// Inserts included files in place of their `include`, as nginx does.
struct IncludeExpansion {
  private let bytes: [UInt8]
  private let sources: [SourceFile]
  /// Whether the input has all files: then a pattern without a match is empty.
  private let isDump: Bool
  private let indexes: [String: Int]
  /// Sorted by name, for patterns.
  private let sorted: [String]
  /// The base of relative paths: the directory of the first file.
  private let prefix: String
  private var parsed: [Int: [Directive]] = [:]
  private var stack: [Int] = []
  private var count = 0
  private(set) var suppressions: [Suppression] = []
  private(set) var unresolved: [Directive] = []

  init(_ bytes: [UInt8], _ sources: [SourceFile], isDump: Bool) {
    self.bytes = bytes
    self.sources = sources
    self.isDump = isDump
    // Old versions print a file as often as it is included.
    indexes = Dictionary(sources.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    sorted = indexes.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    let path = sources[0].name
    prefix = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  mutating func expanded() throws(ConfigurationError) -> [Directive] { try file(0, from: nil) }

  /// - Parameter include: the directive that includes it.
  private mutating func file(_ index: Int, from include: Directive?) throws(ConfigurationError) -> [Directive]
  {
    if let include {
      guard !stack.contains(index) else { throw error(at: include, "this file includes itself") }
      guard stack.count < Limits.depth else {
        throw error(at: include, "more than \(Limits.depth) nested includes")
      }
    }
    stack.append(index)
    defer { stack.removeLast() }
    if parsed[index] == nil {
      let result = try Parser.parse(bytes, sources[index], file: index)
      suppressions += result.suppressions
      parsed[index] = result.directives
    }
    return try expanded(parsed[index] ?? [], depth: stack.count)
  }

  private mutating func expanded(_ directives: [Directive], depth: Int) throws(ConfigurationError)
    -> [Directive]
  {
    var result: [Directive] = []
    for directive in directives {
      count += 1
      guard count <= Limits.directives else {
        throw error(at: directive, "more than \(Limits.directives) directives, including repeated includes")
      }
      if directive.name == "include", directive.block == nil, let path = directive.value {
        for index in try files(matching: path, of: directive) {
          let included = try file(index, from: directive)
          result += isShipped(index) ? included.map { $0.placed(at: directive.place) } : included
        }
      } else if let block = directive.block {
        guard depth < 2 * Limits.depth else {
          throw error(at: directive, "more than \(Limits.depth) nested blocks")
        }
        result.append(
          Directive(
            name: directive.name, arguments: directive.arguments,
            block: try expanded(block, depth: depth + 1),
            place: directive.place))
      } else {
        result.append(directive)
      }
    }
    return result
  }

  private mutating func files(matching path: String, of directive: Directive) throws(ConfigurationError)
    -> [Int]
  {
    let full = path.utf8.first == UInt8(ascii: "/") ? path : prefix + path
    if let index = indexes[full] { return [index] }
    let isPattern = full.utf8.contains {
      [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")].contains($0)
    }
    guard isPattern, isDump else {
      unresolved.append(directive)
      return []
    }
    // Each pattern is compared with all names; this counts as work, like directives.
    count += sorted.count / 8
    let glob = Glob(full)
    return sorted.filter(glob.matches).compactMap { indexes[$0] }
  }

  /// Whether a file is a snippet of bearerd. Its findings are reported at the include, which is the line to change.
  private func isShipped(_ index: Int) -> Bool {
    let parts = sources[index].name.split(separator: "/")
    return parts.count > 1 && parts[parts.count - 2] == "snippets"
      && parts[parts.count - 1].hasPrefix("bearerd-")
  }

  private func error(at directive: Directive, _ message: String) -> ConfigurationError {
    ConfigurationError(file: sources[directive.place.file].name, line: directive.place.line, message: message)
  }
}

/// A pattern of glob(7), for `include`: `*` and `?` do not match a slash, nor a dot at the start of a name.
struct Glob {
  private let pattern: [UInt8]

  init(_ pattern: String) {
    self.pattern = Array(pattern.utf8)
  }

  func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    var (p, n) = (0, 0)
    // Where to continue after the last star, which then matches one more byte.
    var retry: (p: Int, n: Int)?
    while n < name.count {
      let isHidden = name[n] == UInt8(ascii: ".") && (n == 0 || name[n - 1] == UInt8(ascii: "/"))
      if p < pattern.count, pattern[p] == UInt8(ascii: "*"), !isHidden {
        retry = (p + 1, n)
        p += 1
      } else if let next = step(p, name[n], isHidden) {
        p = next
        n += 1
      } else if let (star, start) = retry, name[start] != UInt8(ascii: "/") {
        retry = (star, start + 1)
        (p, n) = (star, start + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The index after the part of the pattern that this byte matches.
  private func step(_ p: Int, _ byte: UInt8, _ isHidden: Bool) -> Int? {
    guard p < pattern.count else { return nil }
    switch pattern[p] {
    case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") || isHidden ? nil : p + 1
    case UInt8(ascii: "["):
      guard let close = pattern[(p + 1)...].dropFirst().firstIndex(of: UInt8(ascii: "]")), !isHidden else {
        return nil
      }
      var set = pattern[(p + 1)..<close]
      let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
      if isNegated { set.removeFirst() }
      return set.isEmpty || Glob.contains(set, byte) == isNegated ? nil : close + 1
    case UInt8(ascii: "\\") where p + 1 < pattern.count: return pattern[p + 1] == byte ? p + 2 : nil
    case let other: return other == byte ? p + 1 : nil
    }
  }

  private static func contains(_ set: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
    var index = set.startIndex
    while index < set.endIndex {
      if index + 2 < set.endIndex, set[index + 1] == UInt8(ascii: "-") {
        if set[index] <= byte, byte <= set[index + 2] { return true }
        index += 3
      } else {
        if set[index] == byte { return true }
        index += 1
      }
    }
    return false
  }
}
