import Foundation
import Testing

@testable import FastCGI

/// A backend behind uwsgi_pass or scgi_pass that answers with the parameters it was sent, a line each.
final class ParameterBackend: Sendable {
  enum Dialect {
    case uwsgi, scgi

    /// The parameters as `NAME=value`; nil until all have arrived.
    fileprivate func parameters(in bytes: [UInt8]) -> [String]? {
      switch self {
      case .uwsgi: Self.uwsgi(bytes)
      case .scgi: Self.scgi(bytes)
      }
    }

    /// A byte, the length of the rest in two, a byte; then names and values, each after its length.
    private static func uwsgi(_ bytes: [UInt8]) -> [String]? {
      func length(at index: Int) -> Int { Int(bytes[index]) | Int(bytes[index + 1]) << 8 }
      guard bytes.count >= 4, bytes.count >= 4 + length(at: 1) else { return nil }
      var (texts, index, end): ([String], Int, Int) = ([], 4, 4 + length(at: 1))
      while index + 2 <= end {
        let start = index + 2
        let next = start + length(at: index)
        texts.append(String(decoding: bytes[start..<next], as: UTF8.self))
        index = next
      }
      return pairs(texts)
    }

    /// A netstring of names and values, each with a zero behind it.
    private static func scgi(_ bytes: [UInt8]) -> [String]? {
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
        let count = Int(String(decoding: bytes[..<colon], as: UTF8.self)), bytes.count > colon + 1 + count
      else { return nil }
      let texts = bytes[(colon + 1)..<(colon + 1 + count)].split(
        separator: 0, omittingEmptySubsequences: false)
      return pairs(texts.map { String(decoding: $0, as: UTF8.self) })
    }

    private static func pairs(_ texts: [String]) -> [String] {
      stride(from: 0, to: texts.count - 1, by: 2).map { "\(texts[$0])=\(texts[$0 + 1])" }
    }
  }

  private let listener: Listener

  init(_ dialect: Dialect, socket: String) throws {
    listener = try Listener.unix(path: socket, mode: 0o666, owner: nil)
    let descriptor = listener.descriptor
    try #require(Socket.setFlags(descriptor, nonblocking: false))
    Thread.detachNewThread {
      while true {
        let peer = accept(descriptor, nil, nil)
        guard peer >= 0 else { return }
        Self.answer(peer, dialect)
        close(peer)
      }
    }
  }

  deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

  private static func answer(_ peer: Int32, _ dialect: Dialect) {
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let parameters = dialect.parameters(in: received) {
        let answer =
          "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n\(parameters.joined(separator: "\n"))\n"
        _ = write(peer, answer, answer.utf8.count)
        return
      }
      let count = Socket.receive(peer, into: &chunk)
      guard count > 0 else { return }
      received += chunk[..<count]
    }
  }
}
