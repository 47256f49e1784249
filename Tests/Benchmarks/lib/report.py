"""What is made of the figures:

    report.py machine RESULTS BEARERD    describes this machine, in machine.json
    report.py write RESULTS [README]     makes README.md and plot.svg of the JSON files in RESULTS, and the section of
                                         the project's README between its marks
    report.py check RESULTS README       fails where one of them is not what `write` makes: no figure is typed

It knows no other figures than those of the files, so it makes the same of the same files everywhere.
"""

import json
import pathlib
import re
import sys

import machine
import pages
import plot
from targets import TABLES

SECTION = re.compile(r"(?<=<!-- benchmark -->\n).*?(?=<!-- /benchmark -->)", re.S)


def read(results):
    """The tables that were measured, by their names, and the machine."""
    files = {name: results / f"{name}.json" for name in ["machine", *TABLES]}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}


def made(results, readme=None):
    """What each file ought to hold."""
    seen = read(results)
    texts = {results / "README.md": pages.report(seen), results / "plot.svg": plot.draw(seen["nginx"])}
    if readme:
        text = readme.read_text()
        if len(SECTION.findall(text)) != 1:
            raise SystemExit(f"{readme}: there must be one <!-- benchmark --> with its <!-- /benchmark -->")
        section = pages.section(seen, results.relative_to(readme.parent))
        texts[readme] = SECTION.sub(lambda _: section, text)
    return texts


def main(command, results, *more):
    results = pathlib.Path(results).resolve()
    if command == "machine":
        (results / "machine.json").write_text(json.dumps(machine.describe(*more), indent=1) + "\n")
        return
    texts = made(results, *(pathlib.Path(readme).resolve() for readme in more))
    for file, text in texts.items():
        if command == "write":
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            raise SystemExit(f"{file} does not say what the figures do: run Tests/Benchmarks/lib/report.py write {results} {' '.join(more)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
