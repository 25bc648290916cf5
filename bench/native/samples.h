/* Growing lists of measured times and what is said of them. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdio.h>
#include <stdlib.h>

typedef struct Samples {
  float *values;
  size_t length, capacity;
} Samples;

static void addSample(Samples *s, long long nanoseconds) {
  if (s->length == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 4096;
    s->values = realloc(s->values, s->capacity * sizeof(float));
  }
  s->values[s->length++] = (float)nanoseconds / 1000;
}

static int compareSamples(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Nearest rank: the smallest value that `share` of all values do not exceed. */
static float percentile(const Samples *s, double share) {
  if (s->length == 0) return 0;
  size_t rank = (size_t)(share * (double)s->length + 0.999999);
  return s->values[rank > 0 ? rank - 1 : 0];
}

static void printSamples(const char *name, Samples *s) {
  if (s->length == 0) { printf("\"%s\":null,", name); return; }
  qsort(s->values, s->length, sizeof(float), compareSamples);
  printf("\"%s\":{\"count\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f},", name, s->length, percentile(s, 0.5),
         percentile(s, 0.99), s->values[s->length - 1]);
}

#endif
