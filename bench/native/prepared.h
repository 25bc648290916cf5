/* All that the scripted upstream says, ready to be sent. */
#ifndef PREPARED_H
#define PREPARED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "answers.h"
#include "embeddings.h"

/* A kind of stream: its first events with the head, the event that comes again and again, its last events. */
typedef struct Script {
  const char *chunk;
  char start[4096], end[4096];
  size_t startLength, endLength;
} Script;

typedef struct Answer {
  char *bytes;
  size_t length;
} Answer;

static Script chat = {.chunk = STREAM_CHUNK}, responses = {.chunk = RESPONSE_DELTA};
static Answer whole, models, transcription, embeddings, encodedEmbeddings;

static Answer toAnswer(const char *headers, const char *body, size_t length) {
  Answer answer = {malloc(length + 1024), 0};
  answer.length = (size_t)sprintf(answer.bytes, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%scontent-length: %zu\r\n\r\n",
                                  headers, length);
  memcpy(answer.bytes + answer.length, body, length);
  answer.length += length;
  return answer;
}

static size_t writeChunks(char *out, const char *const *events) {
  size_t at = 0;
  for (; *events; events++) at += (size_t)sprintf(out + at, "%zx\r\n%s\r\n", strlen(*events), *events);
  return at;
}

static void prepareScript(Script *script, const char *const *start, const char *const *end) {
  script->startLength = (size_t)sprintf(script->start, "%s", STREAM_HEAD);
  script->startLength += writeChunks(script->start + script->startLength, start);
  script->endLength = writeChunks(script->end, end);
  script->endLength += (size_t)sprintf(script->end + script->endLength, "0\r\n\r\n");
}

static void prepareAnswers(void) {
  char *body = malloc(EMBEDDINGS_ROOM);
  whole = toAnswer(LITELLM_HEADERS, WHOLE_BODY, sizeof WHOLE_BODY - 1);
  models = toAnswer("", MODELS_BODY, sizeof MODELS_BODY - 1);
  transcription = toAnswer(LITELLM_HEADERS, TRANSCRIPTION_BODY, sizeof TRANSCRIPTION_BODY - 1);
  embeddings = toAnswer(LITELLM_HEADERS, body, writeEmbeddings(body, writeNumbers));
  encodedEmbeddings = toAnswer(LITELLM_HEADERS, body, writeEmbeddings(body, writeLetters));
  free(body);
  prepareScript(&chat, chatStart, chatEnd);
  prepareScript(&responses, responseStart, responseEnd);
}

#endif
