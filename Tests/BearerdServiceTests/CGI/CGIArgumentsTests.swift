import Testing

@testable import BearerdService

@Suite("The options of a CGI program")
struct CGIArgumentsTests {
  private func options(_ arguments: [String], _ environment: [String]) throws -> [String] {
    try CGIArguments.options(
      in: arguments, CGIEnvironment((["GATEWAY_INTERFACE=CGI/1.1"] + environment).map { Array($0.utf8) }))
  }

  @Test(
    "a word of the query among the arguments denies the request, however a web server or a shell made it one",
    arguments: [
      ("--tokens+/tmp/x", ["--tokens", "/tmp/x"]), ("a+--tokens", ["--tokens", "/t", "a", "--tokens"]),
      ("--tokens%3D/tmp/x", ["--tokens=/tmp/x"]), ("%2d%2dtokens", ["--tokens"]),
      // Apache puts a backslash before what a shell would read, and ends a word at a NUL.
      ("--realm%3D$x;y", ["--realm=\\$x\\;y"]), ("--tokens%00x+/tmp/x%00", ["--tokens", "/tmp/x"]),
      // Some servers decode nothing, or make one argument of all words; a shell may split it.
      ("--realm%3dx", ["--realm%3dx"]), ("--re%3d+-+a", ["--re%3d - a"]),
      ("--tokens+/tmp/x", ["--tokens /tmp/x"]),
      ("--tokens%20/tmp/x", ["--tokens", "/tmp/x"]), ("a%09--tokens%0a/tmp/x", ["a", "--tokens", "/tmp/x"]),
      ("/home/me/x%20y", ["--tokens", "/home/me/x", "y"]),
      // A shell keeps other control characters in a word, and Apache keeps spaces before a NUL.
      ("B%01b%20c", ["B\u{1}b"]), ("a%01b%00c", ["a\u{1}b"]), ("a%20b%00c", ["a b"]),
      // A value of the script's own option.
      ("write", ["--scope", "write"]), ("write", ["--scope=write"]), ("wr%69te", ["--scope", "write"]),
      ("a+", ["--realm", ""]),
      ("-h", ["-h"]), ("--", ["--"]), ("--t%C3%BC", ["--tü"]), ("--t%FF", ["--t\u{FFFD}"]), ("--%", ["--%"]),
      ("--%zz", ["--%zz"]), ("%-0+--x", ["--x"]), ("cgi", ["cgi"]), ("x=1&--tokens", ["--tokens"]),
    ])
  func queryWords(query: String, arguments: [String]) throws {
    #expect(throws: CGIFailure.self) { try options(["cgi"] + arguments, ["QUERY_STRING=\(query)"]) }
    #expect(throws: CGIFailure.self) {
      try options(["cgi"] + arguments, ["QUERY_STRING=", "QUERY_STRING=\(query)"])
    }
    let own = ["--path", "REDIRECT_URL", "--scope", "read"]
    #expect(try options(["cgi"] + own, ["QUERY_STRING=\(query)"]) == own)
  }

  @Test("without cgi as the first argument no argument counts, and none denies")
  func ignored() throws {
    for arguments in [[], ["--tokens", "/x"], ["token", "add"], [""], ["cgi "], ["CGI"], ["cgi"]] {
      #expect(try options(arguments, ["QUERY_STRING=\(arguments.joined(separator: "+"))"]).isEmpty)
      #expect(try options(arguments, []).isEmpty)
      #expect(try options(arguments, ["BEARERD_CGI_REALM=r"]) == ["--realm=r"])
    }
  }

  @Test("options of the script without a query to compare them with deny the request")
  func noQuery() throws {
    #expect(throws: CGIFailure.self) { try options(["cgi", "--tokens", "/x"], []) }
    #expect(throws: CGIFailure.self) { try options(["cgi", "--tokens", "/x"], ["HTTP_QUERY_STRING="]) }
    #expect(try options(["cgi", "--tokens", "/x"], ["QUERY_STRING="]) == ["--tokens", "/x"])
  }

  @Test("variables are options, and those of the script come behind them")
  func variables() throws {
    let environment = [
      "QUERY_STRING=a", "BEARERD_CGI_CACHE_TTL=60", "REDIRECT_BEARERD_CGI_X_SENDFILE=on",
      "BEARERD_CGI_SCOPE=a=b",
      "REDIRECT_BEARERD_CGI_CACHE_TTL=60", "HTTP_BEARERD_CGI_TOKENS=/x", "XBEARERD_CGI_TOKENS=/x",
      "BEARERD_SCOPE=w", "BEARERD_CGI_ALLOW_PREFLIGHT=no", "BEARERD_CGI_", "http_BEARERD_CGI_TOKENS=/x",
    ]
    #expect(
      try options(["cgi", "--realm", "x"], environment) == [
        "--cache-ttl=60", "--x-sendfile", "--scope=a=b", "--allow-preflight=no", "--=", "--realm", "x",
      ])
    #expect(throws: CGIFailure.self) {
      try options([], ["BEARERD_CGI_SCOPE=a", "REDIRECT_BEARERD_CGI_SCOPE=b"])
    }
    #expect(throws: CGIFailure.self) { try options([], ["BEARERD_CGI_SCOPE=a", "BEARERD_CGI_SCOPE="]) }
  }
}
