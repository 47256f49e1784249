/* libfcgi, walled in. It parses hostile bytes with known, unfixed faults, so one Swift file
 * (FastCGI/LibFCGIRequest.swift) may import it, after the gate has seen every byte. */
#pragma once

#include <fcgiapp.h>
#include <string.h>

/* The size of a request's buffer: FCGX_Accept_r makes it so. */
#define BEARERD_STREAM_BUFFER 8192

/* Overwrites what an input stream's buffer holds, where `length` bytes were to be read in all. libfcgi offers no way
 * to it but FCGX_Stream.data, which begins with these fields (fcgiapp.c, FCGX_Stream_Data). `stop` is the end of what
 * was last read: more than was to be, where the peer sent more meanwhile. A buffer that is somewhere else is left
 * alone, and one whose end makes no sense is overwritten whole. */
static inline void bearerd_wipe_stream(FCGX_Stream *stream, size_t length) {
  const struct {
    unsigned char *buffer;
    int size;
    unsigned char *allocated;
    unsigned char *stop;
  } *data = stream->data;
  if (stream->rdNext < data->buffer || stream->rdNext > data->buffer + BEARERD_STREAM_BUFFER) return;
  if (data->stop < data->buffer || data->stop > data->buffer + BEARERD_STREAM_BUFFER) length = BEARERD_STREAM_BUFFER;
  else if ((size_t)(data->stop - data->buffer) > length) length = data->stop - data->buffer;
  explicit_bzero(data->buffer, length < BEARERD_STREAM_BUFFER ? length : BEARERD_STREAM_BUFFER);
}
