/* 100 vectors of 1,536 dimensions, as numbers or as base64 of their bytes: whichever the request asks for. */
#ifndef EMBEDDINGS_H
#define EMBEDDINGS_H

#include <stdint.h>
#include <stdio.h>

enum { VECTORS = 100, DIMENSIONS = 1536, LETTERS = DIMENSIONS * 4 / 3 * 4 };

/* Room for the longest number, "-0.12345678901234567,", in each dimension, and for what stands around a vector. */
enum { EMBEDDINGS_ROOM = VECTORS * (DIMENSIONS * 24 + 128) + 512 };

static uint32_t nextRandom(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

static size_t writeNumbers(char *out, uint32_t *seed) {
  size_t at = 0;
  for (int i = 0; i < DIMENSIONS; i++)
    at += (size_t)sprintf(out + at, "%s%.17f", i ? "," : "[", ((double)nextRandom(seed) / 4294967296.0 - 0.5) / 16);
  out[at++] = ']';
  return at;
}

static size_t writeLetters(char *out, uint32_t *seed) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t at = 0;
  out[at++] = '"';
  for (int i = 0; i < LETTERS; i++) out[at++] = letters[nextRandom(seed) >> 26];
  out[at++] = '"';
  return at;
}

/* The JSON of the answer. Gives its length. */
static size_t writeEmbeddings(char *out, size_t (*writeVector)(char *, uint32_t *)) {
  uint32_t seed = 42;
  size_t at = (size_t)sprintf(out, "{\"model\":\"bench\",\"data\":[");
  for (int i = 0; i < VECTORS; i++) {
    at += (size_t)sprintf(out + at, "%s{\"object\":\"embedding\",\"index\":%d,\"embedding\":", i ? "," : "", i);
    at += writeVector(out + at, &seed);
    out[at++] = '}';
  }
  return at + (size_t)sprintf(out + at, "],\"object\":\"list\",\"usage\":{\"completion_tokens\":0,\"prompt_tokens\":8700,"
                                        "\"total_tokens\":8700}}");
}

#endif
