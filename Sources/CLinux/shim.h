/* The calls of Linux and of its C library that Swift's Glibc module does not carry. Header only: nothing here has
 * state. */
#pragma once

#include <fcntl.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

/* accept4(2) stands behind _GNU_SOURCE, and its address argument is a transparent union, which Swift
 * cannot spell. */
static inline int bearerd_accept(int listener) {
  return (int)syscall(SYS_accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* The same where the peer's address is asked for. */
static inline int bearerd_accept_from(int listener, struct sockaddr_storage *peer) {
  socklen_t length = sizeof *peer;
  return (int)syscall(SYS_accept4, listener, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* O_PATH stands behind _GNU_SOURCE as well. Names a file without opening it, and follows no link. */
static inline int bearerd_open_path(const char *path) {
  return open(path, __O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* prctl(2) is variadic, which Swift cannot call. */
static inline int bearerd_set_thread_name(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* No core file, and no ptrace by the same user: both would hold secrets. */
static inline int bearerd_forbid_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
