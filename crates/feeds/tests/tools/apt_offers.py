"""Writes what apt offers from Debian's security archive, from the lists on this machine.

A line is: `installed` or `archive`; the package; its source, that source's version and its own version now; the same
of what is offered. `installed`: on this machine, and the security archive has a higher version. `archive`: the
archive's main suite has a version below that of the security archive, which is what a fresh installation without it has.
"""
import functools

import apt_pkg

apt_pkg.init()
cache = apt_pkg.Cache(None)
records = apt_pkg.PackageRecords(cache)


def told(version):
    records.lookup(version.file_list[0])
    # Only what differs from the binary is written in the lists.
    source = records.source_pkg or version.parent_pkg.name
    return source, records.source_ver or version.ver_str, version.ver_str


def higher(a, b):
    return a if apt_pkg.version_compare(a.ver_str, b.ver_str) >= 0 else b


for package in cache.packages:
    main, security = [], []
    for version in package.version_list:
        for place, _ in version.file_list:
            if place.label == "Debian-Security":
                security.append(version)
            elif place.origin == "Debian" and place.label == "Debian":
                main.append(version)
    if not security:
        continue
    offered = functools.reduce(higher, security)
    now = [("installed", package.current_ver)] if package.current_ver else []
    now += [("archive", functools.reduce(higher, main))] if main else []
    for kind, version in now:
        if apt_pkg.version_compare(version.ver_str, offered.ver_str) < 0:
            print(kind, package.name, *told(version), *told(offered), sep="\t")
