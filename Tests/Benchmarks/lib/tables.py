"""The files that tables are kept in: JSON with `title`, `columns`, `rows` and `notes`, each row a line.

Where `names` has the rows' short names, figures are found by these; `targets`, if there are any, are lists of what is
asked for, the bound, what was reached, and whether that is enough.
"""

import json


def dump(file, table):
    parts = (f" {json.dumps(name)}: {lines(value)}" for name, value in table.items())
    file.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def lines(value):
    if isinstance(value, list):
        return "[\n  " + ",\n  ".join(map(compact, value)) + "\n ]"
    if isinstance(value, dict):
        return "{\n  " + ",\n  ".join(f"{json.dumps(name)}: {compact(one)}" for name, one in value.items()) + "\n }"
    return compact(value)


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def column(table, begins):
    """The figures of the one column that begins so, by the rows' names."""
    places = [place for place, title in enumerate(table["columns"]) if title.startswith(begins)]
    if len(places) != 1:
        raise SystemExit(f"{table['title']}: {len(places)} columns begin with {begins!r}")
    return {name: row[places[0]] for name, row in zip(table["names"], table["rows"])}
