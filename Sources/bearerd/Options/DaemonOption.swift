import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import FoundationEssentials
import Glibc

/// `--listen`, for the commands that connect to a running daemon.
struct DaemonOption: ParsableArguments {
  /// The address used by the packages and examples.
  static let standard = "unix:/run/bearerd/bearerd.sock"

  @Option(
    help: ArgumentHelp(
      "The daemon's address: unix:/PATH, HOST:PORT or [IPV6]:PORT. (default: \(DaemonOption.standard))",
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
    throw ValidationError("--listen: only \"serve\" accepts inherited sockets; give the daemon's address")
  }

  /// The daemon's address, as given.
  var name: String { listen ?? DaemonOption.standard }

  /// Why there is no response.
  struct Unreachable: Error {
    enum Kind {
      /// Nothing listens there.
      case absent
      /// It accepts connections but does not answer.
      case hangs
      /// Access is denied, or it is another program.
      case unknown
    }

    var kind: Kind
    var message: String
  }

  /// The daemon's response to a request of an administrator.
  /// - Parameter timeout: for connecting, and for the whole response, in milliseconds.
  func request(_ endpoint: String, timeout: Int = 5000) throws(Failure) -> ResponseMessage {
    do {
      return try response(to: endpoint, timeout: timeout)
    } catch {
      throw Failure(error.message, code: EX_UNAVAILABLE)
    }
  }

  /// Likewise, for commands that continue without a response.
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
        message: "no daemon is running: \(error)\(DaemonOption.fix(for: error.code))")
    } catch Client.Failure.timedOut {
      throw Unreachable(
        kind: .hangs, message: "the daemon on \(name) does not answer: it is stuck or suspended")
    } catch Client.Failure.tooLarge {
      throw Unreachable(
        kind: .unknown,
        message:
          "\(name) sends more than \(Client.maximumResponse >> 20) MiB: not bearerd")
    } catch {
      throw Unreachable(
        kind: .unknown,
        message:
          "\(name) closed the connection: not bearerd, or this host is not in --allow-peer"
      )
    }
  }

  /// The daemon's report.
  /// - Parameter application: all keys of this application; nil: the keys of all, if there are not too many.
  func report(of application: String? = nil, timeout: Int = 5000) throws(Failure) -> StatusReport {
    let response = try request(application.map { "status/\($0)" } ?? "status", timeout: timeout)
    guard response.status == 200, let report = try? StatusReport(json: response.body) else {
      throw Failure(
        "cannot parse the daemon's response; is its version other than \(Bearerd.version)?")
    }
    return report
  }

  private static func fix(for code: Int32) -> String {
    switch code {
    case ENOENT, ECONNREFUSED: "; start it, or give its address with --listen"
    case EACCES: "; run this as root, or as a user that may connect to the socket"
    default: ""
    }
  }
}

/// The version of the tokens that the daemon has read, with the field names of its JSON.
private struct DaemonReading: Decodable {
  var path: String
  /// The version in use, as in `TokenSource.digest`.
  var read: String?
  /// The version it tried last.
  var tried: String?
  /// Why that one is not in use.
  var failure: String?
}

/// Waits after an edit until the daemon has read the tokens.
struct Confirmation {
  /// The path of the tokens, as given.
  let tokens: String
  let daemon: DaemonOption
  /// The error if the daemon keeps the previous tokens: `the token is removed, but {} still accepts it`.
  let complaint: (_ daemon: String) -> String

  /// The longest wait without any change of the daemon or the file, in milliseconds.
  private static let timeout: UInt64 = 5000
  /// The longest wait in total.
  private static let limit: UInt64 = 30_000

  /// - Throws: if a daemon with these tokens is running and has not read the current ones.
  func await() throws(Failure) {
    let start = SystemClock.monotonicMilliseconds()
    var news = (what: "", at: start)
    var pause: UInt32 = 2000
    while true {
      let disk = TokenSource(path: tokens).digest
      guard let reading = try reading() else { return }
      if let disk, reading.read == disk { return }
      if let failure = reading.failure, reading.tried == disk { throw failed(failure) }
      let what = "\(disk ?? "") \(reading.read ?? "") \(reading.tried ?? "")"
      let now = SystemClock.monotonicMilliseconds()
      if news.what != what { news = (what, now) }
      guard now < news.at + Confirmation.timeout, now < start + Confirmation.limit else {
        throw failed(reading.failure ?? "it has not read the change for \((now - start) / 1000) seconds")
      }
      usleep(pause)
      pause = min(pause * 2, 50_000)
    }
  }

  /// nil if there is nothing to wait for; a note says why.
  private func reading() throws(Failure) -> DaemonReading? {
    let response: ResponseMessage
    do throws(DaemonOption.Unreachable) {
      response = try daemon.response(to: "tokens")
    } catch {
      switch error.kind {
      case .absent:
        Console.note(
          "No daemon is running on \(daemon.name); it will read the change when it starts. If it listens elsewhere, "
            + "use --listen.")
      case .unknown: Console.note("It is not known whether the daemon has read the change: \(error.message).")
      case .hangs: throw failed(error.message)
      }
      return nil
    }
    guard response.status == 200,
      let reading = try? JSONDecoder().decode(DaemonReading.self, from: Data(response.body.utf8))
    else {
      Console.note(
        "It is not known whether the daemon on \(daemon.name) has read the change: it does not report that; is its "
          + "version other than \(Bearerd.version)?")
      return nil
    }
    guard TokenSource(path: tokens).isSame(as: reading.path) else {
      Console.note(
        "It is not known whether a daemon has read the change: the one on \(daemon.name) reads "
          + "\(reading.path.printable), not \(tokens).")
      return nil
    }
    return reading
  }

  private func failed(_ reason: String) -> Failure {
    let line = (reason.split(separator: "\n").first.map(String.init) ?? "").printable
    return Failure(
      "\(complaint("the daemon on \(daemon.name)")): \(line); when that is fixed, it reads \(tokens) by itself",
      code: EX_TEMPFAIL)
  }
}
