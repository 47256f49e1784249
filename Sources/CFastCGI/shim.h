/* libfcgi has known, unfixed faults in parsing hostile bytes. Therefore only one Swift file (FastCGI/LibFCGIRequest.swift)
 * imports it, and uses it after the gate has validated every byte. */
#pragma once

#include <fcgiapp.h>
#include <string.h>

/* The size of a request's buffer, as FCGX_Accept_r allocates it. */
#define BEARERD_STREAM_BUFFER 8192

/* The first members of an input stream's data (FCGX_Stream_Data in fcgiapp.c): libfcgi has no function to get its buffer. */
struct bearerd_stream_data {
  unsigned char *buffer;
  int size;
  unsigned char *allocated;
  unsigned char *stop;
};

/* Whether an input stream has this layout; `bytes` are the first that it read, in one piece. */
static inline int bearerd_knows_stream(const FCGX_Stream *stream, const unsigned char *bytes, size_t length) {
  const struct bearerd_stream_data *data = stream->data;
  return data->size == BEARERD_STREAM_BUFFER && stream->rdNext >= data->buffer && stream->rdNext <= data->stop &&
         data->stop == data->buffer + length && memcmp(data->buffer, bytes, length) == 0;
}

/* Overwrites the buffer of an input stream that should have read `length` bytes. `stop` is the end of the bytes last read,
 * which are more if the peer has sent more. A buffer at another address is not touched; if its end is not plausible, the
 * whole buffer is overwritten. */
static inline void bearerd_wipe_stream(FCGX_Stream *stream, size_t length) {
  const struct bearerd_stream_data *data = stream->data;
  if (stream->rdNext < data->buffer || stream->rdNext > data->buffer + BEARERD_STREAM_BUFFER) return;
  if (data->stop < data->buffer || data->stop > data->buffer + BEARERD_STREAM_BUFFER) length = BEARERD_STREAM_BUFFER;
  else if ((size_t)(data->stop - data->buffer) > length) length = data->stop - data->buffer;
  explicit_bzero(data->buffer, length < BEARERD_STREAM_BUFFER ? length : BEARERD_STREAM_BUFFER);
}
