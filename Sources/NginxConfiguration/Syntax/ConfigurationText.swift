/// A whole configuration of nginx as one tree: what `nginx -T` prints, or one file.
package struct ConfigurationText: Sendable {
  /// The most bytes that are read.
  package static let maximumLength = Limits.bytes

  /// The paths, which places index.
  package let files: [String]
  let directives: [Directive]
  let allowances: [Allowance]
  /// Directives `include` whose files are not in the text.
  let unresolved: [Directive]

  /// - Parameters:
  ///   - bytes: what `nginx -T` prints, or a file that nginx reads.
  ///   - name: what to call a text that is not of `nginx -T`.
  package init(parsing bytes: [UInt8], name: String) throws(ConfigurationError) {
    guard bytes.count <= Limits.bytes else {
      throw ConfigurationError(file: name, line: nil, message: "more than \(Limits.bytes >> 20) MiB")
    }
    let (sources, isDump) = try SourceFile.split(bytes, name: name)
    var expansion = IncludeExpansion(bytes, sources, isDump: isDump)
    directives = try expansion.expanded()
    files = sources.map(\.name)
    allowances = expansion.allowances
    unresolved = expansion.unresolved
    guard
      directives.contains(where: { ["http", "server", "location", "upstream", "events"].contains($0.name) })
    else {
      throw ConfigurationError(
        file: files[0], line: nil,
        message: "this is not a configuration of nginx: it has no http and no server block")
    }
  }

  /// A text without a file's name of its own, as tests write it.
  init(_ text: String) throws(ConfigurationError) {
    try self.init(parsing: Array(text.utf8), name: "nginx.conf")
  }

  /// `FILE:LINE`
  package func description(of place: Place) -> String { "\(files[place.file]):\(place.line)" }
}
