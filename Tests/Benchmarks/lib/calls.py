"""How many system calls a request makes: what most of its time goes to, whatever the machine."""

import load
from site_of_all import Site


def count(ways, folder, port, seconds):
    """Those of nginx and of the filter, by the way's name, with 32 connections, under strace."""
    # Not beside the token file: bearerd looks up whenever something is written there.
    (folder / "calls").mkdir()
    with Site(folder, port, ways, traced(folder, "nginx")) as site:
        return {way.name: of(way, site, seconds) for way in ways}


def of(way, site, seconds):
    program = site.start(way, traced(site.folder, way.name))[0] if way.command else None
    try:
        before = [calls(site.folder, name) for name in ["nginx", way.name]]
        requests = load.load(site.port, way.name, site.folder / "token", 32, seconds)["requests"]
        nginx, own = ((calls(site.folder, name) - made) / requests for name, made in zip(["nginx", way.name], before))
        return round(nginx, 1), round(own, 1) if program else None
    finally:
        if program:
            program.stop()


def traced(folder, name):
    """strace before a command: each call is a line, written as it ends."""
    return ["strace", "-f", "-qq", "-s", "0", "-e", "signal=none", "-o", str(folder / "calls" / name)]


def calls(folder, name):
    """Those until now. What another thread interrupts has two lines."""
    try:
        text = (folder / "calls" / name).read_bytes()
    except FileNotFoundError:
        return 0
    return text.count(b"\n") - text.count(b" resumed>")
