"""What the parts of the benchmark are fed with, and what is read out of what came of it."""

import collections
import json
import os
import sqlite3
import zipfile

from multiply import feeds_of, records_of  # noqa: F401  (used by bench/run)

PURL_TYPES = {"Go": "golang", "crates.io": "cargo", "PyPI": "pypi", "RubyGems": "gem"}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def packages_in(path):
    """Packages with a purl in a CycloneDX document, by type, each purl once."""
    purls = {component["purl"] for component in json.loads(text_of(path)).get("components", []) if component.get("purl")}
    return collections.Counter(purl.removeprefix("pkg:").split("/")[0] for purl in purls)


def findings_in(path):
    """The findings of a JSON result, in its order."""
    return json.loads(text_of(path))["findings"]


def empty_java_database(folder):
    """Trivy fails on an image with jars where it may not download its database of them and has none: an empty one."""
    folder = os.path.join(folder, "java-db")
    os.makedirs(folder)
    database = sqlite3.connect(os.path.join(folder, "trivy-java.db"))
    database.executescript(
        "CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);"
        "CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT);"
    )
    database.close()
    with open(os.path.join(folder, "metadata.json"), "w", encoding="utf-8") as file:
        far = "2099-01-01T00:00:00Z"
        json.dump({"Version": 1, "NextUpdate": far, "UpdatedAt": far, "DownloadedAt": far}, file)


def thousand_packages(image_document, feeds, to):
    """A CycloneDX document of 1,000 packages: those of the image, then packages of the feeds in versions with a fix."""
    document = json.loads(text_of(image_document))
    # The distribution is a component, too, and no package.
    others = [component for component in document["components"] if not component.get("purl")]
    packages = [component for component in document["components"] if component.get("purl")][:1000]
    fresh = affected_packages(feeds)
    while len(packages) < 1000:
        packages.append(next(fresh))
    document["components"] = others + packages
    document.pop("dependencies", None)
    with open(to, "w", encoding="utf-8") as file:
        json.dump(document, file)


def affected_packages(feeds):
    """A package of each ecosystem in turn, each name once, in the first version that a record speaks of."""
    streams = [first_versions(os.path.join(feeds, name, "all.zip"), name) for name in sorted(PURL_TYPES)]
    while streams:
        for stream in list(streams):
            try:
                kind, name, version = next(stream)
            except StopIteration:
                streams.remove(stream)
                continue
            purl = f"pkg:{kind}/{name}@{version}"
            yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def first_versions(zip_path, ecosystem):
    seen = set()
    with zipfile.ZipFile(zip_path) as zipped:
        for entry in sorted(zipped.namelist()):
            for affected in json.loads(zipped.read(entry)).get("affected", []):
                name = affected.get("package", {}).get("name")
                events = [event for one in affected.get("ranges", []) for event in one.get("events", [])]
                if not name or name in seen or not any("fixed" in event for event in events):
                    continue
                seen.add(name)
                introduced = next((event["introduced"] for event in events if "introduced" in event), "0")
                yield PURL_TYPES[ecosystem], name, "0.0.1" if introduced.startswith("0.0.0") or introduced == "0" else introduced
