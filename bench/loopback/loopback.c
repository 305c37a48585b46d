/* How fast one process gives 256 MiB to another through a socket: the yardstick for transfers from worker to worker.
 *   loopback tcp|unix      prints GB/s, the median of 5 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 6 };
static const size_t NBYTES = 256u << 20;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void need(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

/* Two ends of a connection: [0] reads, [1] writes. */
static void open_pair(int tcp, int ends[2]) {
  if (!tcp) {
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    return;
  }
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  need(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 1) == 0, "listen");
  getsockname(listener, (struct sockaddr *)&at, &size);
  ends[0] = socket(AF_INET, SOCK_STREAM, 0);
  need(connect(ends[0], (struct sockaddr *)&at, size) == 0, "connect");
  ends[1] = accept(listener, NULL, NULL);
  setsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  close(listener);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int ends[2];
  char *memory = malloc(NBYTES);
  memset(memory, 1, NBYTES);
  open_pair(argc < 2 || strcmp(argv[1], "unix") != 0, ends);
  if (fork() == 0) {
    char asked;
    close(ends[0]);
    while (read(ends[1], &asked, 1) == 1)
      for (size_t done = 0; done < NBYTES;) {
        ssize_t n = write(ends[1], memory + done, NBYTES - done);
        need(n > 0, "write");
        done += (size_t)n;
      }
    return 0;
  }
  close(ends[1]);
  double rates[RUNS];
  for (int run = 0; run < RUNS; run++) {
    double begun = now();
    need(write(ends[0], "x", 1) == 1, "ask");
    for (size_t done = 0; done < NBYTES;) {
      ssize_t n = read(ends[0], memory + done, NBYTES - done);
      need(n > 0, "read");
      done += (size_t)n;
    }
    rates[run] = (double)NBYTES / (now() - begun) / 1e9;
  }
  close(ends[0]);
  wait(NULL);
  qsort(rates + 1, RUNS - 1, sizeof *rates, ascending); /* the first one is warm-up */
  printf("%.3f\n", rates[1 + (RUNS - 1) / 2]);
  return 0;
}
