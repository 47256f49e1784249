"""What the figures must show, each with what was reached. All are ratios or bounds of one run on one machine."""

import statistics
from dataclasses import dataclass

TABLES = ["nginx", "direct", "tokens", "connections", "start"]


@dataclass
class Target:
    what: str
    bound: str
    reached: str
    is_met: bool


def targets(seen):
    """Those whose tables were measured."""
    return [target for name in TABLES if name in seen for target in of(name, seen[name])]


def of(name, table):
    return list(through_nginx(table)) if name == "nginx" else [Target(*stated) for stated in table.get("targets", [])]


def through_nginx(table):
    labels = dict(zip(table["names"], (row[0] for row in table["rows"])))
    if table["peers"]:
        ratio, peer = max((ratio_to(peer, table, "filter"), peer) for peer in table["peers"])
        yield Target("Through nginx: CPU of bearerd by that of every filter outside of nginx, of which the cheapest is "
                     + labels[peer], "below 1", f"{ratio:.2f}", ratio < 1)
        ratio, peer = min((ratio_to(peer, table, "rate"), peer) for peer in table["peers"])
        yield Target("Through nginx: requests/s with bearerd by those with every filter outside of nginx, of which the fastest is "
                     + labels[peer], "above 1", f"{ratio:.2f}", ratio > 1)
    if "njs" in table["names"]:
        ratio = ratio_to("njs", table, "rate", "bearerd-cached")
        yield Target("Through nginx: requests/s with the micro-cache by those of njs", "at least 0.95", f"{ratio:.2f}", ratio >= 0.95)


def ratio_to(peer, table, figure, ours="bearerd"):
    """The median of the rounds' own ratios, so that a minute in which the machine was slow counts for both."""
    return statistics.median(our[figure] / other[figure] for our, other in zip(table["rounds"][ours], table["rounds"][peer]))
