/*
 * The scripted upstream: answers POSTs with a canned answer or a paced stream, GETs with a list of models or a WebSocket.
 * The pace is in the model's name: bench-5ms, bench-500ms-20 (20 chunks), bench-unpaced. Uploads are thrown away as they
 * come. It prints its port, then serves until killed.
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
#include "prepared.h"
#include "sha1.h"
#include "websocket.h"

#define QUEUES 16
#define EVENTS 512

typedef struct Conn {
  int fd;
  char *in, *out;
  size_t inLength, inCapacity, outAt, outLength, outCapacity;
  const Script *script;
  int chunksLeft, closing, isSocket;
  size_t uploadLeft;
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
  ssize_t n = send(c->fd, c->out + c->outAt, c->outLength - c->outAt, MSG_NOSIGNAL);
  if (n < 0) { if (errno != EAGAIN) c->closing = 1; return; }
  c->outAt += (size_t)n;
  if (c->outAt == c->outLength) c->outAt = c->outLength = 0;
}

static void putAnswer(Conn *c, const Answer *answer) { put(c, answer->bytes, answer->length); }

static void sendChunk(Conn *c) {
  char frame[512], event[480];
  int length = snprintf(event, sizeof event, c->script->chunk, now(), 104 - c->chunksLeft);
  int total = snprintf(frame, sizeof frame, "%x\r\n%s\r\n", length, event);
  put(c, frame, (size_t)total);
  if (--c->chunksLeft == 0) put(c, c->script->end, c->script->endLength);
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

static void startStream(Conn *c, const Script *script, const char *model) {
  int milliseconds = 0, chunks = 100;
  if (model) sscanf(model, "bench-%dms-%d", &milliseconds, &chunks);
  c->script = script;
  c->chunksLeft = chunks;
  put(c, script->start, script->startLength);
  if (milliseconds == 0) { sendUnpaced(c); return; }
  Queue *q = queueOf(milliseconds * 1000000LL);
  sendChunk(c);
  if (c->chunksLeft > 0) appendConn(q, c, now() + q->interval);
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

static void drop(Conn *c, size_t length) {
  c->inLength -= length;
  memmove(c->in, c->in + length, c->inLength);
}

/* Accepts a WebSocket and sends its first event, as OpenAI does. */
static void openSocket(Conn *c, const char *key) {
  char text[128], accept[29], head[256];
  unsigned char digest[20], frame[8];
  int length = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  sha1(text, (size_t)length, digest);
  base64(digest, accept);
  put(c, head, (size_t)snprintf(head, sizeof head, HANDSHAKE_ANSWER, accept));
  put(c, (char *)frame, writeFrameHead(frame, TEXT, sizeof SESSION_CREATED - 1, 0));
  put(c, SESSION_CREATED, sizeof SESSION_CREATED - 1);
  c->isSocket = 1;
}

/* A ping is answered, a close frame too, and whatever else comes is taken and forgotten. */
static void readFrames(Conn *c) {
  Frame frame;
  while (readFrame((unsigned char *)c->in, c->inLength, &frame)) {
    unsigned char head[8];
    int opcode = frame.opcode == PING ? PONG : CLOSE;
    if (frame.opcode == PING || frame.opcode == CLOSE) {
      put(c, (char *)head, writeFrameHead(head, opcode, frame.length, 0));
      put(c, (char *)frame.payload, frame.length);
    }
    if (frame.opcode == CLOSE) c->closing = 1;
    drop(c, frame.total);
  }
}

static int isPost(const Conn *c, const char *path) {
  return strncmp(c->in, "POST ", 5) == 0 && strncmp(c->in + 5, path, strlen(path)) == 0;
}

static void answerGet(Conn *c, char *end) {
  char *key = headerValue(c->in, end, "sec-websocket-key:");
  if (key) openSocket(c, key + strspn(key, " "));
  else putAnswer(c, &models);
}

static void answer(Conn *c, char *body, size_t length) {
  if (strncmp(c->in, "GET ", 4) == 0) { answerGet(c, body - 2); return; }
  char *model = memmem(body, length, "bench-", 6);
  int streamed = memmem(body, length, "\"stream\":true", 13) || memmem(body, length, "\"stream\": true", 14);
  if (streamed) startStream(c, isPost(c, "/v1/responses") ? &responses : &chat, model);
  else if (!isPost(c, "/v1/embeddings")) putAnswer(c, &whole);
  else putAnswer(c, memmem(body, length, "\"base64\"", 8) ? &encodedEmbeddings : &embeddings);
}

/* True once the head of an upload is there. What has come of its body is dropped, the rest is thrown away as it comes. */
static int startUpload(Conn *c) {
  char *end = isPost(c, "/v1/audio/") ? memmem(c->in, c->inLength, "\r\n\r\n", 4) : NULL;
  char *value = end ? headerValue(c->in, end + 2, "content-length:") : NULL;
  if (!value) return 0;
  size_t length = (size_t)strtoull(value, NULL, 10), held = c->inLength - (size_t)(end + 4 - c->in);
  c->uploadLeft = length > held ? length - held : 0;
  c->inLength = 0;
  if (c->uploadLeft == 0) putAnswer(c, &transcription);
  return 1;
}

static void takeRequests(Conn *c) {
  char *body;
  size_t length;
  if (c->isSocket) { readFrames(c); return; }
  while (c->inLength > 0 && !startUpload(c) && (length = requestLength(c, &body)) > 0) {
    answer(c, body, length - (size_t)(body - c->in));
    drop(c, length);
  }
}

/* Both give whether there may be more to read. */
static int skipUpload(Conn *c) {
  static char nowhere[1 << 20];
  size_t part = c->uploadLeft < sizeof nowhere ? c->uploadLeft : sizeof nowhere;
  ssize_t n = recv(c->fd, nowhere, part, MSG_TRUNC); /* which for TCP means: do not even copy */
  if (n == 0 || (n < 0 && errno != EAGAIN)) c->closing = 1;
  if (n <= 0) return 0;
  c->uploadLeft -= (size_t)n;
  if (c->uploadLeft == 0) putAnswer(c, &transcription);
  return 1;
}

static int readSome(Conn *c) {
  if (c->inCapacity - c->inLength < 2048) {
    c->inCapacity = c->inCapacity ? c->inCapacity * 2 : 4096;
    c->in = realloc(c->in, c->inCapacity);
  }
  size_t room = c->inCapacity - c->inLength - 1;
  ssize_t n = recv(c->fd, c->in + c->inLength, room, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) c->closing = 1;
  if (n <= 0) return 0;
  c->inLength += (size_t)n;
  c->in[c->inLength] = 0;
  takeRequests(c);
  return n == (ssize_t)room || c->uploadLeft > 0;
}

static void readRequests(Conn *c) {
  while (!c->closing && (c->uploadLeft > 0 ? skipUpload(c) : readSome(c))) continue;
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
