/*
 * The scripted upstream: answers POSTs with a canned answer or a paced stream, GETs with a list of models.
 * The pace is in the model's name: bench-5ms, bench-500ms-20 (20 chunks), bench-unpaced. It prints its port, then serves until killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "answers.h"

#define QUEUES 16
#define EVENTS 512

typedef struct Conn {
  int fd;
  char *in, *out;
  size_t inLength, inCapacity, outLength, outCapacity;
  int chunksLeft, closing;
  struct Queue *queue;
  long long due;
  struct Conn *next, *previous;
} Conn;

/* Streams of one pace: every one is put at the end when it was served, so the first is always the next one due. */
typedef struct Queue {
  long long interval;
  Conn *first, *last;
} Queue;

static Queue queues[QUEUES];
static int queueCount, epollFd, timerFd;
static char wholeAnswer[4096], modelsAnswer[1024], streamEnd[2048];
static size_t wholeLength, modelsLength, streamEndLength;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void unlinkConn(Conn *c) {
  Queue *q = c->queue;
  if (!q) return;
  if (c->previous) c->previous->next = c->next; else q->first = c->next;
  if (c->next) c->next->previous = c->previous; else q->last = c->previous;
  c->queue = NULL;
  c->next = c->previous = NULL;
}

static void appendConn(Queue *q, Conn *c, long long due) {
  c->queue = q;
  c->due = due;
  c->previous = q->last;
  c->next = NULL;
  if (q->last) q->last->next = c; else q->first = c;
  q->last = c;
}

static Queue *queueOf(long long interval) {
  for (int i = 0; i < queueCount; i++)
    if (queues[i].interval == interval) return &queues[i];
  if (queueCount == QUEUES) return &queues[0];
  queues[queueCount].interval = interval;
  return &queues[queueCount++];
}

static void put(Conn *c, const char *bytes, size_t length) {
  size_t sent = 0;
  if (c->outLength == 0) {
    ssize_t n = send(c->fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) { c->closing = 1; return; }
    if (n > 0) sent = (size_t)n;
  }
  if (sent == length) return;
  size_t rest = length - sent;
  if (c->outLength + rest > c->outCapacity) {
    c->outCapacity = (c->outLength + rest) * 2;
    c->out = realloc(c->out, c->outCapacity);
  }
  memcpy(c->out + c->outLength, bytes + sent, rest);
  c->outLength += rest;
}

static void flush(Conn *c) {
  if (c->outLength == 0) return;
  ssize_t n = send(c->fd, c->out, c->outLength, MSG_NOSIGNAL);
  if (n < 0) { if (errno != EAGAIN) c->closing = 1; return; }
  c->outLength -= (size_t)n;
  memmove(c->out, c->out + n, c->outLength);
}

static void sendChunk(Conn *c) {
  char frame[512], event[480];
  int length = snprintf(event, sizeof event, STREAM_CHUNK, now());
  int total = snprintf(frame, sizeof frame, "%x\r\n%s\r\n", length, event);
  put(c, frame, (size_t)total);
  if (--c->chunksLeft == 0) put(c, streamEnd, streamEndLength);
}

static void sendUnpaced(Conn *c) {
  while (c->chunksLeft > 0 && c->outLength == 0 && !c->closing) sendChunk(c);
}

static void serveDue(void) {
  long long time = now();
  for (int i = 0; i < queueCount; i++) {
    Queue *q = &queues[i];
    while (q->first && q->first->due <= time) {
      Conn *c = q->first;
      long long due = c->due + q->interval;
      unlinkConn(c);
      if (!c->closing) sendChunk(c);
      if (c->chunksLeft > 0) appendConn(q, c, due);
    }
  }
}

static void armTimer(void) {
  long long first = 0;
  for (int i = 0; i < queueCount; i++)
    if (queues[i].first && (!first || queues[i].first->due < first)) first = queues[i].first->due;
  struct itimerspec when = {{0, 0}, {first / 1000000000LL, first % 1000000000LL}};
  timerfd_settime(timerFd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void startStream(Conn *c, const char *model, const char *end) {
  int milliseconds = 0, chunks = 100;
  if (model && model < end) sscanf(model, "bench-%dms-%d", &milliseconds, &chunks);
  c->chunksLeft = chunks;
  put(c, STREAM_HEAD, sizeof STREAM_HEAD - 1);
  if (milliseconds == 0) { sendUnpaced(c); return; }
  Queue *q = queueOf(milliseconds * 1000000LL);
  sendChunk(c);
  if (c->chunksLeft > 0) appendConn(q, c, now() + q->interval);
}

static void answer(Conn *c, char *body, size_t length) {
  if (strncmp(c->in, "GET ", 4) == 0) { put(c, modelsAnswer, modelsLength); return; }
  char *model = memmem(body, length, "bench-", 6);
  int streamed = memmem(body, length, "\"stream\":true", 13) || memmem(body, length, "\"stream\": true", 14);
  if (streamed) startStream(c, model, body + length);
  else put(c, wholeAnswer, wholeLength);
}

static char *headerValue(char *head, char *end, const char *name) {
  size_t length = strlen(name);
  for (char *line = head; line < end; line = memmem(line, (size_t)(end - line), "\r\n", 2) + 2)
    if (strncasecmp(line, name, length) == 0) return line + length;
  return NULL;
}

/* The length of the first whole request in the buffer, headers included; 0 while it is not all there. */
static size_t requestLength(Conn *c, char **body) {
  char *end = memmem(c->in, c->inLength, "\r\n\r\n", 4);
  if (!end) return 0;
  *body = end + 4;
  size_t head = (size_t)(*body - c->in), held = c->inLength - head;
  char *value = headerValue(c->in, end + 2, "content-length:");
  if (value) {
    size_t length = (size_t)strtoull(value, NULL, 10);
    return held >= length ? head + length : 0;
  }
  if (!headerValue(c->in, end + 2, "transfer-encoding:")) return head;
  char *last = memmem(*body, held, "\r\n0\r\n\r\n", 7);
  return last ? (size_t)(last + 7 - c->in) : 0;
}

static void readRequests(Conn *c) {
  for (;;) {
    if (c->inCapacity - c->inLength < 2048) {
      c->inCapacity = c->inCapacity ? c->inCapacity * 2 : 4096;
      c->in = realloc(c->in, c->inCapacity);
    }
    size_t room = c->inCapacity - c->inLength - 1;
    ssize_t n = recv(c->fd, c->in + c->inLength, room, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) { c->closing = 1; return; }
    if (n > 0) c->inLength += (size_t)n;
    if (n < (ssize_t)room) break;
  }
  char *body;
  size_t length;
  c->in[c->inLength] = 0;
  while (c->inLength > 0 && (length = requestLength(c, &body)) > 0) {
    answer(c, body, length - (size_t)(body - c->in));
    c->inLength -= length;
    memmove(c->in, c->in + length, c->inLength);
  }
}

static void closeConn(Conn *c) {
  unlinkConn(c);
  close(c->fd);
  free(c->in);
  free(c->out);
  free(c);
}

static void acceptAll(int server) {
  int fd, one = 1;
  while ((fd = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Conn *c = calloc(1, sizeof *c);
    c->fd = fd;
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = c}};
    epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
  }
}

static void prepareAnswers(void) {
  const char *ending[] = {STREAM_STOP, STREAM_USAGE, STREAM_DONE};
  wholeLength = (size_t)sprintf(wholeAnswer, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%scontent-length: %zu\r\n\r\n%s",
                                LITELLM_HEADERS, sizeof WHOLE_BODY - 1, WHOLE_BODY);
  modelsLength = (size_t)sprintf(modelsAnswer, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                                 sizeof MODELS_BODY - 1, MODELS_BODY);
  for (int i = 0; i < 3; i++)
    streamEndLength += (size_t)sprintf(streamEnd + streamEndLength, "%zx\r\n%s\r\n", strlen(ending[i]), ending[i]);
  streamEndLength += (size_t)sprintf(streamEnd + streamEndLength, "0\r\n\r\n");
}

static int listenOnLoopback(void) {
  int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(server, (struct sockaddr *)&address, size) || listen(server, 16384)) return -1;
  getsockname(server, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return server;
}

static void serve(Conn *c, unsigned happened) {
  if (happened & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readRequests(c);
  if (happened & EPOLLOUT) {
    flush(c);
    if (!c->queue) sendUnpaced(c);
  }
  if (c->closing) closeConn(c);
}

int main(void) {
  struct epoll_event events[EVENTS], listening = {EPOLLIN, {.ptr = NULL}}, ticking = {EPOLLIN | EPOLLET, {.ptr = &timerFd}};
  prepareAnswers();
  epollFd = epoll_create1(0);
  timerFd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int server = listenOnLoopback();
  if (server < 0) return 1;
  epoll_ctl(epollFd, EPOLL_CTL_ADD, server, &listening);
  epoll_ctl(epollFd, EPOLL_CTL_ADD, timerFd, &ticking);
  for (;;) {
    int count = epoll_wait(epollFd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == NULL) acceptAll(server);
      else if (events[i].data.ptr != &timerFd) serve(events[i].data.ptr, events[i].events);
    }
    serveDue();
    armTimer();
  }
}
