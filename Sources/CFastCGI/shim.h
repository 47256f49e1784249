/* libfcgi, walled in. It parses hostile bytes with known, unfixed faults, so one Swift file
 * (FastCGI/LibFCGIRequest.swift) may import it, after the gate has seen every byte. */
#pragma once

#include <fcgiapp.h>
#include <string.h>

/* The size of a request's buffer: FCGX_Accept_r makes it so. */
#define BEARERD_STREAM_BUFFER 8192

/* How an input stream's data begins (fcgiapp.c, FCGX_Stream_Data): libfcgi offers no other way to its buffer. */
struct bearerd_stream_data {
  unsigned char *buffer;
  int size;
  unsigned char *allocated;
  unsigned char *stop;
};

/* Whether an input stream is laid out so, of which `bytes` were read first and in one piece. */
static inline int bearerd_knows_stream(const FCGX_Stream *stream, const unsigned char *bytes, size_t length) {
  const struct bearerd_stream_data *data = stream->data;
  return data->size == BEARERD_STREAM_BUFFER && stream->rdNext >= data->buffer && stream->rdNext <= data->stop &&
         data->stop == data->buffer + length && memcmp(data->buffer, bytes, length) == 0;
}

/* Overwrites what an input stream's buffer holds, of which `length` bytes were to be read in all. `stop` is the end of
 * what was last read: more than was to be, if the peer sent more meanwhile. A buffer that is somewhere else is left
 * alone, and one whose end makes no sense is overwritten whole. */
static inline void bearerd_wipe_stream(FCGX_Stream *stream, size_t length) {
  const struct bearerd_stream_data *data = stream->data;
  if (stream->rdNext < data->buffer || stream->rdNext > data->buffer + BEARERD_STREAM_BUFFER) return;
  if (data->stop < data->buffer || data->stop > data->buffer + BEARERD_STREAM_BUFFER) length = BEARERD_STREAM_BUFFER;
  else if ((size_t)(data->stop - data->buffer) > length) length = data->stop - data->buffer;
  explicit_bzero(data->buffer, length < BEARERD_STREAM_BUFFER ? length : BEARERD_STREAM_BUFFER);
}
