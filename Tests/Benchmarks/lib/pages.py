"""The pages of the report, in Markdown."""

import textwrap

from tables import column
from targets import TABLES, ratio_to, targets


def report(seen):
    """The whole of it: the machine, the targets, all tables."""
    parts = ["# What a check costs", "Made by `Tests/Benchmarks/run`, and not by hand.", described(seen["machine"]),
             "## What it must show", of_targets(seen), "![Processor time of a request through nginx](plot.svg)"]
    for table in (seen[name] for name in TABLES if name in seen):
        parts += [f"## {table['title']}", markdown(table["columns"], table["rows"])]
        parts += ["\n".join(filled(note, "- ") for note in table["notes"])] if table["notes"] else []
    return "\n\n".join(parts) + "\n"


def section(seen, results):
    """The short form, for the project's README."""
    table = seen["nginx"]
    columns = {"requests/s": "requests/s", "p50, added (µs)": "p50 added, 1 c", "CPU of the filter (µs)": "CPU of the filter",
               "CPU of nginx (µs)": "CPU of nginx"}
    figures = [column(table, begins) for begins in columns.values()]
    rows = [[row[0], *(figure[name] for figure in figures)] for name, row in zip(table["names"], table["rows"])]
    return "\n\n".join([
        f"![Processor time of a request through nginx, for each way to protect a page]({results}/plot.svg)",
        markdown(["protected by", *columns], rows), filled(meaning(seen, results)),
    ]) + "\n\n"


def meaning(seen, results):
    """What is to be seen in the short table."""
    table, machine, told = seen["nginx"], seen["machine"], targets(seen)
    own, nginx, latency = (column(table, begins) for begins in ["CPU of the filter", "CPU of nginx", "p50 added, 1 c"])
    met = sum(target.is_met for target in told)
    said = [
        f"On {machine['cores']} cores of {machine['processor']}, a check takes {number(own['bearerd'])} µs of bearerd's processor time and "
        f"{number(nginx['bearerd'] - nginx['nothing'])} µs more of nginx's, which must connect. With one client at a time, a response takes {number(latency['bearerd'])} µs longer.",
        f"The floor is the minimum for any filter behind a socket (accept, read, compare, write, close): {number(own['floor'])} µs.",
    ]
    if "direct" in seen:
        direct = column(seen["direct"], "CPU")
        said.append(f"Without nginx, bearerd takes {number(direct['bearerd'])} µs, the floor {number(direct['floor'])} µs and "
                    f"libfcgi's own loop {number(direct['textbook'])} µs.")
    if "njs" in table["names"]:
        said.append(f"With the micro-cache, nginx serves {ratio_to('njs', table, 'rate', 'bearerd-cached'):.2f} times as many requests as "
                    "with njs, which compares one string.")
    said.append("Do not use `map`: it ignores the case of a token.")
    said.append(f"[All figures, and the machine]({results}/README.md): {met} of {len(told)} targets are met"
                + ("." if met == len(told) else "; the others are listed there."))
    return " ".join(said)


def described(machine):
    return filled(f"Measured on {machine['date']}: {machine['processor']}, {machine['cores']} cores, {machine['memory']}, "
                  f"{machine['system']}; {machine['versions']}. Right after, other programs took {machine['others']} of the cores' time.")


def of_targets(seen):
    rows = [[target.what, target.bound, target.reached, "yes" if target.is_met else "**no**"] for target in targets(seen)]
    return markdown(["target", "bound", "reached", "met"], rows)


def markdown(columns, rows):
    lines = [columns, ["---" if place == 0 else "--:" for place in range(len(columns))], *rows]
    return "\n".join("| " + " | ".join(map(number, line)) + " |" for line in lines)


def filled(text, mark=""):
    return textwrap.fill(text, 120, initial_indent=mark, subsequent_indent=" " * len(mark), break_long_words=False, break_on_hyphens=False)


def number(value):
    """For people: 31,608 and 12.9. A figure that is not there is a dash; text is itself."""
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"
