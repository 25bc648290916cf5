/*
 * The load generator. It sends one request, read from a file, over many connections of 127.0.0.1, in one of four ways:
 *   closed  every connection sends its next request when the last one was answered
 *   rate    requests start at fixed instants; a late start counts as latency, as the caller would see it
 *   once    every connection sends one request and is done
 *   sockets every connection opens a WebSocket and keeps it open, answering pings, until the window ends
 * It prints {"event":"begin"} when the measured window starts, and the figures with "event":"end" when it is over.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "response.h"
#include "samples.h"
#include "websocket.h"

#define SECOND 1000000000LL

typedef struct Conn {
  int fd, busy, measured;
  size_t sent;
  long long scheduled, startAt;
  Response response;
} Conn;

static struct {
  int port, connections, chunks;
  const char *mode;
  double rate;
  long long warmup, length, ramp, limit;
  char *request;
  size_t requestLength;
} options = {.connections = 1, .mode = "closed", .length = SECOND, .limit = 600 * SECOND};

static struct {
  long long requests, chunks, failed, incomplete;
  int open, peakOpen, status;
  Samples latency, firstChunk, delay;
} total;

static Conn *conns;
static Conn **idle;
static int idleCount, epollFd, timerFd, started, measuring, stopping;
static long long start, nextArrival;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static int isMode(const char *mode) { return strcmp(options.mode, mode) == 0; }

static void openSocket(Conn *c) {
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)options.port)};
  struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = c}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connect(c->fd, (struct sockaddr *)&address, sizeof address);
  epoll_ctl(epollFd, EPOLL_CTL_ADD, c->fd, &event);
}

static void closeSocket(Conn *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
}

static void writeRequest(Conn *c) {
  if (!c->busy || c->sent == options.requestLength) return;
  ssize_t n = send(c->fd, options.request + c->sent, options.requestLength - c->sent, MSG_NOSIGNAL);
  if (n > 0) c->sent += (size_t)n;
}

static void begin(Conn *c, long long scheduled) {
  c->busy = 1;
  c->sent = 0;
  c->measured = measuring;
  c->scheduled = scheduled;
  resetResponse(&c->response);
  if (c->fd < 0) openSocket(c);
  else writeRequest(c);
}

static void onStamp(void *owner, long long stamp) {
  Conn *c = owner;
  long long time = now();
  if (c->response.chunks == 1) {
    if (++total.open > total.peakOpen) total.peakOpen = total.open;
    if (measuring && c->measured) addSample(&total.firstChunk, time - c->scheduled);
  }
  if (!measuring) return;
  total.chunks++;
  addSample(&total.delay, time - stamp);
}

static void finish(Conn *c, int complete) {
  Response *r = &c->response;
  long long time = now();
  c->busy = 0;
  if (r->chunks > 0) total.open--;
  if (r->status != 200 && r->status != 101) { total.failed++; total.status = r->status; }
  else if (!complete || r->failed || r->chunks != options.chunks || (options.chunks && !r->done)) total.incomplete++;
  else if (measuring) {
    total.requests++;
    if (c->measured || isMode("closed")) addSample(&total.latency, time - c->scheduled);
  }
  if (!complete || !r->keepAlive || c->sent < options.requestLength || isMode("once")) closeSocket(c);
  if (stopping || isMode("once") || isMode("sockets")) return;
  if (isMode("closed")) begin(c, now());
  else idle[idleCount++] = c;
}

/* A WebSocket counts as open with its first message, which the upstream sends: then the whole way is there. */
static void onFrame(Conn *c, const Frame *f) {
  unsigned char pong[8 + 125];
  if (f->opcode == PING && f->length <= 125) {
    size_t head = writeFrameHead(pong, PONG, f->length, 1);
    memcpy(pong + head, f->payload, f->length);
    send(c->fd, pong, head + f->length, MSG_NOSIGNAL);
  } else if (f->opcode == CLOSE) finish(c, 0);
  else if (f->opcode == TEXT && c->response.chunks++ == 0 && ++total.open > total.peakOpen) total.peakOpen = total.open;
}

static void readFrames(Conn *c, const char *bytes, size_t length) {
  Response *r = &c->response;
  Frame frame;
  if (length > sizeof r->text - (size_t)r->line) { finish(c, 0); return; }
  memcpy(r->text + r->line, bytes, length);
  r->line += (int)length;
  while (c->busy && readFrame((unsigned char *)r->text, (size_t)r->line, &frame)) {
    onFrame(c, &frame);
    r->line -= (int)frame.total;
    memmove(r->text, r->text + frame.total, (size_t)r->line);
  }
}

static void readSocket(Conn *c) {
  static char buffer[262144];
  for (;;) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      if (c->busy) finish(c, c->response.state == UNTIL_CLOSE && n == 0);
      else closeSocket(c);
      return;
    }
    size_t used = c->busy ? readResponse(&c->response, buffer, (size_t)n, onStamp, c) : 0;
    if (c->busy && c->response.state == SOCKET) readFrames(c, buffer + used, (size_t)n - used);
    if (c->busy && c->response.state == COMPLETE) { finish(c, 1); return; }
    if (c->fd < 0) return;
    if (n < (ssize_t)sizeof buffer) return;
  }
}

static void startArrivals(long long time) {
  while (!stopping && idleCount > 0 && nextArrival <= time) {
    begin(idle[--idleCount], nextArrival);
    nextArrival += (long long)(SECOND / options.rate);
  }
}

static void startRamp(long long time) {
  while (started < options.connections && conns[started].startAt <= time) {
    Conn *c = &conns[started++];
    if (isMode("rate")) { openSocket(c); idle[idleCount++] = c; }
    else begin(c, time);
  }
}

static int busyCount(void) {
  int busy = 0;
  for (int i = 0; i < options.connections; i++) busy += conns[i].busy;
  return busy;
}

static void printEnd(long long measured) {
  printf("{\"event\":\"end\",\"seconds\":%.3f,\"requests\":%lld,\"chunks\":%lld,\"peakOpen\":%d,\"open\":%d,",
         (double)measured / SECOND, total.requests, total.chunks, total.peakOpen, total.open);
  printSamples("latencyUs", &total.latency);
  printSamples("firstChunkUs", &total.firstChunk);
  printSamples("chunkDelayUs", &total.delay);
  printf("\"started\":%d}\n", started);
  fflush(stdout);
}

/* Streams still open when the window closes may end in peace, so that every one is seen to be complete. */
static void printDone(void) {
  printf("{\"event\":\"done\",\"failed\":%lld,\"failedStatus\":%d,\"incomplete\":%lld,\"unfinished\":%d}\n", total.failed,
         total.status, total.incomplete, busyCount());
  fflush(stdout);
}

/* Those that never opened stay, and are counted as unfinished. */
static void hangUp(void) {
  for (int i = 0; i < options.connections; i++) {
    if (conns[i].response.state != SOCKET || conns[i].response.chunks == 0) continue;
    conns[i].busy = 0;
    closeSocket(&conns[i]);
  }
}

static void tick(long long time) {
  if (!measuring && time >= start + options.warmup) {
    measuring = 1;
    nextArrival = time;
    puts("{\"event\":\"begin\"}");
    fflush(stdout);
  }
  startRamp(time);
  if (isMode("rate")) startArrivals(time);
}

static long long nextTick(long long time) {
  long long next = time + SECOND / 20;
  if (!measuring && start + options.warmup > time && start + options.warmup < next) next = start + options.warmup;
  if (started < options.connections && conns[started].startAt < next) next = conns[started].startAt;
  if (isMode("rate") && idleCount > 0 && nextArrival < next) next = nextArrival;
  return next > time ? next : time + 1000;
}

static void wait(void) {
  struct epoll_event events[512];
  long long next = nextTick(now());
  struct itimerspec when = {{0, 0}, {next / SECOND, next % SECOND}};
  timerfd_settime(timerFd, TFD_TIMER_ABSTIME, &when, NULL);
  int count = epoll_wait(epollFd, events, 512, -1);
  for (int i = 0; i < count; i++) {
    Conn *c = events[i].data.ptr;
    if (!c || c->fd < 0) continue;
    if (events[i].events & EPOLLOUT) writeRequest(c);
    if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readSocket(c);
  }
}

static void run(void) {
  long long once = isMode("once"), end = start + options.warmup + (once ? options.limit : options.length);
  do {
    tick(now());
    wait();
  } while (now() < end && !(once && started == options.connections && busyCount() == 0));
  printEnd(now() - start - options.warmup);
  if (isMode("sockets")) hangUp();
  measuring = 0;
  stopping = 1;
  end = now() + (once || isMode("sockets") ? 0 : options.limit);
  while (now() < end && busyCount() > 0) wait();
  printDone();
}

static void readFile(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(2); }
  fseek(file, 0, SEEK_END);
  options.requestLength = (size_t)ftell(file);
  rewind(file);
  options.request = malloc(options.requestLength);
  if (fread(options.request, 1, options.requestLength, file) != options.requestLength) exit(2);
  fclose(file);
}

static void readOption(const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) options.port = atoi(value);
  else if (strcmp(name, "--request") == 0) readFile(value);
  else if (strcmp(name, "--mode") == 0) options.mode = value;
  else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
  else if (strcmp(name, "--chunks") == 0) options.chunks = atoi(value);
  else if (strcmp(name, "--rate") == 0) options.rate = atof(value);
  else if (strcmp(name, "--warmup") == 0) options.warmup = (long long)(atof(value) * SECOND);
  else if (strcmp(name, "--seconds") == 0) options.length = (long long)(atof(value) * SECOND);
  else if (strcmp(name, "--ramp") == 0) options.ramp = (long long)(atof(value) * SECOND);
  else if (strcmp(name, "--limit") == 0) options.limit = (long long)(atof(value) * SECOND);
  else { fprintf(stderr, "unknown option %s\n", name); exit(2); }
}

int main(int count, char **arguments) {
  struct epoll_event ticking = {EPOLLIN | EPOLLET, {.ptr = NULL}};
  for (int i = 1; i + 1 < count; i += 2) readOption(arguments[i], arguments[i + 1]);
  epollFd = epoll_create1(0);
  timerFd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  epoll_ctl(epollFd, EPOLL_CTL_ADD, timerFd, &ticking);
  conns = calloc((size_t)options.connections, sizeof *conns);
  idle = calloc((size_t)options.connections, sizeof *idle);
  start = nextArrival = now();
  for (int i = 0; i < options.connections; i++) {
    conns[i].fd = -1;
    conns[i].startAt = start + options.ramp * i / options.connections;
  }
  run();
  return 0;
}
