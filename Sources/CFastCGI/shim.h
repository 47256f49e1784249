/* libfcgi, walled in. It parses hostile bytes with known, unfixed faults, so one Swift file
 * (FastCGI/LibFCGIRequest.swift) may import it, after the gate has seen every byte. */
#pragma once

#include <fcgiapp.h>
#include <string.h>

/* The size of a request's buffer: FCGX_Accept_r makes it so. */
#define BEARERD_STREAM_BUFFER 8192

/* Overwrites all that an input stream's buffer holds. libfcgi offers no way to it but FCGX_Stream.data, whose
 * first field is the buffer's address (fcgiapp.c, FCGX_Stream_Data); one that is somewhere else is left alone. */
static inline void bearerd_wipe_stream(FCGX_Stream *stream) {
  unsigned char *buffer = *(unsigned char **)stream->data;
  if (stream->rdNext >= buffer && stream->rdNext <= buffer + BEARERD_STREAM_BUFFER)
    explicit_bzero(buffer, BEARERD_STREAM_BUFFER);
}
