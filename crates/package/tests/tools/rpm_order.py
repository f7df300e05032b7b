"""Reads lines of two versions `[epoch:]version[-release]` with a tab between; writes `<`, `=`, `>`, or
`!` where rpm refuses one."""
import re
import sys

import rpm

EPOCH = re.compile(r"([0-9]*):(.*)\Z")


def split(text):
    epoch = None
    found = EPOCH.match(text)
    if found:
        epoch, text = found.group(1) or "0", found.group(2)
    version, dash, release = text.rpartition("-")
    return (epoch, version, release) if dash else (epoch, text, None)


out = []
for line in sys.stdin:
    a, b = line.rstrip("\n").split("\t")
    try:
        order = rpm.labelCompare(split(a), split(b))
        out.append("<" if order < 0 else ">" if order > 0 else "=")
    except ValueError:
        out.append("!")
print("\n".join(out))
