/// Who sends the requests of the corpus.
struct CorpusClient {
  let name: String
  let token: String?
  /// Whether it must not get what is guarded.
  let isStranger: Bool

  /// - Parameter refused: `read`, `write` or `far`: one more client, whose token is known but does not count here.
  static func all(_ tokens: KnownTokens, refused: String?) -> [CorpusClient] {
    let wrong = "brd_" + String(repeating: "A", count: 43) + "000000"
    var clients = [
      CorpusClient(name: "no token", token: nil, isStranger: true),
      CorpusClient(name: "wrong token", token: wrong, isStranger: true),
    ]
    let others = ["read": tokens.reader, "write": tokens.writer, "far": tokens.far]
    if let refused {
      clients.append(CorpusClient(name: "token for \(refused)", token: others[refused], isStranger: true))
    }
    return clients + [
      CorpusClient(name: "app", token: tokens.app, isStranger: false),
      CorpusClient(name: "near", token: tokens.near, isStranger: false),
    ]
  }
}

/// One request and what came of it.
struct CorpusExchange {
  var request: CorpusRequest
  /// Whether it is a public request.
  var isPublic: Bool
  var state: CorpusConfiguration.DaemonState
  var client: CorpusClient
  var response: HTTPResponse
  var backendRequests: [BackendRequest] = []
  /// Whether the guarded directory is another one now.
  var hasChangedFiles = false

  private var text: String { String(decoding: response.bytes, as: UTF8.self) }

  var hasGuardedFile: Bool { text.contains("GUARDED") }

  /// Whether anything guarded was reached.
  var isInside: Bool { hasGuardedFile || text.contains("BACKEND") || !backendRequests.isEmpty }

  /// Whether a client would not know this answer for a denial: the status of success or of a redirect, a 401
  /// without a challenge, or an error that is neither the client's nor the service's absence. Without the
  /// daemon, 500 is one.
  var isStrangeDenial: Bool {
    switch response.status {
    case 401: response.headers("WWW-Authenticate").isEmpty
    case 200..<400: true
    case 0, 400, 403...405, 408, 409, 411...416, 421, 429, 431, 501, 503, 505: false
    case 500: state == .up
    default: true
    }
  }

  func says(application: String) -> Bool { text.contains("application=\(application)\n") }

  var summary: String { "\(state) \(request), \(client.name): \(response.status)" }
}

/// What nginx did, and the first exchange that shows each breach.
struct CorpusObservation {
  private(set) var breaches: [CorpusConfiguration.Breach: String] = [:]
  private let tokens: KnownTokens
  /// Requests with which an application got in.
  private var entered: Set<String> = []
  private var strangeDenials: [CorpusExchange] = []

  init(tokens: KnownTokens) { self.tokens = tokens }

  /// Whether a valid token was allowed anywhere: a configuration that denies every request shows nothing.
  var hasEntered: Bool { !entered.isEmpty }

  mutating func add(_ exchange: CorpusExchange) {
    let client = exchange.client
    if !client.isStranger, exchange.isInside {
      entered.insert(exchange.request.description)
      // A denial is strange only where there would have been content.
      for denial in strangeDenials where denial.request.description == exchange.request.description {
        note(.denial, denial.summary)
      }
    }
    if client.isStranger {
      if exchange.isPublic ? exchange.hasGuardedFile : exchange.isInside || exchange.hasChangedFiles {
        note(.open, exchange.summary)
      } else if !exchange.isPublic, exchange.isStrangeDenial {
        if entered.contains(exchange.request.description) { note(.denial, exchange.summary) }
        strangeDenials.append(exchange)
      }
    }
    for request in exchange.backendRequests {
      if let token = client.token, !client.isStranger, !exchange.isPublic, request.holds(token) {
        note(.leaks, "\(exchange.summary), secret at the backend")
      }
      if request.applications.contains(where: { $0.contains(CorpusRequest.forgedName) }) {
        note(.forges, exchange.summary)
      }
    }
    if client.name == "near", exchange.says(application: "app") {
      note(.leaks, "\(exchange.summary), another application's answer")
    }
  }

  mutating func addFiles(_ texts: [String: String]) {
    for (name, text) in texts where text.contains(tokens.app) || text.contains(tokens.near) {
      note(.leaks, "secret in \(name)")
    }
  }

  private mutating func note(_ breach: CorpusConfiguration.Breach, _ summary: String) {
    if breaches[breach] == nil { breaches[breach] = summary }
  }

  var description: String {
    breaches.isEmpty ? "held" : breaches.map { "\($0.rawValue) (\($1))" }.sorted().joined(separator: "; ")
  }
}
