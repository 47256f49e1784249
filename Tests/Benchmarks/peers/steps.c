// From the floor towards a filter: what anyone must do beyond it who has libfcgi parse what strangers send, one step at a
// time, and nothing else. Each step does those before it, too; none decides more than the floor does.
//
//   steps SOCKET TOKEN THREADS STEP
//
//   look     the request is looked at before it is read: libfcgi may be shown a whole one only
//   libfcgi  libfcgi parses it, and sends the answer; accepting and closing are not left to it
//   loop     an event loop waits for callers, so that one who says nothing is no thread's loss; the other threads would
//            only be woken for callers whom the first is about to take, so there are none
//   hash     what is compared is hashed

#define _GNU_SOURCE
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static enum { LOOK, LIBFCGI, LOOP, HASH } step;
static int listener;
static char expected[256] = "Bearer ";
static unsigned char expected_digest[32];
static char allowed[256], denied[256];
static size_t allowed_length, denied_length;

struct responder {
  FCGX_Request request;
  EVP_MD *algorithm;
  EVP_MD_CTX *context;
};

static int is_expected(struct responder *self, const char *header) {
  unsigned char digest[32];
  if (!header) return 0;
  if (step < HASH) return strcmp(header, expected) == 0;
  EVP_DigestInit_ex2(self->context, self->algorithm, NULL);
  EVP_DigestUpdate(self->context, header, strlen(header));
  return EVP_DigestFinal_ex(self->context, digest, NULL) == 1 && memcmp(digest, expected_digest, sizeof digest) == 0;
}

// Whether the connection is to be closed.
static int answer_by_libfcgi(struct responder *self, int connection) {
  FCGX_Request *request = &self->request;
  char body[4096];
  request->ipcFd = connection;
  // The connection is to stay ours.
  request->keepConnection = request->detached = 1;
  // It has closed the connection then.
  if (FCGX_Accept_r(request) != 0) return 0;
  while (FCGX_GetStr(body, sizeof body, request->in) == sizeof body) {
  }
  const char *text = is_expected(self, FCGX_GetParam("HTTP_AUTHORIZATION", request->envp)) ? ALLOWED : DENIED;
  FCGX_PutStr(text, strlen(text), request->out);
  request->keepConnection = 1;
  FCGX_Finish_r(request);
  return 1;
}

static int answer(int connection) {
  char request[8192];
  ssize_t count = read(connection, request, sizeof request);
  if (count > 0 && memmem(request, count, expected, strlen(expected)))
    (void)!write(connection, allowed, allowed_length);
  else
    (void)!write(connection, denied, denied_length);
  return 1;
}

// Whether there was something to look at.
static int welcome(struct responder *self, int connection) {
  char request[8192];
  if (recv(connection, request, sizeof request, MSG_PEEK) < 0 && errno == EAGAIN) return 0;
  if (step == LOOK ? answer(connection) : answer_by_libfcgi(self, connection)) close(connection);
  return 1;
}

static void watch(int queue, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event);
}

// How many are accepted in a row before those are looked at again that had nothing to say yet.
#define MOST 64

static void accept_all(struct responder *self, int queue) {
  int silent[MOST], count = 0;
  for (int accepted = 0; accepted < MOST; accepted++) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) break;
    if (!welcome(self, connection)) silent[count++] = connection;
  }
  for (int index = 0; index < count; index++)
    if (!welcome(self, silent[index])) watch(queue, silent[index]);
}

static void loop(struct responder *self) {
  int queue = epoll_create1(EPOLL_CLOEXEC);
  watch(queue, listener);
  for (struct epoll_event event;;) {
    if (epoll_wait(queue, &event, 1, -1) < 1) continue;
    if (event.data.fd == listener)
      accept_all(self, queue);
    else
      welcome(self, event.data.fd);
  }
}

static void *serve(void *unused) {
  struct responder self;
  FCGX_InitRequest(&self.request, -1, 0);
  self.algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
  self.context = EVP_MD_CTX_new();
  if (step >= LOOP) loop(&self);
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) welcome(&self, connection);
  }
  return unused;
}

int main(int argc, char **argv) {
  static const char *const names[] = {"look", "libfcgi", "loop", "hash"};
  if (argc != 5 || strlen(argv[2]) > 120) return 64;
  while (strcmp(argv[4], names[step]) != 0)
    if (++step > HASH) return 64;
  listener = listen_on(argv[1]);
  if (step >= LOOP) fcntl(listener, F_SETFL, O_NONBLOCK);
  strcat(expected, argv[2]);
  EVP_Digest(expected, strlen(expected), expected_digest, NULL, EVP_sha256(), NULL);
  allowed_length = put_answer(allowed, ALLOWED);
  denied_length = put_answer(denied, DENIED);
  FCGX_Init();
  // A web server that has gone is no reason to go, too; and libfcgi's own handler ends only the thread that takes the signal.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, SIG_DFL);
  pthread_t thread;
  int threads = step >= LOOP ? 1 : atoi(argv[3]);
  for (int number = 1; number < threads; number++) pthread_create(&thread, NULL, serve, NULL);
  serve(NULL);
}
