// The loop of libfcgi's own example for threads (examples/threaded.c): a lock around accept, one look at a parameter,
// a printed answer, finish.
//
//   textbook SOCKET TOKEN THREADS

#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

static int listener;
static char expected[256] = "Bearer ";

static void *serve(void *unused) {
  static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;
  FCGX_Request request;
  FCGX_InitRequest(&request, listener, 0);
  for (;;) {
    // "Some platforms require accept() serialization, some don't."
    pthread_mutex_lock(&accepting);
    int code = FCGX_Accept_r(&request);
    pthread_mutex_unlock(&accepting);
    if (code < 0) return unused;
    const char *header = FCGX_GetParam("HTTP_AUTHORIZATION", request.envp);
    FCGX_FPrintF(request.out, "%s", header && strcmp(header, expected) == 0 ? ALLOWED : DENIED);
    FCGX_Finish_r(&request);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  listener = listen_on(argv[1]);
  strncat(expected, argv[2], sizeof expected - 8);
  FCGX_Init();
  // libfcgi's own handler ends only the thread that takes the signal.
  signal(SIGTERM, SIG_DFL);
  pthread_t thread;
  for (int number = 1; number < atoi(argv[3]); number++) pthread_create(&thread, NULL, serve, NULL);
  serve(NULL);
}
