import CLinux
import Glibc

/// Settings of the daemon's own process.
enum DaemonProcess {
  /// Opens the descriptors 0 to 2 if they are closed; otherwise a socket could become standard error.
  static func takeStandardDescriptors() {
    for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 {
      // open(2) returns the lowest free descriptor, which is this one.
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Raises the limit on descriptors to its maximum; returns the limit.
  static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
    return getrlimit(resource, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 1024
  }
}

/// Protects secrets in memory; to be called before the process holds one.
package enum Secrecy {
  /// The signals for which Swift's runtime reports registers and the memory they point to.
  private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP]

  /// Disables core files, ptrace and reading of the memory by the same user, and crash reports.
  package static func begin() {
    bearerd_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    for number in crashes { signal(number, SIG_DFL) }
  }
}

/// The memory of the process.
enum Memory {
  /// Whether `count` more bytes can be allocated at once: a mapping is tried, which RLIMIT_AS and the kernel's
  /// accounting may refuse. The limit of a cgroup is not seen this way; the kernel ends the process at that
  /// limit.
  static func hasRoom(for count: Int) -> Bool {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let start = mmap(nil, max(1, count), PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED
    else { return false }
    munmap(start, max(1, count))
    return true
  }

  /// Makes malloc(3) map large blocks separately, and unmap them when they are freed.
  ///
  /// By default malloc raises its threshold to the size of a freed block: the tables of a million tokens would
  /// stay allocated after a reload, and zeroed memory would be written instead of mapped.
  static func returnWhatIsFreed() { mallopt(M_MMAP_THRESHOLD, 256 << 10) }

  /// Returns all free memory to the kernel. Threads that allocate meanwhile wait some milliseconds.
  static func returnUnused() { malloc_trim(0) }
}
