/// What comes of each kind of backend, as a row of the table in examples/README.md.
struct BackendFacts {
  static let head = """
    | web server | \(BackendKind.all.map(\.name).joined(separator: " | ")) |
    |---|\(BackendKind.all.map { _ in "---|" }.joined())
    """

  let row: String
  /// Why a cell says no.
  let problems: [String]

  init(observing webServer: WebServer) throws {
    let site = try WebServerSite(webServer, addition: .kinds(BackendKinds()))
    let curl = Curl(site, .kept, headers: ["Authorization: Bearer \(site.tokens.app)"])
    let kinds = Dictionary(uniqueKeysWithValues: BackendKind.kinds(of: webServer).map { ($0.name, $0) })
    var problems: [String] = []
    let cells = try BackendKind.all.map { known -> String in
      guard let kind = kinds[known.name] else { return "-" }
      let found = try curl.get("/private/\(kind.path)").flatMap {
        kind.problems(of: $0, token: site.tokens.app)
      }
      problems += found.map { "\(webServer): \($0)" }
      return found.isEmpty ? "yes" : "no"
    }
    self.problems = problems
    row = "| \(webServer) | \(cells.joined(separator: " | ")) |"
  }
}
