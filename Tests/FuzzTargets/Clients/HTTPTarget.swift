import BearerAuth
import ServiceManifest

@testable import Clients

/// What curl prints of a server's answer, as `doctor` and `manifest check` read it, and what they print of it.
enum HTTPTarget {
  private static let secret = Array("dG8tZG8-bGlz/dCBmb3I".utf8)

  static func run(_ bytes: [UInt8]) {
    if let response = HTTPResponse(parsing: bytes) {
      expect(response.status >= 200, "the last answer")
      for header in response.headers {
        let challenge = ReceivedChallenge(header.value)
        shown(
          [header.name, header.value, challenge.scope, challenge.error].compactMap(\.self).joined(
            separator: " "))
      }
    }
    shown(String(decoding: bytes, as: UTF8.self))
  }

  private static func shown(_ text: String) {
    var redactor = Redactor()
    redactor.hide(secret)
    let hidden = String(decoding: secret, as: UTF8.self)
    for text in [text, "\(text) \(hidden) \(text)"] {
      let line = redactor.redacted(text).printable
      expectPrintable(line)
      expect(!line.lowercased().contains(hidden.lowercased()), "no secret")
    }
  }
}
