/* Reads HTTP/1.1 responses from any split of their bytes, and counts the stamped chunks of a stream. */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE, SOCKET, COMPLETE };

typedef struct Response {
  int state, status, done, failed, line, keepAlive;
  long long left;
  int chunks;
  char text[4096]; /* the head while it comes, then the line of the stream or of the framing that is incomplete */
  char size[32];
  int sizeLength;
} Response;

typedef void (*OnStamp)(void *owner, long long stamp);

static void resetResponse(Response *r) {
  memset(r, 0, offsetof(Response, text));
  r->keepAlive = 1;
  r->sizeLength = 0;
}

static const char *valueOf(const char *head, const char *name) {
  const char *found = strcasestr(head, name);
  return found ? found + strlen(name) : NULL;
}

static void readHead(Response *r) {
  const char *length = valueOf(r->text, "\r\ncontent-length:");
  const char *encoding = valueOf(r->text, "\r\ntransfer-encoding:");
  const char *connection = valueOf(r->text, "\r\nconnection:");
  r->status = atoi(r->text + 9);
  if (connection && strncasecmp(connection, " close", 6) == 0) r->keepAlive = 0;
  if (r->status == 101) r->state = SOCKET;
  else if (encoding) r->state = CHUNK_SIZE;
  else if (length) {
    r->left = atoll(length);
    r->state = r->left ? LENGTH : COMPLETE;
  } else r->state = UNTIL_CLOSE;
  r->line = 0;
}

static void readLine(Response *r, OnStamp onStamp, void *owner) {
  char *stamp = strstr(r->text, "stamp=");
  if (stamp) {
    r->chunks++;
    onStamp(owner, atoll(stamp + 6));
  } else if (strncmp(r->text, "data: [DONE]", 12) == 0 || strstr(r->text, "\"type\":\"response.completed\"")) r->done = 1;
  else if (strstr(r->text, "\"error\":{") || strstr(r->text, "\"type\":\"error\"")) r->failed = 1;
}

/* Body bytes: whole lines are read where they are, only a line that is split is copied. */
static void readBody(Response *r, const char *bytes, size_t length, OnStamp onStamp, void *owner) {
  while (length > 0) {
    const char *end = memchr(bytes, '\n', length);
    size_t part = end ? (size_t)(end - bytes) + 1 : length;
    size_t room = sizeof r->text - 1 - (size_t)r->line, copied = part < room ? part : room;
    memcpy(r->text + r->line, bytes, copied);
    r->line += (int)copied;
    if (end) {
      r->text[r->line] = 0;
      if (r->line > 1) readLine(r, onStamp, owner);
      r->line = 0;
    }
    bytes += part;
    length -= part;
  }
}

static size_t readHeadBytes(Response *r, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (r->line < (int)sizeof r->text - 1) r->text[r->line++] = bytes[i];
    if (bytes[i] != '\n' || r->line < 4 || memcmp(r->text + r->line - 4, "\r\n\r\n", 4) != 0) continue;
    r->text[r->line] = 0;
    readHead(r);
    return i + 1;
  }
  return length;
}

static size_t readFraming(Response *r, const char *bytes) {
  if (*bytes != '\n') {
    if (*bytes != '\r' && r->sizeLength < (int)sizeof r->size - 1) r->size[r->sizeLength++] = *bytes;
    return 1;
  }
  r->size[r->sizeLength] = 0;
  if (r->state == CHUNK_END) r->state = CHUNK_SIZE;
  else if (r->state == TRAILER) r->state = r->sizeLength == 0 ? COMPLETE : TRAILER;
  else {
    r->left = strtoll(r->size, NULL, 16);
    r->state = r->left ? CHUNK_DATA : TRAILER;
  }
  r->sizeLength = 0;
  return 1;
}

static size_t readData(Response *r, const char *bytes, size_t length, OnStamp onStamp, void *owner) {
  size_t part = r->state == UNTIL_CLOSE || (long long)length < r->left ? length : (size_t)r->left;
  readBody(r, bytes, part, onStamp, owner);
  r->left -= (long long)part;
  if (r->left == 0 && r->state == LENGTH) r->state = COMPLETE;
  if (r->left == 0 && r->state == CHUNK_DATA) r->state = CHUNK_END;
  return part;
}

/* Gives how much was used: bytes after the end of a response, or after the head of a 101, are not its own. */
static size_t readResponse(Response *r, const char *bytes, size_t length, OnStamp onStamp, void *owner) {
  const char *first = bytes;
  while (length > 0 && r->state != COMPLETE && r->state != SOCKET) {
    size_t used;
    if (r->state == HEAD) used = readHeadBytes(r, bytes, length);
    else if (r->state == LENGTH || r->state == CHUNK_DATA || r->state == UNTIL_CLOSE)
      used = readData(r, bytes, length, onStamp, owner);
    else used = readFraming(r, bytes);
    bytes += used;
    length -= used;
  }
  return (size_t)(bytes - first);
}

#endif
