"""Token files of any size, with the secrets to them; the longer begins with the shorter."""

import hashlib
import os
import zlib

DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
THREE_DIGITS = [bytes([first, second, third]) for first in DIGITS for second in DIGITS for third in DIGITS]
APPLICATIONS = 5000


def make_secrets(count):
    """As `bearerd token new` makes them, but for their randomness: no use but this is to be made of them."""
    digits = os.urandom(43 * count).translate(bytes(DIGITS[byte % 62] for byte in range(256)))
    return [secret(digits[start:start + 43]) for start in range(0, 43 * count, 43)]


def secret(entropy):
    checksum = divmod(zlib.crc32(entropy), len(THREE_DIGITS))
    return b"brd_" + entropy + b"".join(THREE_DIGITS[part] for part in checksum)


def write(secrets, directory):
    """The token file and the file of its secrets."""
    tokens, file = directory / f"tokens-{len(secrets)}", directory / f"secrets-{len(secrets)}"
    file.write_bytes(b"\n".join(secrets) + b"\n")
    with open(tokens, "w", opener=lambda path, flags: os.open(path, flags, 0o640)) as lines:
        for number, known in enumerate(secrets):
            digest = hashlib.sha256(known).hexdigest()
            lines.write(f"app{number % APPLICATIONS:<12} sha256:{digest}  id={number:06x} created=2026-11-26T00:00:00Z\n")
    return tokens, file
