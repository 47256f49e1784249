/// Puts the files of a text where `include` names them, as nginx does.
struct IncludeExpansion {
  private let bytes: [UInt8]
  private let sources: [SourceFile]
  /// All files are in the text: a pattern that matches none of them is empty.
  private let isDump: Bool
  private let indexes: [String: Int]
  /// In the order of their names, for patterns.
  private let sorted: [String]
  /// What relative paths begin with: the folder of the first file.
  private let prefix: String
  private var parsed: [Int: [Directive]] = [:]
  private var stack: [Int] = []
  private var count = 0
  private(set) var allowances: [Allowance] = []
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

  /// - Parameter include: the directive that names it.
  private mutating func file(_ index: Int, from include: Directive?) throws(ConfigurationError) -> [Directive]
  {
    if let include {
      guard !stack.contains(index) else { throw error(at: include, "the file includes itself") }
      guard stack.count < Limits.depth else {
        throw error(at: include, "more than \(Limits.depth) includes in each other")
      }
    }
    stack.append(index)
    defer { stack.removeLast() }
    if parsed[index] == nil {
      let result = try Parser.parse(bytes, sources[index], file: index)
      allowances += result.allowances
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
        throw error(at: directive, "more than \(Limits.directives) directives, each include counted")
      }
      if directive.name == "include", directive.block == nil, let path = directive.value {
        for index in try files(matching: path, of: directive) {
          let included = try file(index, from: directive)
          result += isShipped(index) ? included.map { $0.placed(at: directive.place) } : included
        }
      } else if let block = directive.block {
        guard depth < 2 * Limits.depth else {
          throw error(at: directive, "more than \(Limits.depth) blocks in each other")
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
    // Each pattern looks at all names: they count as work, as directives do.
    count += sorted.count / 8
    let glob = Glob(full)
    return sorted.filter(glob.matches).compactMap { indexes[$0] }
  }

  /// Whether a file is a snippet of bearerd's. What it says is placed where it is included: that line can be changed.
  private func isShipped(_ index: Int) -> Bool {
    let parts = sources[index].name.split(separator: "/")
    return parts.count > 1 && parts[parts.count - 2] == "snippets"
      && parts[parts.count - 1].hasPrefix("bearerd-")
  }

  private func error(at directive: Directive, _ message: String) -> ConfigurationError {
    ConfigurationError(file: sources[directive.place.file].name, line: directive.place.line, message: message)
  }
}
