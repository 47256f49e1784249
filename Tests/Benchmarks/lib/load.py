"""Asks a site: once, to see what it answers, or as fast as it can, for a time."""

import http.client
import json
import os
import pathlib
import resource
import signal
import subprocess
import time

SCRIPT = pathlib.Path(__file__).with_name("load.lua")
PAGE = "/page.html"


def status(port, host, authorization=None):
    """The status of one request; 0 if there is no response."""
    headers = {"Host": host} | ({"Authorization": authorization} if authorization else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", PAGE, headers=headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def load(port, host, token_file, connections, seconds):
    """wrk's figures, see load.lua, and its processor time in seconds, `cpu`. An error, or an answer other than 200, ends the benchmark."""
    command = ["wrk", "-t1", f"-c{connections}", "-d60s", "--timeout", "20s", "-s", str(SCRIPT),
               f"http://127.0.0.1:{port}{PAGE}"]
    environment = os.environ | {"BENCH_HOST": host, "BENCH_TOKEN": str(token_file)}
    before = cpu_of_children()
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        time.sleep(seconds)
        said = interrupted(wrk)
    finally:
        wrk.kill()
        wrk.wait()
    # Interrupted before it began, it says nothing.
    seen = json.loads(said.splitlines()[-1]) if said else {"requests": 0, "errors": 0}
    if seen["errors"]:
        raise SystemExit(f"{host}, {connections} connections: not every answer was 200: {said}")
    if not seen["requests"]:
        # A machine that has much else to do may not come to it in so short a time.
        if seconds > 10:
            raise SystemExit(f"{host}, {connections} connections: no answer in {seconds} s")
        return load(port, host, token_file, connections, 2 * seconds)
    return seen | {"cpu": cpu_of_children() - before}


def interrupted(wrk):
    """wrk knows whole seconds only; interrupted, it tells what it has. Where that comes before it sleeps, it takes another."""
    for _ in range(20):
        wrk.send_signal(signal.SIGINT)
        try:
            return wrk.communicate(timeout=1)[0]
        except subprocess.TimeoutExpired:
            pass
    raise SystemExit("wrk does not end")


def cpu_of_children():
    """Of those that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
