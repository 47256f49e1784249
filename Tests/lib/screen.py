"""screen.py SHOWN REAL: checks that an output in the README has the same form as the command's real output: the same words
in the same lines. Numbers, times, key ids and the width of columns may differ."""

import re
import sys


def shape(text, keys):
    for pattern, kind in [
        (rf"\b({keys})\b", "<key>"),
        (r"\d{4}-\d\d-\d\d(T[\d:]+Z)?", "<time>"),
        (r"\b\d+ (second|minute|hour|day)s?\b", "<duration>"),
        (r"\b[\d,]*\d\b", "<number>"),
        (r"[ \t]+", " "),
    ]:
        text = re.sub(pattern, kind, text)
    return [line.strip() for line in text.strip().splitlines()]


shown, real = (open(name, encoding="utf-8").read() for name in sys.argv[1:])
# The first line may be the command itself.
shown = re.sub(r"^\$ .*\n", "", shown)
tokens = open("/etc/bearerd/tokens", encoding="utf-8").read()
# A key id in the README contains a digit; a new one may have none.
if shape(shown, "(?=[a-z]+[0-9])[a-z0-9]{6}") != shape(real, "|".join(re.findall(r" id=(\w+)", tokens))):
    sys.exit(f"the README shows\n{shown}\nbut the command prints\n{real}")
