/* The four things we ask of libcrypto: SHA-256, random bytes, the constant-time compare and the wipe. */
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
