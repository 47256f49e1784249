#if DEBUG
  import Glibc
  import Synchronization
#endif

/// Faults that tests inject between the parsed request and the last byte of its response, to verify that no web
/// server allows a request then. In a release build the calls compile to nothing.
enum Fault {
  /// The steps after which a fault can be injected.
  enum Step: String {
    /// libfcgi was tested at the start; no request has arrived.
    case tested
    /// libfcgi has parsed the request.
    case parsed
    /// The parameters were copied.
    case parameters
    /// The response is prepared, and nothing of it was passed on.
    case decided
    /// The response is in libfcgi's buffer.
    case put
    /// Some bytes of the response were sent, the rest is not: `answer:N` for the first N, `answer:-N` for all
    /// but the last N.
    case answer
  }

  #if DEBUG
    private enum Action: String {
      /// The step fails, and the engine handles the failure.
      case fail
      /// The process ends at once, as by a trap or the kernel's out-of-memory killer.
      case die
      /// This loop stops; the test may kill the process.
      case hang
    }

    private struct Plan {
      var text: String
      var step: Step
      var length: Int
      var action: Action
    }

    /// Whether loops serve: the test of libfcgi before that is not disturbed.
    private static let isArmed = Atomic(false)

    static func arm() { isArmed.store(true, ordering: .relaxed) }

    /// The value of BEARERD_FAULT: `STEP=ACTION` or `answer:N=ACTION`. An invalid value ends the process;
    /// otherwise a test could pass without its fault.
    private static let plan: Plan? = {
      guard let text = getenv("BEARERD_FAULT") else { return nil }
      let written = String(cString: text)
      let words = written.split(whereSeparator: { $0 == "=" || $0 == ":" })
      guard words.count >= 2, let step = Step(rawValue: String(words[0])),
        let action = Action(rawValue: String(words[words.count - 1])),
        let length = words.count == 3 ? Int(words[1]) : 0
      else { fatalError("invalid BEARERD_FAULT") }
      return Plan(text: written, step: step, length: length, action: action)
    }()

    /// Whether `step` must fail now; does not return if the process must die or hang there.
    static func strikes(_ step: Step) -> Bool {
      guard let plan, plan.step == step, isArmed.load(ordering: .relaxed) else { return false }
      return act(plan)
    }

    /// Sends the first bytes of the response's record if the response is to be truncated, and then acts.
    static func cuts(_ answer: Response, of requestID: Int32, on descriptor: Int32) -> Bool {
      guard let plan, plan.step == .answer, isArmed.load(ordering: .relaxed) else { return false }
      let header = RecordHeader(
        type: RecordType.stdout, requestID: UInt16(truncatingIfNeeded: requestID), contentLength: answer.count
      )
      let bytes = header.bytes + answer.bytes
      let count = plan.length < 0 ? bytes.count + plan.length : plan.length
      _ = Socket.send(descriptor, bytes.span, count: count)
      return act(plan)
    }

    /// Logs the fault first: a test that does not find the line knows that the fault did not occur.
    private static func act(_ plan: Plan) -> Bool {
      let message = "BEARERD_FAULT strikes: \(plan.text)\n"
      write(STDERR_FILENO, message, message.utf8.count)
      switch plan.action {
      case .fail: return true
      case .die: kill(getpid(), SIGKILL)
      case .hang: break
      }
      while true { pause() }
    }
  #else
    @inline(__always) static func arm() {}
    @inline(__always) static func strikes(_ step: Step) -> Bool { false }
    @inline(__always) static func cuts(_ answer: Response, of requestID: Int32, on descriptor: Int32) -> Bool
    {
      false
    }
  #endif
}
