"""screen.py SHOWN REAL: whether a screen in the README is of the same shape as what the command really shows: the same
words in the same lines, whatever the numbers, times and key ids, and however wide the columns are for them."""

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
# The command itself may stand above.
shown = re.sub(r"^\$ .*\n", "", shown)
tokens = open("/etc/bearerd/tokens", encoding="utf-8").read()
# A key id of the README has a digit in it; one that was made now may be a word.
if shape(shown, "(?=[a-z]+[0-9])[a-z0-9]{6}") != shape(real, "|".join(re.findall(r" id=(\w+)", tokens))):
    sys.exit(f"the README shows\n{shown}\nand the command\n{real}")
