import ArgumentParser
import FastCGI
import Glibc

/// `--listen`, for the commands that ask a running daemon.
struct DaemonOption: ParsableArguments {
  /// Where the packages and examples have it listen.
  static let standard = "unix:/run/bearerd/bearerd.sock"

  @Option(
    help: ArgumentHelp(
      "Where the daemon listens: unix:/PATH, HOST:PORT or [IPV6]:PORT. (default: \(DaemonOption.standard))",
      valueName: "address"))
  var listen: String?

  func validate() throws {
    guard let listen else { return }
    do {
      switch try ListenAddress(parsing: listen) {
      case .unix, .tcp: return
      case .descriptor, .systemd: break
      }
    } catch {
      throw ValidationError("--listen: \(error)")
    }
    throw ValidationError("--listen: only \"serve\" takes sockets from others; write where it listens")
  }

  /// Where the daemon listens, as it was written.
  var name: String { listen ?? DaemonOption.standard }

  /// Why nothing was answered.
  struct Unreachable: Error {
    enum Kind {
      /// Nobody listens there.
      case absent
      /// Somebody does, and does not answer.
      case hangs
      /// We may not ask, or it is something else.
      case unknown
    }

    var kind: Kind
    var message: String
  }

  /// What the daemon says to a question of an operator.
  /// - Parameter timeout: for connecting, and for the whole answer, in milliseconds.
  func ask(_ endpoint: String, timeout: Int = 5000) throws(Failure) -> ResponseMessage {
    do {
      return try response(to: endpoint, timeout: timeout)
    } catch {
      throw Failure(error.message, code: EX_UNAVAILABLE)
    }
  }

  /// The same, for who goes on without an answer.
  func response(to endpoint: String, timeout: Int = 5000) throws(Unreachable) -> ResponseMessage {
    do {
      let client = try Client(connectingTo: ListenAddress(parsing: name), timeout: timeout)
      return try client.response(
        to: RequestMessage(parameters: [
          ("REQUEST_METHOD", Array("GET".utf8)), ("BEARERD_ENDPOINT", Array(endpoint.utf8)),
        ]))
    } catch let error as SystemError {
      let isAbsent = [ENOENT, ECONNREFUSED].contains(error.code)
      throw Unreachable(
        kind: isAbsent ? .absent : .unknown,
        message: "no daemon answers: \(error)\(DaemonOption.fix(for: error.code))")
    } catch Client.Failure.timedOut {
      throw Unreachable(
        kind: .hangs, message: "the daemon on \(name) does not answer: it hangs, or is stopped")
    } catch Client.Failure.tooLarge {
      throw Unreachable(
        kind: .unknown,
        message:
          "what listens on \(name) sends more than \(Client.maximumResponse >> 20) MiB; it is no bearerd")
    } catch {
      throw Unreachable(
        kind: .unknown,
        message:
          "what listens on \(name) closed the connection; it is no bearerd, or does not admit us (--allow-peer)"
      )
    }
  }

  /// The daemon's report.
  /// - Parameter application: whose keys are told, all of them; nil: everybody's, where there are not too many.
  func report(of application: String? = nil, timeout: Int = 5000) throws(Failure) -> StatusReport {
    let response = try ask(application.map { "status/\($0)" } ?? "status", timeout: timeout)
    guard response.status == 200, let report = try? StatusReport(json: response.body) else {
      throw Failure(
        "the daemon's answer is not understood; is it of another version than \(Bearerd.version)?")
    }
    return report
  }

  private static func fix(for code: Int32) -> String {
    switch code {
    case ENOENT, ECONNREFUSED: "; start it, or say where it listens with --listen"
    case EACCES: "; run this as root, or as a user whom the socket admits"
    default: ""
    }
  }
}
