"""Counts what a check allocates, in a run of its own under allocations.c."""

import contextlib
import os
import signal
import socket
import struct

from parts import BUILT, DIRECTORY, ask_on, status_of

CHECKS = 500


def count(start, threads, secret, sends):
    """How many allocations libfcgi makes for a check, how many libcrypto, and how many other code. They do not depend on
    time: what is asked is there, whole, when it is looked at.

    - start: starts the responder, with an environment.
    - threads: how the names of the threads begin that answer.
    """
    counts = DIRECTORY / "allocations"
    counts.write_bytes(bytes(24))
    preload = {"LD_PRELOAD": str(BUILT / "allocations.so"), "ALLOCATIONS": str(counts), "ALLOCATIONS_OF": threads}
    with start(environment=preload) as responder:
        # What is made once, is made by the first.
        ask_at_once(responder, secret, sends)
        before = struct.unpack("3Q", counts.read_bytes())
        ask_at_once(responder, secret, sends)
        after = struct.unpack("3Q", counts.read_bytes())
    return [(made - earlier) / CHECKS for made, earlier in zip(after, before)]


def ask_at_once(responder, secret, sends):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(CHECKS)]
        os.kill(responder.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, responder.process.pid, os.WSTOPPED)
        try:
            for connection in connections:
                ask_on(connection, responder.path, secret, sends=sends)
        finally:
            os.kill(responder.process.pid, signal.SIGCONT)
        for connection in connections:
            if status_of(connection) != 200:
                raise SystemExit(f"not every check was allowed: {responder.said()}")
            # libfcgi's own loop waits for this.
            connection.close()
