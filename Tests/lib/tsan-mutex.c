// Lets ThreadSanitizer see the slow path of Swift's Mutex. The fast path is inlined and instrumented. If two threads
// compete, the standard library, which is not instrumented, waits in the kernel, and the sanitizer does not see the lock.
// Tests/sanitize links these functions, which replace the library's own.

#include <dlfcn.h>
#include <stdint.h>

#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
__attribute__((swiftcall)) void unlock_slow(SELF) __asm__(UNLOCK);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) {
  typedef __attribute__((swiftcall)) void Lock(uint32_t, SELF);
  ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, self);
  __tsan_acquire(self);
}

__attribute__((swiftcall)) void unlock_slow(SELF) {
  typedef __attribute__((swiftcall)) void Unlock(SELF);
  __tsan_release(self);
  ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(self);
}
