"""Simulated nodes that follow a token directory in etcd: the time from a revocation until each node denies the token.

Each node is a real daemon with its own directory of *.tokens files, and a watcher: a connection to etcd that writes the
file of each changed key. This process has all watchers. Start it by `revocation`.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import resource
import secrets
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PREFIX = "/bearerd/tokens/"
AFTER_PREFIX = "/bearerd/tokens0"  # the first key after those with the prefix
INSTANCES = pathlib.Path("/proc/sys/fs/inotify/max_user_instances")
STAGES = ["arrived", "renamed", "denied"]
TIMEOUT = 30  # seconds in which all nodes must deny the token, and in which a daemon must start

started = time.monotonic()
seed = secrets.token_hex()


def progress(text):
    print(f"{time.monotonic() - started:5.0f} s  {text}", file=sys.stderr, flush=True)


def token(key, application):
    return hashlib.sha256(f"{seed} {key} {application}".encode()).hexdigest()


def token_file(key, applications):
    lines = []
    for application in applications:
        digest = hashlib.sha256(token(key, application).encode()).hexdigest()
        lines.append(f"{key}-app{application} sha256:{digest} id={key}k{application} created=2026-11-24\n")
    return "".join(lines)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


async def post(port, path, message):
    """Sends a request to etcd's JSON gateway, and returns the connection when the response begins. To HTTP/1.0 etcd
    sends no chunks: each line is a message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    body = json.dumps(message)
    writer.write(f"POST {path} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        sys.exit(f"error: etcd responds to {path}: {head.decode()}")
    return reader, writer


async def change(port, path, message):
    """Returns the revision after a change."""
    reader, writer = await post(port, path, message)
    answer = json.loads(await reader.read())
    writer.close()
    return int(answer["header"]["revision"])


async def put(port, key, text):
    return await change(port, "/v3/kv/put", {"key": encoded(PREFIX + key), "value": encoded(text)})


def record(kind, content=b""):
    """A FastCGI record of request 1."""
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def check_request(secret):
    """BEGIN_REQUEST for a responder, PARAMS and its end, and the end of STDIN."""
    params = b""
    for name, value in [(b"REQUEST_METHOD", b"GET"), (b"HTTP_AUTHORIZATION", b"Bearer " + secret.encode())]:
        params += struct.pack("!BB", len(name), len(value)) + name + value
    return record(1, struct.pack("!HB5x", 1, 0)) + record(4, params) + record(4) + record(5)


class Node:
    """A daemon with its token directory, and its watcher."""

    def __init__(self, directory, files, tasks):
        self.name, self.tasks = directory.name, tasks
        self.socket, self.tokens = str(directory / "sock"), directory / "tokens"
        self.tokens.mkdir(parents=True)
        for key, text in files.items():
            self.write(key, text)
        self.ready, self.log = asyncio.Event(), b""
        # The token that is being revoked, until the daemon denies it.
        self.secret = None
        self.times, self.revision = {}, 0

    def write(self, key, text):
        new = self.tokens / f"{key}.new"
        new.write_text(text)
        new.rename(self.tokens / f"{key}.tokens")

    def start(self, bearerd):
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        # A node's watcher competes with its own daemon only, and not with a thousand. Therefore they have the lowest
        # priority here. A process group of its own gets no Ctrl-C.
        command = ["nice", "-n", "19", bearerd, "serve", "--tokens", self.tokens, "--listen", f"unix:{self.socket}"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=writing, process_group=0)
        os.close(writing)
        asyncio.get_running_loop().add_reader(reading, self.read_log, reading)
        return process

    def read_log(self, reading):
        lines = os.read(reading, 1 << 16)
        self.log = lines or self.log
        if b"inotify is not available" in lines or not lines:
            asyncio.get_running_loop().remove_reader(reading)
            sys.exit(f"error: {self.name} logs: {self.log.decode()}")
        if b"ready on" in lines:
            self.ready.set()
        # A check at fixed intervals would cost more than the reload.
        if b"tokens reloaded" in lines and self.secret:
            self.tasks.create_task(self.confirm())

    async def confirm(self):
        """Notes when the daemon denies the token."""
        while self.secret:
            if await self.status(self.secret) == b"401" and self.secret:
                self.times["denied"] = time.monotonic()
                self.secret = None
                self.denied.set_result(None)
                return
            await asyncio.sleep(0.01)

    async def status(self, secret):
        """The status of a check by the daemon."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.setblocking(False)
            # Neither would block: no other connection waits, and the request is short.
            connection.connect(self.socket)
            connection.send(check_request(secret))
            while part := await asyncio.get_running_loop().sock_recv(connection, 4096):
                answer += part
        # After the record's header and "Status: ".
        return answer[16:19]

    async def watch(self, port, revision):
        """Starts the watcher; the first revision it gets is this one."""
        create = {"key": encoded(PREFIX), "range_end": encoded(AFTER_PREFIX), "start_revision": revision}
        connection = await post(port, "/v3/watch", {"create_request": create})
        # The watch is created.
        await connection[0].readline()
        self.watcher = self.tasks.create_task(self.follow(*connection))

    async def follow(self, reader, writer):
        async for line in reader:
            arrived = time.monotonic()
            result = json.loads(line).get("result")
            if not result:
                break
            self.revision = int(result["header"]["revision"])
            for event in result.get("events", []):
                # A deleted key or an empty value changes nothing: it must not deny every request.
                if value := event["kv"].get("value"):
                    key = base64.b64decode(event["kv"]["key"]).decode().removeprefix(PREFIX)
                    self.write(key, base64.b64decode(value).decode())
                    self.times |= {"arrived": arrived, "renamed": time.monotonic()}
        raise ConnectionError(f"etcd ended the watch of {self.name}")


class Fleet:
    """etcd and all nodes; `processes` are etcd and the daemons."""

    def __init__(self, options, throwaway, processes, tasks):
        self.options, self.throwaway, self.processes, self.tasks = options, throwaway, processes, tasks
        self.port, self.nodes = options.etcd_port, []
        self.revoked = {f"team{number}": 0 for number in range(options.keys)}
        self.files = {key: token_file(key, range(options.applications)) for key in self.revoked}

    async def start_etcd(self):
        client = f"http://127.0.0.1:{self.port}"
        addresses = {"listen-client": client, "advertise-client": client, "listen-peer": "http://127.0.0.1:0"}
        command = ["etcd", "--data-dir", self.throwaway / "etcd"]
        command += [f"--{name}-urls={address}" for name, address in addresses.items()]
        log = self.throwaway / "etcd.log"
        with log.open("w") as file:
            self.processes.append(subprocess.Popen(command, stdout=file, stderr=file, process_group=0))
        for _ in range(TIMEOUT * 10):
            await asyncio.sleep(0.1)
            with contextlib.suppress(ConnectionError):
                for key, text in self.files.items():
                    self.revision = await put(self.port, key, text)
                return
        sys.exit(f"error: etcd does not start: {log.read_text()[-500:]}")

    async def grow(self, count):
        """Starts nodes until there are so many, a few at a time."""
        slots = asyncio.Semaphore(8)

        async def add(number):
            async with slots:
                node = Node(self.throwaway / f"node{number}", self.files, self.tasks)
                self.processes.append(node.start(self.options.bearerd))
                try:
                    await asyncio.wait_for(node.ready.wait(), TIMEOUT)
                except TimeoutError:
                    sys.exit(f"error: {node.name} does not start: {node.log.decode()}")
                await node.watch(self.port, self.revision + 1)
                self.nodes.append(node)

        await asyncio.gather(*(add(number) for number in range(len(self.nodes), count)))

    async def expect_allowed(self, secret):
        for node, status in zip(self.nodes, await asyncio.gather(*(node.status(secret) for node in self.nodes))):
            if status != b"200":
                sys.exit(f"error: {node.name} answers {status.decode()} to a valid token")

    def used(self):
        """Seconds of processor time so far: of etcd, of all daemons, of this process, and of all others."""
        # As clock_getcpuclockid(3) computes the clock of a process.
        etcd, *daemons = (time.clock_gettime(~process.pid << 3 | 2) for process in self.processes)
        own = {"etcd": etcd, "daemons": sum(daemons), "watchers": time.process_time()}
        ticks = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle, waiting = ticks[3:5]
        return own | {"others": (sum(ticks) - idle - waiting) / os.sysconf("SC_CLK_TCK") - sum(own.values())}

    async def revoke(self):
        """Revokes a token. Returns the seconds for each node and for the put, and the processor time."""
        key = min(self.revoked, key=self.revoked.get)
        secret = token(key, self.revoked[key])
        await self.expect_allowed(secret)
        self.revoked[key] += 1
        self.files[key] = token_file(key, range(self.revoked[key], self.options.applications))
        # A daemon reads its tokens at most every 50 ms.
        await asyncio.sleep(0.5)
        for node in self.nodes:
            node.secret, node.times, node.denied = secret, {}, asyncio.get_running_loop().create_future()
        before, began = self.used(), time.monotonic()
        self.revision = await put(self.port, key, self.files[key])
        committed = time.monotonic()
        await asyncio.wait([node.denied for node in self.nodes], timeout=TIMEOUT)
        used = {name: after - before[name] for name, after in self.used().items()}
        if late := [node for node in self.nodes if node.secret]:
            sys.exit(f"error: {len(late)} nodes allow a revoked token; {late[0].name} logs: {late[0].log.decode()}")
        await self.expect_allowed(token(key, self.options.applications - 1))
        times = [{stage: node.times[stage] - began for stage in STAGES} for node in self.nodes]
        return {"times": times, "put": committed - began, "used": used}

    async def measure(self, count):
        await self.grow(count)
        before, began = self.used(), time.monotonic()
        await asyncio.sleep(3)
        idle = (self.used()["daemons"] - before["daemons"]) / (time.monotonic() - began)
        rounds = [await self.revoke() for _ in range(self.options.rounds)]
        figures = {"nodes": count, "put_median_ms": milliseconds(statistics.median(each["put"] for each in rounds))}
        for stage in STAGES:
            seconds = sorted(times[stage] for each in rounds for times in each["times"])
            figures[stage] = {
                "median_ms": milliseconds(statistics.median(seconds)),
                "p99_ms": milliseconds(seconds[-(len(seconds) // 100) - 1]),
                "last_ms": milliseconds(seconds[-1]),
            }
        # Means, so that they can be compared.
        last = [max(times["denied"] for times in each["times"]) for each in rounds]
        figures["all_denied_mean_ms"] = milliseconds(statistics.mean(last))
        figures["processor_mean_ms"] = {
            name: milliseconds(statistics.mean(each["used"][name] for each in rounds)) for name in rounds[0]["used"]
        }
        figures["idle_daemons_cores"] = round(idle, 4)
        progress(f"{count} nodes: median {figures['denied']['median_ms']} ms, last {figures['denied']['last_ms']} ms")
        return figures

    async def delete_key(self):
        """An empty value and a deleted key must change nothing."""
        key, text = next(iter(self.files.items()))
        await put(self.port, key, "")
        revision = await change(self.port, "/v3/kv/deleterange", {"key": encoded(PREFIX + key)})
        async with asyncio.timeout(TIMEOUT):
            while any(node.revision < revision for node in self.nodes):
                await asyncio.sleep(0.1)
        for node in self.nodes:
            if (node.tokens / f"{key}.tokens").read_text() != text:
                sys.exit(f"error: {node.name} changed its tokens when a key was deleted")


def milliseconds(seconds):
    return round(max(0, seconds) * 1000, 1)


def raise_limits(count, cleanup):
    """Allows so many nodes."""
    # For each a log, a watch and a check.
    needed = 3 * count + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        sys.exit(f"error: {hard} open files are too few; set ulimit -n {needed}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    # Other programs have instances too.
    before, needed = INSTANCES.read_text(), count + 64
    if int(before) < needed:
        if os.geteuid() != 0:
            sys.exit(f"error: too few inotify instances; run as root: sysctl fs.inotify.max_user_instances={needed}")
        cleanup.callback(INSTANCES.write_text, before)
        INSTANCES.write_text(str(needed))


def stop(processes):
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def measure_all(options, cleanup):
    """Returns the figures for each number of nodes."""
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        asyncio.get_running_loop().add_signal_handler(number, sys.exit, 128 + number)
    throwaway, processes = pathlib.Path(tempfile.mkdtemp(prefix="bearerd.")), []
    cleanup.callback(shutil.rmtree, throwaway)
    raise_limits(max(options.nodes), cleanup)
    cleanup.callback(stop, processes)
    async with asyncio.TaskGroup() as tasks:
        fleet = Fleet(options, throwaway, processes, tasks)
        await fleet.start_etcd()
        figures = [await fleet.measure(count) for count in sorted(options.nodes)]
        await fleet.delete_key()
        for node in fleet.nodes:
            node.watcher.cancel()
    return figures


parser = argparse.ArgumentParser(prog="revocation")
parser.add_argument("nodes", nargs="*", type=int, default=[1, 100, 1000], help="default: 1 100 1000")
parser.add_argument("--rounds", type=int, default=20, help="revocations for each number of nodes; default: 20")
parser.add_argument("--keys", type=int, default=20, help="keys of etcd, each a file on every node; default: 20")
parser.add_argument("--applications", type=int, default=50, help="tokens of each key; default: 50")
parser.add_argument("--bearerd", required=True, help=argparse.SUPPRESS)
parser.add_argument("--etcd-port", required=True, help=argparse.SUPPRESS)
options = parser.parse_args()
# The last token of each key stays valid.
if options.rounds * len(options.nodes) > options.keys * (options.applications - 1):
    parser.error("more revocations than tokens")
settings = {"cores": os.cpu_count()} | {name: getattr(options, name) for name in ["rounds", "keys", "applications"]}
with contextlib.ExitStack() as cleanup:
    try:
        fleets = asyncio.run(measure_all(options, cleanup))
    except ExceptionGroup as group:
        if not isinstance(group.exceptions[0], OSError):
            raise
        sys.exit(f"error: {group.exceptions[0]}")
    print(json.dumps(settings | {"fleets": fleets}, indent=2))
