"""How many system calls a request makes: what most of its time goes to, whatever the machine."""

import load
from site_of_all import Site


def count(ways, directory, port, seconds):
    """Those of nginx and of the filter, by the way's name, with 32 connections, under strace."""
    # Not beside the token file: bearerd looks up whenever something is written there.
    (directory / "calls").mkdir()
    with Site(directory, port, ways, traced(directory, "nginx")) as site:
        return {way.name: of(way, site, seconds) for way in ways}


def of(way, site, seconds):
    program = site.start(way, traced(site.directory, way.name))[0] if way.command else None
    try:
        before = [calls(site.directory, name) for name in ["nginx", way.name]]
        requests = load.load(site.port, way.name, site.directory / "token", 32, seconds)["requests"]
        nginx, own = ((calls(site.directory, name) - made) / requests for name, made in zip(["nginx", way.name], before))
        return round(nginx, 1), round(own, 1) if program else None
    finally:
        if program:
            program.stop()


def traced(directory, name):
    """strace before a command: each call is a line, written as it ends."""
    return ["strace", "-f", "-qq", "-s", "0", "-e", "signal=none", "-o", str(directory / "calls" / name)]


def calls(directory, name):
    """Those until now. What another thread interrupts has two lines."""
    try:
        text = (directory / "calls" / name).read_bytes()
    except FileNotFoundError:
        return 0
    return text.count(b"\n") - text.count(b" resumed>")
