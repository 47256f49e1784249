/// The variables that contain a client's secret, or other text set by a client.
struct Secrets {
  /// What a location sets to the secret of its clients.
  static let settings: Set<String> = ["$bearerd_authorization", "$bearerd_token"]

  /// With the dollar sign.
  private(set) var variables = settings.union(["$http_authorization"])
  /// Variables with a part of it, extracted by a map.
  private(set) var parts: Set<String> = []
  /// Headers besides Authorization that contain it, in lower case: `x-api-key`.
  private(set) var headers: Set<String> = []

  init(_ site: Site) {
    let maps = site.http.own("map").filter { $0.arguments.count == 2 }
    // The parameters of the check: they show where the administrator takes the token from.
    for context in site.contexts {
      for directive in context.own("set") where Secrets.settings.contains(directive.value ?? "") {
        add(directive.arguments.dropFirst(), maps)
      }
      for parameter in context.own("fastcgi_param")
      where ["HTTP_AUTHORIZATION", "BEARERD_TOKEN"].contains(parameter.value ?? "") {
        guard site.isBearerd(context) else { continue }
        add(parameter.arguments.dropFirst().prefix(1), maps)
      }
    }
    // Copies of it: a map with such values, a set.
    for _ in 0..<3 {
      for map in maps where repeats(map) { variables.insert(map.arguments[1]) }
      for context in site.contexts {
        for directive in context.own("set")
        where directive.arguments.count == 2 && isSecret(directive.arguments[1]) {
          variables.insert(directive.arguments[0])
        }
      }
    }
  }

  /// Whether a text contains the value of a variable with a secret.
  func isSecret(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "$")) && Secrets.names(in: text).contains { variables.contains($0) }
  }

  /// Whether a client sets the whole or a part of a value.
  static func isClientText(_ text: String) -> Bool {
    names(in: text).contains { name in
      ["$http_", "$arg_", "$cookie_"].contains { name.hasPrefix($0) } || name == "$args"
        || name == "$query_string"
    }
  }

  /// The variables in a text, with the dollar sign and without braces.
  static func names(in text: String) -> [String] {
    var names: [String] = []
    var rest = Array(text.utf8)[...]
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      rest = rest[(dollar + 1)...]
      if rest.first == UInt8(ascii: "{") { rest = rest.dropFirst() }
      let name = rest.prefix { ByteSet.wordBytes.contains($0) }
      if !name.isEmpty { names.append("$" + String(decoding: name, as: UTF8.self)) }
      rest = rest[name.endIndex...]
    }
    return names
  }

  private mutating func add(_ values: ArraySlice<String>, _ maps: [Directive]) {
    for value in values {
      for name in Secrets.names(in: value) {
        note(name)
        for map in maps where map.arguments[1] == name {
          let sources =
            Secrets.names(in: map.arguments[0])
            + (map.block ?? []).flatMap { $0.arguments.flatMap(Secrets.names) }
          sources.forEach { note($0) }
        }
      }
    }
  }

  private mutating func note(_ name: String) {
    guard Secrets.isClientText(name) || Secrets.settings.contains(name) else { return }
    variables.insert(name)
    guard name.hasPrefix("$http_"), name != "$http_authorization" else { return }
    headers.insert(String(name.dropFirst(6)).replacing("_", with: "-"))
  }

  private mutating func repeats(_ map: Directive) -> Bool {
    let isOfSecret = isSecret(map.arguments[0])
    return (map.block ?? []).contains { entry in
      guard let value = entry.value else { return false }
      // Passwords of users, which bearerd does not check.
      if ["~^basic", "~*^basic"].contains(where: entry.name.lowercased().hasPrefix) { return false }
      let isCapture =
        isOfSecret && entry.name.hasPrefix("~")
        && Secrets.names(in: value).contains { !variables.contains($0) }
      // A capture of a fixed number of characters is a part; one without a count is the whole.
      let isPart = entry.name.utf8.contains(UInt8(ascii: "{"))
      if isCapture, isPart { parts.insert(map.arguments.last ?? "") }
      return isSecret(value) || isCapture && !isPart
    }
  }
}

extension Site {
  /// The servers whose settings apply while a request's head is read, before its Host is known: for each
  /// address the default server; with TLS also the server itself, by the name in the handshake.
  func headReaders(of server: Context) -> [Context] {
    let addresses = Site.addresses(of: server)
    let readers = addresses.keys.sorted().compactMap { defaultServers[$0] }
    let hasTLS = server.isOn("ssl") || addresses.values.contains { $0.arguments.contains("ssl") }
    return hasTLS ? readers + [server] : readers
  }

  /// The default server of each address: the one marked as default, or the first.
  static func defaultServers(of servers: [Context]) -> [String: Context] {
    var result: [String: Context] = [:]
    for server in servers {
      for (address, listen) in addresses(of: server) {
        let isMarked = listen.arguments.contains("default_server") || listen.arguments.contains("default")
        if isMarked || result[address] == nil { result[address] = server }
      }
    }
    return result
  }

  /// The addresses that a server listens on, as `*:80` or `127.0.0.1:8080`, each with its `listen`.
  static func addresses(of server: Context) -> [String: Directive] {
    let listens = server.own("listen")
    guard !listens.isEmpty else { return ["*:80": server.directive] }
    return Dictionary(listens.map { (address($0.value ?? ""), $0) }) { first, _ in first }
  }

  private static func address(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return "*:\(text)" }
    let isAddressOnly =
      !text.hasPrefix("unix:") && !(text.hasPrefix("[") ? text.contains("]:") : text.contains(":"))
    return isAddressOnly ? "\(text):80" : text
  }
}

extension Context {
  /// Its name in messages: `location /private/`, `the server`.
  var title: String {
    switch kind {
    case .http: "http"
    case .server: "the server"
    case .location: "location \(directive.arguments.joined(separator: " "))"
    case .ifBlock: "an if block"
    case .limitExcept: "limit_except"
    }
  }
}

extension Site {
  /// The path of a request that ends in the context, as far as it can be determined.
  func examplePath(of context: Context) -> String {
    switch context.location {
    case .exact(let path): return String(decoding: path, as: UTF8.self)
    case .prefix(let path, _):
      let text = String(decoding: path, as: UTF8.self)
      return text.hasSuffix("/") ? text + "page.html" : text
    case .regex(let pattern, let ignoresCase):
      // Nested ones match below their outer location.
      let outer = context.parent?.location?.path ?? [UInt8(ascii: "/")]
      let example = patterns.pattern(pattern, ignoringCase: ignoresCase).canMatch(
        prefix: outer, patterns.work
      ).example
      return String(decoding: example, as: UTF8.self)
    case .named, nil: return "/page.html"
    }
  }
}
