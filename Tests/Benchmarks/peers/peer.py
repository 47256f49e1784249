"""The same check in Python, for a WSGI server: SHA-256 of the token, looked up in a dictionary."""

import hashlib
import os

with open(os.environ["BENCH_TOKEN"], "rb") as file:
    APPLICATIONS = {hashlib.sha256(file.read().strip()).digest(): "bench"}


def application(environment, start):
    scheme, _, token = environment.get("HTTP_AUTHORIZATION", "").partition(" ")
    name = APPLICATIONS.get(hashlib.sha256(token.encode("latin-1")).digest())
    if scheme != "Bearer" or name is None:
        start("401 Unauthorized", [("WWW-Authenticate", 'Bearer realm="bench"'), ("Content-Length", "0")])
    else:
        start("200 OK", [("X-Bearerd-Application", name), ("Content-Length", "0")])
    return [b""]
