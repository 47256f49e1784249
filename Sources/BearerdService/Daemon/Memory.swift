import CLinux
import Glibc

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

  /// Unmaps the code of the program and its libraries: what is still run comes back from the files, page by page.
  ///
  /// Starting runs far more of it than serving does: flags and their help, the casts of Swift's runtime, the dynamic linker.
  static func unmapCode() {
    guard let maps = try? Descriptor(opening: "/proc/self/maps", O_RDONLY).readToEnd(limit: 1 << 20) else {
      return
    }
    for line in maps.split(separator: UInt8(ascii: "\n")) {
      // 55f2a0c00000-55f2a195f000 r-xp 00000000 fe:00 5327644    /usr/sbin/bearerd
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count == 6, fields[1].elementsEqual("r-xp".utf8), fields[5].first == UInt8(ascii: "/")
      else {
        continue
      }
      let ends = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
        Int(String(decoding: $0, as: UTF8.self), radix: 16)
      }
      guard ends.count == 2 else { continue }
      madvise(UnsafeMutableRawPointer(bitPattern: ends[0]), ends[1] - ends[0], MADV_DONTNEED)
    }
  }
}
