import CLinux
import Glibc

/// What a process must do before it holds a secret, so that none outlives it.
public enum Secrecy {
  /// The signals that Swift's runtime answers with a report of registers and of the memory they point to.
  private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP]

  /// No core file, no ptrace or look into its memory by the same user, and no report of a crash.
  public static func begin() {
    bearerd_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    for number in crashes { signal(number, SIG_DFL) }
  }
}
