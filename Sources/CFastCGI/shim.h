/* libfcgi, walled in. It parses hostile bytes with known, unfixed faults, so one Swift file
 * (FastCGI/LibFCGIRequest.swift) may import it, after the gate has seen every byte. */
#pragma once

#include <fcgiapp.h>
