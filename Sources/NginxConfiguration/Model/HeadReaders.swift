extension Site {
  /// The servers whose settings count while a request's head is read, before its Host is known: for each address the
  /// default one; with TLS also the server itself, by its name in the handshake.
  func headReaders(of server: Context) -> [Context] {
    let addresses = Site.addresses(of: server)
    let readers = addresses.keys.sorted().compactMap { defaultServers[$0] }
    let hasTLS = server.isOn("ssl") || addresses.values.contains { $0.arguments.contains("ssl") }
    return hasTLS ? readers + [server] : readers
  }

  /// The default server of each address: the one that says so, or the first.
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

  private static func addresses(of server: Context) -> [String: Directive] {
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
