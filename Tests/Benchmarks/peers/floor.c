// The floor: what no responder can do without. Accept, read, one comparison, write, close, on raw sockets. It
// understands no FastCGI: it looks for the one parameter as it stands on the wire, anywhere in what one read brought.
//
//   floor SOCKET TOKEN THREADS

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static int listener;
static char parameter[256];
static size_t parameter_length;
static char allowed[256], denied[256];
static size_t allowed_length, denied_length;

static void *serve(void *unused) {
  char request[8192];
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ssize_t count = read(connection, request, sizeof request);
    if (count > 0 && memmem(request, count, parameter, parameter_length))
      (void)!write(connection, allowed, allowed_length);
    else
      (void)!write(connection, denied, denied_length);
    close(connection);
  }
  return unused;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  // A web server that has gone is no reason to go, too.
  signal(SIGPIPE, SIG_IGN);
  listener = listen_on(argv[1]);
  // The lengths of name and value before them; the value's is of one byte.
  if (strlen(argv[2]) > 120) return 64;
  parameter_length = sprintf(parameter, "\x12%cHTTP_AUTHORIZATIONBearer %s", (char)(strlen(argv[2]) + 7), argv[2]);
  allowed_length = put_answer(allowed, ALLOWED);
  denied_length = put_answer(denied, DENIED);
  pthread_t thread;
  for (int number = 1; number < atoi(argv[3]); number++) pthread_create(&thread, NULL, serve, NULL);
  serve(NULL);
}
