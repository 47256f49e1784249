/* Calls of Linux and of its C library that Swift's Glibc module lacks. Header only, without state. */
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

/* accept4(2) needs _GNU_SOURCE, and its address argument is a transparent union, which Swift does not support. */
static inline int bearerd_accept(int listener) {
  return (int)syscall(SYS_accept4, listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* The same, with the peer's address. */
static inline int bearerd_accept_from(int listener, struct sockaddr_storage *peer) {
  socklen_t length = sizeof *peer;
  return (int)syscall(SYS_accept4, listener, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* O_PATH needs _GNU_SOURCE too. Refers to a file without opening it, and follows no link. */
static inline int bearerd_open_path(const char *path) {
  return open(path, __O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* prctl(2) is variadic, which Swift cannot call. */
static inline int bearerd_set_thread_name(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* Disables core files, and ptrace by the same user: both would reveal secrets. */
static inline int bearerd_forbid_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
