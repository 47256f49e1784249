// What the peers in C share: the listening socket and the two answers, which are as long as bearerd's.
#pragma once

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ALLOWED                                                                                      \
  "Status: 200 OK\r\nX-Bearerd-Application: bench\r\nX-Bearerd-Key: k7f3q2\r\nCache-Control: no-store\r\n" \
  "Content-Length: 0\r\n\r\n"
#define DENIED                                                                                       \
  "Status: 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"bench\"\r\nCache-Control: no-store\r\n"    \
  "Content-Length: 0\r\n\r\n"

static inline int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  unlink(path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) {
    perror(path);
    _exit(1);
  }
  chmod(path, 0666);
  return listener;
}

// One STDOUT record and END_REQUEST, for the request 1: all that a web server needs. Its length.
static inline size_t put_answer(char *to, const char *text) {
  size_t length = strlen(text), padding = -length & 7;
  memset(to, 0, 8 + length + padding + 24);
  memcpy(to, (char[]){1, 6, 0, 1, 0, (char)length, (char)padding, 0}, 8);
  memcpy(to + 8, text, length);
  char *end = to + 8 + length + padding;
  memcpy(end, (char[]){1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 8, 0, 0}, 16);
  return end + 24 - to;
}
