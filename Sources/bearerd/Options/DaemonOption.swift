import ArgumentParser
import BearerAuth
import BearerdService
import FastCGI
import FoundationEssentials
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

/// Which tokens the daemon has read, in the words of its answer.
private struct DaemonReading: Decodable {
  var path: String
  /// The version in force, as `TokenSource.digest` names it.
  var read: String?
  /// The version it tried last.
  var tried: String?
  /// Why that one is not in force.
  var failure: String?
}

/// What an edit of the tokens does last: it waits until the daemon has read it.
struct Confirmation {
  /// The path of the tokens, as it was given.
  let tokens: String
  let daemon: DaemonOption
  /// For the error, if the daemon goes on with the tokens from before: `the token is removed, but {} still accepts it`.
  let complaint: (_ daemon: String) -> String

  /// After so long without any news of the daemon or the file it is given up, in milliseconds.
  private static let timeout: UInt64 = 5000
  /// And in any case after so long.
  private static let limit: UInt64 = 30_000

  /// - Throws: where a daemon of these tokens answers, and has not read what is there now.
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

  /// nil where there is nothing to wait for, which is said.
  private func reading() throws(Failure) -> DaemonReading? {
    let response: ResponseMessage
    do throws(DaemonOption.Unreachable) {
      response = try daemon.response(to: "tokens")
    } catch {
      switch error.kind {
      case .absent:
        Console.note(
          "No daemon answers on \(daemon.name); it reads the change when it starts. If it listens elsewhere, say so "
            + "with --listen.")
      case .unknown: Console.note("Whether the daemon has read the change is not known: \(error.message).")
      case .hangs: throw failed(error.message)
      }
      return nil
    }
    guard response.status == 200,
      let reading = try? JSONDecoder().decode(DaemonReading.self, from: Data(response.body.utf8))
    else {
      Console.note(
        "Whether the daemon on \(daemon.name) has read the change is not known: it does not say; is it of another "
          + "version than \(Bearerd.version)?")
      return nil
    }
    guard TokenSource(path: tokens).isSame(as: reading.path) else {
      Console.note(
        "Whether a daemon has read the change is not known: the one on \(daemon.name) reads "
          + "\(reading.path.printable), not \(tokens).")
      return nil
    }
    return reading
  }

  private func failed(_ reason: String) -> Failure {
    let line = (reason.split(separator: "\n").first.map(String.init) ?? "").printable
    return Failure(
      "\(complaint("the daemon on \(daemon.name)")): \(line); once that is mended it reads \(tokens) by itself",
      code: EX_TEMPFAIL)
  }
}
