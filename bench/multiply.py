"""Feeds, multiplied: each record of each ecosystem again and again, under other names.

A copy differs in the ids of records and in the names of packages, so what the database answers about the original names
must stay the same. The feeds themselves go in unchanged, as the first of the copies.
"""

import json
import os
import shutil
import zipfile

# Not records of packages: enrichment by CVE, and the catalogue of exploited ones.
ONCE = {"CVE", "kev"}


def records_of(zip_path):
    with zipfile.ZipFile(zip_path) as zipped:
        return sum(name.endswith(".json") for name in zipped.namelist())


def feeds_of(folder):
    """Names of the folders that hold records of packages."""
    names = sorted(os.listdir(folder))
    return [name for name in names if name not in ONCE and os.path.isfile(os.path.join(folder, name, "all.zip"))]


def copy_of(record, number):
    """The record as its copy `number`: other ids, other packages, all else the same."""
    copy = json.loads(record)
    copy["id"] = f"{copy['id']}.{number}"
    for key in ("aliases", "related", "upstream"):
        if key in copy:
            copy[key] = [f"{other}.{number}" for other in copy[key]]
    for affected in copy.get("affected", []):
        package = affected.get("package")
        if package:
            package["name"] = f"{package['name']}.x{number}"
            package.pop("purl", None)
    return json.dumps(copy, separators=(",", ":"), ensure_ascii=False)


def multiply(feeds, to, wanted):
    """Writes a folder of at least `wanted` records; returns how many there are."""
    names = feeds_of(feeds)
    there = sum(records_of(os.path.join(feeds, name, "all.zip")) for name in names)
    if there == 0:
        raise ValueError(f"{feeds} holds no feed")
    copies = -(-wanted // there)
    for name in sorted(os.listdir(feeds)):
        source = os.path.join(feeds, name)
        if not os.path.isdir(source):
            continue
        folder = os.path.join(to, name)
        if name not in names:
            shutil.copytree(source, folder)
            continue
        os.mkdir(folder)
        for other in os.listdir(source):
            if other != "all.zip":
                shutil.copy(os.path.join(source, other), folder)
        with (
            zipfile.ZipFile(os.path.join(source, "all.zip")) as zipped,
            zipfile.ZipFile(os.path.join(folder, "all.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
        ):
            for entry in zipped.namelist():
                if not entry.endswith(".json"):
                    continue
                record = zipped.read(entry)
                out.writestr(entry, record)
                for number in range(1, copies):
                    out.writestr(f"{entry.removesuffix('.json')}.{number}.json", copy_of(record, number))
    return there * copies


if __name__ == "__main__":
    import sys

    feeds, to, wanted = sys.argv[1:]
    print(multiply(feeds, to, int(wanted)))
