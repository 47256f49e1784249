/// How nginx passes a request on to a backend.
enum BackendProtocol: String, CaseIterable {
  case http = "backend"
  case fastCGI = "fastcgi"
  case scgi
  case uwsgi

  /// The request, when it is there in full.
  func request(in bytes: [UInt8]) -> BackendRequest? {
    switch self {
    case .http: httpRequest(in: bytes)
    case .fastCGI: fastCGIParameters(in: bytes).map(Self.request)
    case .scgi: scgiParameters(in: bytes).map(Self.request)
    case .uwsgi: uwsgiParameters(in: bytes).map(Self.request)
    }
  }

  /// A response, as this protocol carries it.
  func answer(_ text: [UInt8]) -> [UInt8] {
    guard self == .fastCGI else { return text }
    func record(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
      [1, kind, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xff), 0, 0] + content
    }
    return record(6, text) + record(6, []) + record(3, [UInt8](repeating: 0, count: 8))
  }

  private static func request(_ parameters: [(name: String, value: String)]) -> BackendRequest {
    let target = parameters.last { $0.name == "REQUEST_URI" || $0.name == "SCRIPT_FILENAME" }
    return BackendRequest(line: target?.value ?? "", fields: parameters)
  }

  private func httpRequest(in bytes: [UInt8]) -> BackendRequest? {
    guard let end = bytes.firstRange(of: [13, 10, 13, 10]) else { return nil }
    let lines = Self.text(bytes[..<end.lowerBound]).split(separator: "\r\n", omittingEmptySubsequences: false)
    let fields = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.trimmingPrefix(" ")
      }
      return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
    }
    let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
    guard bytes.count - end.upperBound >= length else { return nil }
    return BackendRequest(line: String(lines[0]), fields: fields)
  }

  private func scgiParameters(in bytes: [UInt8]) -> [(name: String, value: String)]? {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let length = Int(Self.text(bytes[..<colon])), bytes.count >= colon + 1 + length + 1
    else { return nil }
    let words = bytes[(colon + 1)..<(colon + 1 + length)].split(
      separator: 0, omittingEmptySubsequences: false
    ).map(Self.text)
    return stride(from: 0, to: words.count - 1, by: 2).map { (name: words[$0], value: words[$0 + 1]) }
  }

  private func uwsgiParameters(in bytes: [UInt8]) -> [(name: String, value: String)]? {
    guard bytes.count >= 4 else { return nil }
    func number(_ index: Int) -> Int { Int(bytes[index]) | Int(bytes[index + 1]) << 8 }
    let end = 4 + number(1)
    guard bytes.count >= end else { return nil }
    var parameters: [(name: String, value: String)] = []
    var index = 4
    func string() -> String {
      let start = index + 2
      index = start + number(index)
      return Self.text(bytes[start..<index])
    }
    while index < end { parameters.append((name: string(), value: string())) }
    return parameters
  }

  private func fastCGIParameters(in bytes: [UInt8]) -> [(name: String, value: String)]? {
    var content: [UInt8] = []
    var index = 0
    var isWhole = false
    while !isWhole {
      guard bytes.count >= index + 8 else { return nil }
      let length = Int(bytes[index + 4]) << 8 | Int(bytes[index + 5])
      let next = index + 8 + length + Int(bytes[index + 6])
      guard bytes.count >= next else { return nil }
      if bytes[index + 1] == 4 { content += bytes[(index + 8)..<(index + 8 + length)] }
      isWhole = bytes[index + 1] == 5 && length == 0
      index = next
    }
    var parameters: [(name: String, value: String)] = []
    index = 0
    func length() -> Int {
      guard content[index] >= 128 else {
        defer { index += 1 }
        return Int(content[index])
      }
      defer { index += 4 }
      return content[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
    }
    while index < content.count {
      let name = length()
      let value = length()
      let middle = index + name
      parameters.append(
        (name: Self.text(content[index..<middle]), value: Self.text(content[middle..<(middle + value)])))
      index = middle + value
    }
    return parameters
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
