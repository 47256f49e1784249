"""Measures all ways to guard a page, each in its turn and several rounds, and writes what it saw:

    through_nginx.py DIRECTORY PORT BUILT BEARERD ROUNDS SECONDS RESULT

DIRECTORY is a throwaway one on a tmpfs, with the files `token` and `tokens`; BUILT has the peers. SECONDS is for each load
of each round.
"""

import pathlib
import signal
import statistics
import sys

import calls
import load
from processes import Program, cpu_of_machine
from site_of_all import Site
from tables import dump
from ways import ways

COLUMNS = [
    "way", "requests/s", "p50 added, 1 connection (µs)", "p99 added, 1 connection (µs)", "p50 added, 32 connections (µs)",
    "p99 added, 32 connections (µs)", "CPU of the filter (µs)", "CPU of nginx (µs)", "RSS (MB)", "start-up (ms)",
    "system calls of nginx", "system calls of the filter",
]


def look(way, site):
    """A way that allows every request is not worth measuring."""
    good = site.authorization
    if not site.opens(way, good):
        raise SystemExit(f"{way.name} refuses the right token")
    if way.name in ["nothing", "return"]:
        return
    for bad in [None, good + "x", good[:-1], "Bearer made-up"]:
        if site.opens(way, bad):
            raise SystemExit(f"{way.name} lets a wrong token in")
    if site.opens(way, "Bearer " + good[7:].swapcase()) != way.ignores_case:
        raise SystemExit(f"{way.name}: that it {'ignores' if way.ignores_case else 'knows'} case is not so")


def measure(way, site, seconds):
    """One round of one way, as a dictionary of figures."""
    program, startup = site.start(way) if way.command else (None, None)
    try:
        look(way, site)
        ask = lambda connections, time: load.load(site.port, way.name, site.directory / "token", connections, time)
        ask(32, max(seconds / 4, 0.2))
        one = ask(1, seconds)
        machine, nginx, own = cpu_of_machine(), site.cpu(), program.cpu() if program else 0
        many = ask(32, seconds)
        machine, nginx, own = cpu_of_machine() - machine, site.cpu() - nginx, program.cpu() - own if program else 0
        if way.forgets_children:
            own = machine - nginx - many["cpu"]
        return {
            "rate": many["requests"] / many["seconds"],
            "p50_1": one["p50"], "p99_1": one["p99"], "p50_32": many["p50"], "p99_32": many["p99"],
            "filter": own * 1e6 / many["requests"] if program else None,
            "nginx": nginx * 1e6 / many["requests"],
            "rss": program.resident() / 1e6 if program else None,
            "startup": startup,
        }
    finally:
        if program:
            program.stop()


def median(rounds, figure, less=None):
    """Of all rounds; where `less` is given, of the differences within each."""
    if rounds[0][figure] is None:
        return None
    return statistics.median(one[figure] - (other[figure] if other else 0) for one, other in zip(rounds, less or [None] * len(rounds)))


def main(directory, port, built, bearerd, rounds, seconds, result):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = pathlib.Path(directory)
    token = (directory / "token").read_text().strip()
    asked = ways(directory, pathlib.Path(built), bearerd, token)
    left_out = [way for way in asked if way.missing()]
    for way in left_out:
        print(f"left out: {way.label}; there is no {', '.join(way.missing())}", flush=True)
    asked = [way for way in asked if not way.missing()]
    seen = {way.name: [] for way in asked}
    with Site(directory, int(port), asked) as site:
        for number in range(int(rounds)):
            for way in asked:
                figures = measure(way, site, float(seconds))
                seen[way.name].append(figures)
                own = f", itself {figures['filter']:.1f}" if way.command else ""
                print(f"round {number + 1}, {way.name}: {figures['rate']:.0f}/s, us a request: nginx {figures['nginx']:.1f}{own}", flush=True)
    counted = calls.count(asked, directory, int(port), float(seconds) / 3)
    dump(pathlib.Path(result), table(asked, seen, counted, rounds, seconds))


def table(asked, seen, counted, rounds, seconds):
    """The medians of what was seen; and all of it, for who doubts them."""
    nothing = seen["nothing"]
    rows = []
    for way in asked:
        of = seen[way.name]
        # Of no check at all it is what there is, not what is added.
        added = [median(of, figure, None if of is nothing else nothing) for figure in ["p50_1", "p99_1", "p50_32", "p99_32"]]
        own = [median(of, figure) for figure in ["filter", "nginx", "rss", "startup"]]
        row = [median(of, "rate"), *added, *own]
        rows.append([way.label] + [figure if figure is None else round(figure, 1) for figure in row] + list(counted[way.name]))
    return {
        "title": "Through nginx", "columns": COLUMNS, "rows": rows,
        "notes": [
            f"Medians of {rounds} rounds of {seconds} s with each number of connections, all ways in turn. wrk, nginx and the "
            "filter share the machine's cores, so that requests/s, with 32 connections that never rest, are bounded by all of them.",
            "Added is what a request takes longer than without a check in the same round; the first row is that time itself.",
            "CPU, the fairest of the figures, is what the processes spent by request, with 32 connections. The shells of fcgiwrap "
            "are in no account: theirs is what the machine spent beyond nginx and wrk.",
            "System calls are those by request in a run of its own, with 32 connections, under strace, which slows it.",
            "RSS sums up the processes of a filter; start-up is until nginx gets the first answer.",
            "Filters are asked with the same snippets of nginx's configuration, and answer the same headers; they know one token.",
            "`map` compares without regard to case: it let the token in with all its letters' case changed. All others refused.",
            "The floor understands no FastCGI: accept, read, one memmem, write, close, in blocking threads. It is a bound, not a filter.",
            *where_it_goes({name: nginx for name, (nginx, _) in counted.items()}),
        ],
        "names": [way.name for way in asked],
        "peers": [way.name for way in asked if way.command and way.is_peer],
        "rounds": {name: [{figure: value and round(value, 2) for figure, value in one.items()} for one in of] for name, of in seen.items()},
    }


def where_it_goes(calls):
    """What of the cost is nginx's own way, which no filter can change."""
    more = lambda name: f"{calls[name] - calls['nothing']:.1f}"
    yield (f"nginx keeps no FastCGI connection under auth_request. To connect, ask and close it makes {more('bearerd')} system calls more "
           f"than for the page alone" + (f", and {more('go-http')} where it keeps HTTP connections." if "go-http" in calls else "."))
    yield f"An allowed response in the micro-cache is a file, which nginx reads each time: {more('bearerd-cached')} system calls more."


if __name__ == "__main__":
    main(*sys.argv[1:])
