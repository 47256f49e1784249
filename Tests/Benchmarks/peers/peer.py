"""The same check in Python, for a WSGI server: SHA-256 of the token, looked up in a dictionary."""

import hashlib
import os

with open(os.environ["BENCH_TOKEN"], "rb") as file:
    APPLICATIONS = {hashlib.sha256(file.read().strip()).digest(): "bench"}
ALWAYS = [("Cache-Control", "no-store"), ("Content-Length", "0")]


def application(environment, start):
    scheme, _, token = environment.get("HTTP_AUTHORIZATION", "").partition(" ")
    name = APPLICATIONS.get(hashlib.sha256(token.encode("latin-1")).digest())
    if scheme != "Bearer" or name is None:
        start("401 Unauthorized", [("WWW-Authenticate", 'Bearer realm="bench"'), *ALWAYS])
    else:
        start("200 OK", [("X-Bearerd-Application", name), ("X-Bearerd-Key", "k7f3q2"), *ALWAYS])
    return [b""]
