"""The plot: what a request through nginx costs of processor time, by each way to guard a page. SVG by hand: readable on
light and on dark, and without anything from elsewhere."""

import re
from html import escape

from tables import column

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 860, 236, 196, 96, 28, 17

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; fill: #57606a; }
  .ours { font-weight: 700; }
  .right { text-anchor: end; }
  .middle { text-anchor: middle; }
  .back { fill: #ffffff; stroke: #d0d7de; }
  .band { fill: #0969da; fill-opacity: 0.09; }
  .grid { stroke: #d0d7de; }
  .page { fill: #c4cbd3; }
  .nginx { fill: #8c959f; }
  .filter { fill: #bf8700; }
  .ours-filter { fill: #0969da; }
  .cut { stroke: #ffffff; stroke-width: 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .back { fill: #0d1117; stroke: #3d444d; }
    .band { fill: #4493f8; fill-opacity: 0.16; }
    .grid { stroke: #3d444d; }
    .page { fill: #3d444d; }
    .nginx { fill: #656c76; }
    .filter { fill: #d29922; }
    .ours-filter { fill: #4493f8; }
    .cut { stroke: #0d1117; }
  }
"""


def draw(table):
    """Three parts a bar: nginx without a check, what the check adds to nginx, and the filter."""
    rate, own, nginx = (column(table, begins) for begins in ["requests/s", "CPU of the filter", "CPU of nginx"])
    total = {name: nginx[name] + (own[name] or 0) for name in table["names"]}
    # What is several times as dear would make the rest too small to be told apart; its bar is cut.
    end = max(spent for spent in total.values() if spent <= 3 * total["bearerd"]) * 1.04
    scale = (WIDTH - LEFT - RIGHT) / end
    bottom = TOP + ROW * len(total)
    parts = [*grid(end, scale, bottom)]
    for place, (name, row) in enumerate(zip(table["names"], table["rows"])):
        parts += bar(TOP + ROW * place, row[0], scale, end, nginx["nothing"], nginx[name], own[name], rate[name])
    height = bottom + 44
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>Processor time of a request through nginx, by each way to guard a page</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="back" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        text(20, 30, "What a guarded page costs", "title"),
        text(20, 50, "processor time of a request, in µs; 32 connections", "small"),
        *legend(), *parts, "</svg>",
    ]) + "\n"


def grid(end, scale, bottom):
    for tick in range(0, int(end) + 1, 10):
        x = LEFT + tick * scale
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{bottom}"/>'
        yield text(x, bottom + 18, str(tick), "small middle")
    yield text(WIDTH - 96, TOP - 10, "µs", "small right")
    yield text(WIDTH - 20, TOP - 10, "requests/s", "small right")


def legend():
    x = LEFT
    for style, words in [("page", "nginx, the page alone"), ("nginx", "nginx, for the check"), ("filter", "another filter"), ("ours-filter", "bearerd")]:
        yield f'<rect class="{style}" x="{x}" y="64" width="12" height="12" rx="2"/>'
        yield text(x + 17, 74, words, "small")
        x += 34 + 6.2 * len(words)


def bar(y, label, scale, end, page, nginx, own, rate):
    ours = "**" in label
    if ours:
        yield f'<rect class="band" x="8" y="{y}" width="{WIDTH - 16}" height="{ROW}" rx="4"/>'
    emphasis = " ours" if ours else ""
    yield text(LEFT - 12, y + 19, re.sub(r"[*`]", "", label), "right" + emphasis)
    total, x = nginx + (own or 0), LEFT
    # What is cut keeps its proportions.
    scale *= min(1, end / total)
    for style, spent in [("page", min(page, nginx)), ("nginx", max(nginx - page, 0)), ("ours-filter" if ours else "filter", own or 0)]:
        if spent * scale >= 0.05:
            yield f'<rect class="{style}" x="{x:.1f}" y="{y + (ROW - BAR) / 2}" width="{spent * scale:.1f}" height="{BAR}"/>'
        x += spent * scale
    if total > end:
        yield f'<line class="cut" x1="{x - 20:.1f}" y1="{y + ROW - 3}" x2="{x - 12:.1f}" y2="{y + 3}"/>'
    yield text(WIDTH - 96, y + 19, f"{total:,.1f}" if total < 100 else f"{total:,.0f}", "right" + emphasis)
    yield text(WIDTH - 20, y + 19, f"{rate:,.0f}", "right" + emphasis)


def text(x, y, words, style):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{escape(words)}</text>'
