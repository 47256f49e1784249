/* The one thing we ask of libcrypto: SHA-256. */
#pragma once

#include <openssl/evp.h>
