"""What the parts share that ask on a socket directly: their directory, the programs that they ask, and their table."""

import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from processes import Program, cpu_of, private_of, resident_of
from tables import dump

QUICK = "--quick" in sys.argv[1:]
BEARERD = os.environ["BEARERD"]
BUILT = pathlib.Path(os.environ["BENCH_BUILT"])
# A throwaway one on a tmpfs.
DIRECTORY = pathlib.Path(os.environ["BENCH_DIRECTORY"])
# One token, and the secret to it.
TOKENS, SECRET_FILE = DIRECTORY / "tokens", DIRECTORY / "token"
SECRET = SECRET_FILE.read_text().strip()
LABELS = {"bearerd": "**bearerd**", "floor": "the floor: C, bare sockets", "textbook": "C, libfcgi as its example has it"}
# As bearerd starts by default; its peers have as many threads.
WORKERS = 1
CLIENTS = 8
PARAMETERS = 8
# Memory is looked at when all that starting did is over, in seconds.
SETTLED = 0.3

# So that what was started is stopped.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Responder(Program):
    """A program that answers on the socket of its name once it has been made. `secret` opens it, and no other does."""

    def __init__(self, name, command, secret, wrapper=(), environment=None):
        self.path = DIRECTORY / f"{name}.sock"
        # None of the last time.
        self.path.unlink(missing_ok=True)
        began = time.monotonic()
        super().__init__(name, [*wrapper, *command], DIRECTORY, environment)
        try:
            self.wait_until_it_answers(secret)
            self.startup = time.monotonic() - began
            if status(self.path, "made-up") != 401:
                raise SystemExit(f"{name} lets a wrong secret in")
        except BaseException:
            self.stop()
            raise

    def wait_until_it_answers(self, secret):
        """As soon as can be; a minute at most."""
        deadline = time.monotonic() + 60
        while True:
            try:
                seen = status(self.path, secret)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.process.args[0]} does not answer: {self.said()}")
                time.sleep(0.0002)
        if seen != 200:
            raise SystemExit(f"{self.process.args[0]} answers {seen} to the right secret: {self.said()}")

    def memory(self):
        """VmRSS soon after the start, in bytes."""
        time.sleep(SETTLED)
        return resident_of(self.process.pid)

    def private(self):
        """RssAnon after that, in bytes: what only this process uses and the kernel cannot read again from a file."""
        return private_of(self.process.pid)

    def ask(self, secrets, checks, rate=0, sends="bearer"):
        """What asker.c prints, and the `cpu` of a check in microseconds. An answer other than 200 ends the benchmark."""
        spent = cpu_of(self.process.pid)
        asker = subprocess.run([BUILT / "asker", self.path, secrets, *map(str, [CLIENTS, checks, PARAMETERS, rate]), sends],
                               capture_output=True, text=True, timeout=120)
        if asker.returncode != 0:
            raise SystemExit(f"{self.path.stem}: {asker.stderr}{self.said()}")
        return json.loads(asker.stdout) | {"cpu": (cpu_of(self.process.pid) - spent) * 1e6 / checks}


def bearerd(tokens, secret, *options, name="bearerd", **others):
    command = [BEARERD, "serve", "--tokens", str(tokens), "--listen", f"unix:{DIRECTORY}/{name}.sock"]
    return Responder(name, [*command, *options], secret, **others)


def peer(name, secret, *options, program=None, **others):
    """`program` is one of the peers, where it does not bear the name itself."""
    command = [str(BUILT / (program or name)), f"{DIRECTORY}/{name}.sock", secret]
    return Responder(name, [*command, str(WORKERS), *options], secret, **others)


def status(path, secret):
    """What one check is answered."""
    with socket.socket(socket.AF_UNIX) as connection:
        ask_on(connection, path, secret)
        return status_of(connection)


def ask_on(connection, path, secret, keeps=False, sends="bearer"):
    """Sends a check over a new socket; `keeps`: the responder is to keep it; `sends`: as asker.c has it."""
    # Rather than wait for ever.
    connection.settimeout(30)
    connection.connect(str(path))
    basic = base64.b64encode(f"ci:{secret}".encode()).decode()
    pairs = {
        "bearer": [("HTTP_AUTHORIZATION", f"Bearer {secret}")],
        "token": [("BEARERD_TOKEN", secret)],
        "basic": [("HTTP_AUTHORIZATION", f"Basic {basic}"), ("BEARERD_ACCEPT", "bearer basic")],
    }[sends]
    pair = b"".join(bytes([len(name), len(value)]) + f"{name}{value}".encode() for name, value in pairs)
    connection.sendall(record(1, bytes([0, 1, keeps, 0, 0, 0, 0, 0])) + record(4, pair) + record(4) + record(5))


def status_of(connection):
    """What it was answered; one STDOUT record begins the answer."""
    answer = connection.recv(4096)
    return int(answer[16:19]) if answer[8:16] == b"Status: " else 0


def record(kind, content=b""):
    return bytes([1, kind, 0, 1]) + len(content).to_bytes(2, "big") + bytes(2) + content


def save(name, **table):
    """A table has `title`, `names` and `columns`, `rows`, `targets` and `notes`."""
    dump(pathlib.Path(os.environ["BENCH_RESULTS"], f"{name}.json"), table)


def target(what, bound, reached, most, unit=""):
    """One that is met by `most` or less."""
    print(f"{what}: {reached:.2f}{unit}, {bound}", flush=True)
    return [what, bound, f"{reached:.2f}{unit}", reached <= most]
