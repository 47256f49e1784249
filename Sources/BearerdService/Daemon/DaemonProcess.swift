import CLinux
import Glibc

/// What the daemon asks of its own process.
enum DaemonProcess {
  /// Takes the descriptors 0 to 2 where they are closed, so that no socket becomes standard error.
  static func takeStandardDescriptors() {
    for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Raises the limit on descriptors as far as it may be; how many there may be then.
  static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
    return getrlimit(resource, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 1024
  }
}

/// What a process must do before it holds a secret, so that none outlives it.
package enum Secrecy {
  /// The signals that Swift's runtime answers with a report of registers and of the memory they point to.
  private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP]

  /// No core file, no ptrace or look into its memory by the same user, and no report of a crash.
  package static func begin() {
    bearerd_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    for number in crashes { signal(number, SIG_DFL) }
  }
}

/// What the process has of the machine's memory, and what is left for it.
enum Memory {
  /// Whether so many bytes more can be had at once: RLIMIT_AS and the kernel's own bookkeeping are asked, by
  /// mapping and giving back. The limit of a cgroup does not show here; the kernel ends the process at that.
  static func hasRoom(for count: Int) -> Bool {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let start = mmap(nil, max(1, count), PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED
    else { return false }
    munmap(start, max(1, count))
    return true
  }

  /// Has large memory come from the kernel, and go back to it when it is freed.
  ///
  /// malloc(3) by itself raises its bound to the size of what was freed: tables of a million tokens would stay with us
  /// after a reload, and memory that is to be zeros would be written instead of mapped.
  static func returnWhatIsFreed() { mallopt(M_MMAP_THRESHOLD, 256 << 10) }

  /// Gives all free memory back to the kernel. Threads that allocate meanwhile wait, for some milliseconds.
  static func returnUnused() { malloc_trim(0) }
}
