#if DEBUG
  import Glibc
  import Synchronization
#endif

/// Where tests break an exchange between the full parse of a request and the last byte of its answer, to see that
/// no front lets anybody in. A release build has none of it: nothing strikes there, and the calls compile to nothing.
enum Fault {
  /// The steps after which an exchange can be broken.
  enum Step: String {
    /// The library was tried at the start; no request has come yet.
    case tested
    /// libfcgi has parsed the request.
    case parsed
    /// The parameters were taken.
    case parameters
    /// There is an answer, and nobody knows it yet.
    case decided
    /// The answer is in libfcgi's buffer.
    case put
    /// Some of the answer's bytes have left, the rest never will: `answer:N` for the first N, `answer:-N` for all
    /// but the last N.
    case answer
  }

  #if DEBUG
    private enum Action: String {
      /// The step fails, and the engine goes on without it.
      case fail
      /// The process ends at once, as by a trap or the kernel's out-of-memory killer.
      case die
      /// Nothing more happens in this loop: somebody may kill the process meanwhile.
      case hang
    }

    private struct Plan {
      var text: String
      var step: Step
      var length: Int
      var action: Action
    }

    /// Whether loops serve: what they try before that is not broken.
    private static let isArmed = Atomic(false)

    static func arm() { isArmed.store(true, ordering: .relaxed) }

    /// What is written in BEARERD_FAULT: `STEP=ACTION` or `answer:N=ACTION`. Nonsense ends the process, so that no
    /// test passes on a fault that never was.
    private static let plan: Plan? = {
      guard let text = getenv("BEARERD_FAULT") else { return nil }
      let written = String(cString: text)
      let words = written.split(whereSeparator: { $0 == "=" || $0 == ":" })
      guard words.count >= 2, let step = Step(rawValue: String(words[0])),
        let action = Action(rawValue: String(words[words.count - 1])),
        let length = words.count == 3 ? Int(words[1]) : 0
      else { fatalError("BEARERD_FAULT is not understood") }
      return Plan(text: written, step: step, length: length, action: action)
    }()

    /// Whether `step` is to fail now; does not return where the process is to die or hang there.
    static func strikes(_ step: Step) -> Bool {
      guard let plan, plan.step == step, isArmed.load(ordering: .relaxed) else { return false }
      return act(plan)
    }

    /// Sends the first bytes of the answer's record where the answer is to be cut, and strikes then.
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

    /// Says so first: where a test does not find it told, nothing was tried.
    private static func act(_ plan: Plan) -> Bool {
      let told = "BEARERD_FAULT strikes: \(plan.text)\n"
      write(STDERR_FILENO, told, told.utf8.count)
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
