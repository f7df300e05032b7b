"""Reads lines of two versions with a tab between; writes `<`, `=` or `>` as apt orders them."""
import sys

import apt_pkg

apt_pkg.init_system()
out = []
for line in sys.stdin:
    a, b = line.rstrip("\n").split("\t")
    order = apt_pkg.version_compare(a, b)
    out.append("<" if order < 0 else ">" if order > 0 else "=")
print("\n".join(out))
