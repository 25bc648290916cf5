/* The frames of a WebSocket (RFC 6455 §5.2), read where they lie, and heads of new ones. */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stddef.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct Frame {
  int opcode;
  unsigned char *payload;
  size_t length, total; /* of the payload; with its head */
} Frame;

static void unmask(Frame *f, const unsigned char *mask) {
  for (size_t i = 0; i < f->length; i++) f->payload[i] ^= mask[i % 4];
}

/* The first frame of the bytes, without its mask. Gives 0, and changes nothing, while it is not all there. */
static int readFrame(unsigned char *bytes, size_t held, Frame *f) {
  if (held < 2) return 0;
  size_t lengthBytes = (bytes[1] & 127) == 127 ? 8 : (bytes[1] & 127) == 126 ? 2 : 0, masked = bytes[1] >> 7;
  size_t head = 2 + lengthBytes + 4 * masked;
  if (held < head) return 0;
  f->length = lengthBytes ? 0 : bytes[1] & 127;
  for (size_t i = 0; i < lengthBytes; i++) f->length = f->length << 8 | bytes[2 + i];
  f->opcode = bytes[0] & 15;
  f->payload = bytes + head;
  f->total = head + f->length;
  if (held < f->total) return 0;
  if (masked) unmask(f, bytes + head - 4);
  return 1;
}

/* Writes the head of a frame of less than 64 KiB, at most 8 bytes. A client's mask is four zeros, which change nothing. */
static size_t writeFrameHead(unsigned char *out, int opcode, size_t length, int masked) {
  size_t at = 0;
  out[at++] = (unsigned char)(128 | opcode);
  out[at++] = (unsigned char)((masked ? 128 : 0) | (length < 126 ? length : 126));
  if (length >= 126) {
    out[at++] = (unsigned char)(length >> 8);
    out[at++] = (unsigned char)length;
  }
  for (int i = 0; masked && i < 4; i++) out[at++] = 0;
  return at;
}

#endif
