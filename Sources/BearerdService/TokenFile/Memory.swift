import Glibc

/// What is left of the process's address space.
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
}
