import FastCGI

/// The parameters that decide, and those that only tell the log whom and what a denial was about.
///
/// Clients can only ever set `HTTP_*`; the `BEARERD_*` ones are the web server's own.
enum AuthParameter: Int, CaseIterable {
  case authorization
  case redirectedAuthorization
  case requestMethod
  case remoteAddress
  case scope
  case endpoint
  case cacheKey
  case requestID
  case requestURI
  case origin
  case accessControlRequestMethod
  case serverSoftware

  var name: StaticString {
    switch self {
    case .authorization: "HTTP_AUTHORIZATION"
    case .redirectedAuthorization: "REDIRECT_HTTP_AUTHORIZATION"
    case .requestMethod: "REQUEST_METHOD"
    case .remoteAddress: "REMOTE_ADDR"
    case .scope: "BEARERD_SCOPE"
    case .endpoint: "BEARERD_ENDPOINT"
    case .cacheKey: "BEARERD_CACHE_KEY"
    case .requestID: "REQUEST_ID"
    case .requestURI: "REQUEST_URI"
    case .origin: "HTTP_ORIGIN"
    case .accessControlRequestMethod: "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
    case .serverSoftware: "SERVER_SOFTWARE"
    }
  }

  /// All of them, as the engine wants them.
  static let names = ParameterNames(allCases.map(\.name))
}

extension Parameters {
  func value<Result>(of parameter: AuthParameter, _ body: (Span<UInt8>) -> Result) -> Result? {
    withValue(at: parameter.rawValue, body)
  }

  func has(_ parameter: AuthParameter) -> Bool { hasValue(at: parameter.rawValue) }

  /// Whether it was sent, be it empty.
  func isSent(_ parameter: AuthParameter) -> Bool { value(of: parameter) { _ in true } ?? false }
}
