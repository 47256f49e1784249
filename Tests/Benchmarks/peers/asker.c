// Asks a FastCGI responder directly, as nginx does under auth_request: connect, write, read, close. Every answer is
// looked at: one that is not `Status: 200` ends the run.
//
//   asker SOCKET SECRETS THREADS CHECKS PARAMETERS RATE
//
// SECRETS is a file with a secret a line, all of one length; each check takes one at random. CHECKS are those of all
// threads together; PARAMETERS is how many a request has, the secret's among them. RATE is how many checks begin in a
// second; with 0, each thread begins the next as soon as it has its answer. Prints JSON: the seconds, and percentiles of
// the time that a check takes, in microseconds: with a rate, since it was due, so that those count that a pause held up.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *secrets;
static size_t secret_length, secret_count;
static unsigned char request[1024];
static size_t request_length, secret_place;
static long checks;
static uint64_t interval, began;
static atomic_long next;
static uint32_t *nanoseconds;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void stop(const char *why) {
  fprintf(stderr, "asker: %s: %s\n", why, strerror(errno));
  _exit(1);
}

static void check(const unsigned char *bytes) {
  unsigned char answer[4096];
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) stop("socket");
  // A full backlog is waited for here; nginx would answer 500.
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) stop("connect");
  if (write(connection, bytes, request_length) != (ssize_t)request_length) stop("write");
  ssize_t count = read(connection, answer, sizeof answer);
  if (count < 32 || answer[1] != 6 || memcmp(answer + 8, "Status: 200", 11) != 0) stop("not allowed");
  close(connection);
}

static uint64_t wait_until_due(long number) {
  uint64_t due = began + number * interval;
  struct timespec time = {due / 1000000000, due % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0) {
  }
  return due;
}

static void *ask(void *unused) {
  // Or the kernel wakes it up to 50 us late.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  unsigned char bytes[sizeof request];
  memcpy(bytes, request, sizeof request);
  for (long number; (number = atomic_fetch_add(&next, 1)) < checks;) {
    // Spread over all secrets; the same ones in each run.
    uint64_t random = (number + 1) * 0x9e3779b97f4a7c15;
    random = (random ^ random >> 30) * 0xbf58476d1ce4e5b9;
    memcpy(bytes + secret_place, secrets + (random >> 20) % secret_count * (secret_length + 1), secret_length);
    uint64_t start = interval ? wait_until_due(number) : now();
    check(bytes);
    nanoseconds[number] = now() - start;
  }
  return unused;
}

static unsigned char *put_record(unsigned char *to, int type, size_t length) {
  unsigned char header[8] = {1, type, 0, 1, length >> 8, length & 255, 0, 0};
  return (unsigned char *)memcpy(to, header, 8) + 8;
}

static unsigned char *put_pair(unsigned char *to, const char *name, const char *value) {
  *to++ = strlen(name);
  *to++ = strlen(value);
  to = (unsigned char *)stpcpy((char *)to, name);
  return (unsigned char *)stpcpy((char *)to, value);
}

// The first of them as bearerd-auth.conf has nginx send them.
// `sends`: the token as "bearer", as "token" (BEARERD_TOKEN), or as "basic": then the secrets are in Base64 already.
static void make_request(int parameters, const char *sends) {
  static const char *const others[][2] = {
      {"REMOTE_ADDR", "192.0.2.7"},
      {"REQUEST_METHOD", "GET"},
      {"REQUEST_ID", "98861-3"},
      {"REQUEST_URI", "/api/v1/orders?page=2"},
      {"HTTP_ORIGIN", "https://app.example.com"},
      {"SERVER_NAME", "api.example.com"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
  };
  const int most = 1 + sizeof others / sizeof *others;
  if (parameters < 1 || parameters > most || secret_length > 120) stop("no such request");
  unsigned char *at = put_record(request, 1, 8);
  // The role of a responder; the connection is not kept.
  memcpy(at, (char[8]){0, 1}, 8);
  unsigned char *content = at + 16;
  char value[136];
  int is_token = strcmp(sends, "token") == 0, is_basic = strcmp(sends, "basic") == 0;
  // "ci:" in Base64 is Y2k6.
  sprintf(value, "%s%.*s", is_token ? "" : is_basic ? "Basic Y2k6" : "Bearer ", (int)secret_length, secrets);
  unsigned char *end = put_pair(content, is_token ? "BEARERD_TOKEN" : "HTTP_AUTHORIZATION", value);
  secret_place = end - request - secret_length;
  if (is_basic) end = put_pair(end, "BEARERD_ACCEPT", "bearer basic");
  for (int number = 1; number < parameters; number++) end = put_pair(end, others[number - 1][0], others[number - 1][1]);
  put_record(at + 8, 4, end - content);
  end = put_record(end, 4, 0);
  end = put_record(end, 5, 0);
  request_length = end - request;
}

static void map_secrets(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) stop(path);
  secrets = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (secrets == MAP_FAILED) stop(path);
  const char *end = memchr(secrets, '\n', status.st_size);
  if (!end) stop("a secret a line is needed");
  secret_length = end - secrets;
  secret_count = status.st_size / (secret_length + 1);
}

static int by_size(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static double percentile(double share) { return nanoseconds[(long)((checks - 1) * share)] / 1e3; }

int main(int argc, char **argv) {
  if (argc != 8) return 64;
  if (strlen(argv[1]) >= sizeof address.sun_path) stop("the socket's path is too long");
  strcpy(address.sun_path, argv[1]);
  map_secrets(argv[2]);
  int threads = atoi(argv[3]);
  checks = atol(argv[4]);
  make_request(atoi(argv[5]), argv[7]);
  if (atoi(argv[6]) > 0) interval = 1000000000 / atoi(argv[6]);
  nanoseconds = calloc(checks, sizeof *nanoseconds);
  pthread_t *thread = calloc(threads, sizeof *thread);
  if (threads < 1 || checks < 1 || !nanoseconds || !thread) stop("cannot ask so");
  began = now();
  for (int number = 0; number < threads; number++)
    if (pthread_create(&thread[number], NULL, ask, NULL) != 0) stop("pthread_create");
  for (int number = 0; number < threads; number++) pthread_join(thread[number], NULL);
  double seconds = (now() - began) / 1e9;
  qsort(nanoseconds, checks, sizeof *nanoseconds, by_size);
  printf("{\"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"longest\": %.1f}\n", seconds,
         percentile(0.5), percentile(0.99), percentile(0.999), percentile(1));
}
