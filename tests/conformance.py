#!/usr/bin/env python3
"""The interface of a seeded hub held against its own description, by schemathesis, asked by everybody who may ask.

    tests/conformance.py [--only NAME…] [--seed N] [--examples N]

Everybody gets a hub of their own: a copy of one seeded store. Nothing may answer with 5xx, with a status, a content type or a
body that the description does not have. The same seed asks the same questions. What is not asked, and what is narrowed,
stands in EXCLUDED and NARROWED with its reason; both are printed. Of everybody together every operation must have
been answered with success, but for UNREACHED.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(REPOSITORY, "bench"))

from hub import API, PASSWORD, Client, Hub  # noqa: E402
from measure import Broken  # noqa: E402

IMAGES = 240
SEED = 20261130
# The number of the job and of the delivery that were given up.
GIVEN_UP = 1_000_000
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"]

# Operations that are not asked, with the reason.
EXCLUDED = {
    "GET /api/v1/events": "a stream that does not end; the suite http reads it",
    "POST /api/v1/logout": "ends the session that asks: all behind it would answer 401; the suite sessions asks it",
    "PUT /api/v1/me/password": "as it ends sessions: all behind it would answer 401; the suite sessions asks it",
}

# Operations that are answered with refusals only, whoever asks, with the reason.
UNREACHED = {
    "POST /api/v1/setup": "makes the first owner of a hub that has none; the suite sessions redeems its secret",
}

# Operations that count attempts, so that 401 and 429 are their answers.
LIMITED = {
    "POST /api/v1/login", "POST /api/v1/setup", "POST /api/v1/catalogues",
    "POST /api/v1/registries/{id}/events", "POST /api/v1/registries/{id}/notifications",
}

# Values that are not left to chance, with the reason: (schema, property) → the only ones.
NARROWED = {
    ("NewRegistry", "address"): (["127.0.0.1:9"], "an address that is tried: chance would reach for hosts of the world"),
    ("ChangeRegistry", "address"): (["127.0.0.1:9"], "as above"),
    ("NewWebhook", "url"): (["https://127.0.0.1:9/hook"], "as above"),
    ("ChangeWebhook", "url"): (["https://127.0.0.1:9/hook"], "as above"),
    ("NewRule", "scope"): (["retail", "nowhere"], "a rule on the whole hub may hide all that later questions are about"),
}

# Who asks every edge of every value too; the handlers behind are the same for everybody, and a token has its limit.
PHASES = {"owner": "coverage,fuzzing", "viewer of retail": "coverage,fuzzing"}

# Who asks: the roles on the whole hub, one on a scope, and every kind of token.
SESSIONS = {
    "viewer": ("", "viewer"),
    "viewer of retail": ("retail", "viewer"),
    "security reader": ("", "security_reader"),
    "security admin": ("", "security_admin"),
    "owner": ("", "owner"),
}
TOKENS = ["viewer", "security_reader", "security_admin", "owner", "publish", "notify", "metrics"]


def say(text):
    print(text, flush=True)


def built(name):
    target = os.environ.get("CARGO_TARGET_DIR") or os.path.join(REPOSITORY, "target")
    return os.path.join(target, "debug", name)


def names():
    return [*SESSIONS, *(f"token {duty}" for duty in TOKENS)]


def login(name):
    """The name that somebody logs in with."""
    return name.replace(" ", "-")


class Seeded:
    """A folder with a fleet, people and tokens; everybody's copy is made from it."""

    def __init__(self, work):
        self.folder = os.path.join(work, "seeded")
        os.makedirs(self.folder)
        store = os.path.join(self.folder, "hub.db")
        subprocess.run([built("fleet"), self.folder, f"sqlite:{store}", str(IMAGES), "7"], check=True, stdout=subprocess.DEVNULL)
        self.tokens = {}
        with Hub(built("seawall"), self.folder, f"sqlite:{store}", 1) as hub:
            owner = hub.owner()
            for name, (scope, role) in SESSIONS.items():
                user = owner.post(f"{API}/users", {"name": login(name), "password": PASSWORD}).ok(201)
                owner.ask("PUT", f"{API}/grants", {"user": user["id"], "scope": scope, "role": role}).ok(200)
            self.victim = owner.post(f"{API}/users", {"name": "somebody-else", "password": PASSWORD}).ok(201)["id"]
            owner.ask("PUT", f"{API}/grants", {"user": self.victim, "scope": "retail", "role": "viewer"}).ok(200)
            for duty in TOKENS:
                made = owner.post(f"{API}/tokens", {"name": duty, "grants": [{"scope": "", "role": duty}]}).ok(201)
                self.tokens[duty] = made["secret"]
            spare = owner.post(f"{API}/tokens", {"name": "spare", "grants": [{"scope": "", "role": "viewer"}]}).ok(201)["token"]["id"]
            self.good = self.found_hardly(owner)
            hub.settle(60, quiet=2)
            self.document = owner.get(f"{API}/openapi.json").ok()
            self.known = self.values(owner, spare)
            owner.close()
        self.give_up(store)
        # What chance would hardly find: that there is something at the other end of a path.
        self.put_known()
        self.put_good()

    def found_hardly(self, owner):
        """Questions with a right answer that chance would hardly put: operation → its body and its parameters."""
        spare = owner.post(f"{API}/registries", {"name": "spare", "address": "127.0.0.1:9"}).ok(201)
        self.registry = spare["registry"]["id"]
        self.webhook = owner.post(f"{API}/webhooks", {"name": "given up", "url": "https://127.0.0.1:9/hook", "allowPrivate": True}).ok(201)["webhook"]["id"]
        # That one has a delivery to be tried again, and webhooks that are known are deleted before.
        self.spare = owner.post(f"{API}/webhooks", {"name": "spare", "url": "https://127.0.0.1:9/hook", "allowPrivate": True}).ok(201)["webhook"]["id"]
        image = owner.get(f"{API}/images?scope=platform&limit=1").ok()["items"][0]
        # A rule of chance hides what lies in retail at most.
        fix = owner.get(f"{API}/fixes?scope=platform&limit=1").ok()["items"][0]["id"]
        waiver = {"control": "image.root-user", "category": "waiver", "reason": "a base that needs it"}
        exemptions = [waiver | {"scope": "retail"}, waiver | {"assetId": image["assetId"], "expires": "2099-01-01T00:00:00Z"}]
        rule = {"name": "one flaw", "scope": "retail", "criteria": {"cves": ["CVE-1999-0002"]}, "justification": "not reached", "expires": "2099-01-01T00:00:00Z"}
        event = {"id": "1", "action": "push", "repository": "shop/web", "digest": digest("pushed"), "tag": "1"}
        manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "repository": "shop/web", "digest": digest("pushed"), "tag": "1"}
        pushed = {"id": "2", "timestamp": "2026-01-01T00:00:00Z", "action": "push", "target": manifest}
        # The description says no more of it than that it is an object.
        envelope = {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "maxItems": 3, "items": either([pushed], {"type": "object"})}}}
        return {
            "POST /api/v1/catalogues": {"body": [catalogue()], "scope": [""]},
            "POST /api/v1/login": {"body": [{"name": login("viewer"), "password": PASSWORD}]},
            "POST /api/v1/users": {"body": [{"name": "jane", "password": PASSWORD}]},
            "PUT /api/v1/grants": {"body": [{"user": self.victim, "scope": "retail", "role": "security_reader"}]},
            "POST /api/v1/exemptions": {"body": exemptions},
            "POST /api/v1/exemptions/preview": {"body": exemptions},
            "POST /api/v1/disable-rules": {"body": [rule]},
            "POST /api/v1/disable-rules/preview": {"body": [rule]},
            "POST /api/v1/registries/{id}/events": {"id": [self.registry], "body": [{"events": [event]}]},
            "POST /api/v1/registries/{id}/notifications": {"id": [self.registry], "schema": envelope},
            "DELETE /api/v1/registries/{id}": {"id": [self.registry], "name": ["spare"]},
            "GET /api/v1/fixes/{id}": {"id": [fix]},
            "GET /api/v1/fixes/{id}/images": {"id": [fix]},
            "POST /api/v1/jobs/{id}/retry": {"id": [str(GIVEN_UP)]},
            "POST /api/v1/webhooks/{id}/deliveries/{delivery}/retry": {"id": [self.webhook], "delivery": [str(GIVEN_UP)]},
        }

    def give_up(self, store):
        """A job and a delivery that were given up: by themselves they are after hours of attempts only."""
        now = int(time.time() * 1_000_000)
        with contextlib.closing(sqlite3.connect(store)) as database, database:
            database.execute(
                "INSERT INTO job (id, kind, lane, payload_json, state, attempts, max_attempts, not_before, last_error, created, finished) "
                "VALUES (?, 'registry.poll', ?, ?, 'dead', 8, 8, ?, 'nobody answers', ?, ?)",
                (GIVEN_UP, f"registry/{self.registry}", json.dumps({"registry": int(self.registry)}), now, now, now),
            )
            database.execute(
                "INSERT INTO webhook_delivery (id, webhook, body, state, attempts, last_error, created, next_at, finished) "
                "VALUES (?, ?, '{}', 'failed', 8, 'nobody answers', ?, ?, ?)",
                (GIVEN_UP, int(self.webhook), now, now, now),
            )

    def values(self, owner, spare):
        """Ids that are there, by the beginning of the path whose parameter they fill, or by the name of a parameter."""
        paths = self.document["paths"]

        def ids(path, field="id", count=3):
            if f"{API}{path}" not in paths:
                return []
            paged = any(one["name"] == "limit" for one in paths[f"{API}{path}"]["get"].get("parameters", []))
            rows = owner.get(f"{API}{path}" + (f"?limit={count}" if paged else "")).ok().get("items", [])
            return [row[field] for row in rows if row.get(field) not in (None, "")][:count]

        def made(path, body):
            if f"{API}{path}" not in paths:
                return []
            answer = owner.post(f"{API}{path}", body)
            if answer.status not in (200, 201):
                raise Broken(f"POST {path}: {answer.status} {answer.body[:300]}")
            return [answer.json()["id"]] if "id" in answer.json() else []

        made("/exemptions", {"control": "image.root-user", "scope": "retail", "category": "waiver", "reason": "a base that needs it"}) if self.has_control(
            owner, "image.root-user"
        ) else None
        made("/disable-rules", {"name": "a library", "scope": "retail", "criteria": {"cves": ["CVE-1999-0001"]}, "justification": "not reached"})
        package = owner.get(f"{API}/software?limit=1").ok()["items"][0]
        image = ids("/images", count=1)[0]
        finding = owner.get(f"{API}/images/{image}/findings?limit=1").ok()["items"][0]
        known = {
            "/images": ids("/images"), "/registries": ids("/registries", count=2), "/vulnerabilities": ids("/vulnerabilities"),
            "/fixes": ids("/fixes"), "/exemptions": ids("/exemptions"), "/disable-rules": ids("/disable-rules"), "/webhooks": [self.spare],
            "/notices": ids("/notices"), "/jobs": ids("/jobs"), "/audit": ids("/audit"), "/owners": ids("/owners", count=2),
            "/scopes": ["retail", "platform", "data/research"], "/users": [self.victim], "/tokens": [spare],
            "/recommendations": ids("/recommendations", "control"),
        }
        if known["/registries"] and f"{API}/registries/{{id}}/repositories" in paths:
            rows = owner.get(f"{API}/registries/{known['/registries'][0]}/repositories?limit=3").ok()["items"]
            known["/repositories"] = [row["id"] for row in rows]
        known |= {
            "?scope": ["", "retail", "retail/checkout"], "?owner": known["/owners"] + ["none"], "?registry": known["/registries"], "?cve": known["/vulnerabilities"],
            "?vulnerability": [finding["vulnerability"]], "?with": known["/images"], "?fix": known["/fixes"], "?control": known["/recommendations"],
            "?user": [self.victim], "?severity": ["critical", "high,medium"], "?package": ["openssl"], "?kind": [package["kind"], "image"], "?name": [package["name"]], "?subject": [finding["package"]["subject"]], "?q": ["open", "CVE-2026"],
        }
        return known

    def has_control(self, owner, control):
        answer = owner.get(f"{API}/controls")
        return answer.status == 200 and any(one["id"] == control for one in answer.json().get("items", []))

    def put_known(self):
        """Writes known values into the description that schemathesis reads: half of what it makes up is one of them."""
        for path, item in self.document["paths"].items():
            for operation in item.values():
                for parameter in operation.get("parameters", []):
                    if parameter["in"] == "path":
                        known = self.known.get("/" + path.removeprefix(f"{API}/").split("/")[0], [])
                    else:
                        known = self.known.get("?" + parameter["name"], [])
                    schema = parameter.get("schema", {})
                    if known and schema.get("type") in ("string", ["string", "null"]):
                        parameter["schema"] = {"anyOf": [{"type": "string", "enum": known}, schema]}
        # Who asks is said by a header of every request; what is made up in its place would be refused before it is read.
        self.document.pop("security", None)
        self.document["components"].pop("securitySchemes", None)
        for item in self.document["paths"].values():
            for operation in item.values():
                operation.pop("security", None)
        for (name, field), (values, _) in NARROWED.items():
            schema = self.document["components"]["schemas"].get(name)
            if schema and field in schema.get("properties", {}):
                schema["properties"][field] = {"enum": values}


    def put_good(self):
        """Writes the questions that chance would hardly put into the description, before what it says."""
        for operation, good in self.good.items():
            method, path = operation.split()
            described = self.document["paths"][path][method.lower()]
            for parameter in described.get("parameters", []):
                if parameter["name"] in good:
                    # Where attempts are counted a wrong id is one, and after a few of them nothing is looked at any more.
                    values = good[parameter["name"]]
                    parameter["schema"] = {"enum": values} if operation in LIMITED else either(values, parameter["schema"])
            for content in described.get("requestBody", {}).get("content", {}).values():
                if "schema" in good:
                    content["schema"] = good["schema"]
                if "body" in good:
                    content["schema"] = either(good["body"], content["schema"])


def either(values, schema):
    """One of the values, or what the schema describes."""
    return {"anyOf": [{"enum": values}, schema]}


def digest(text):
    """A digest that nothing else has."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def catalogue():
    """A small image, as a pipeline sends it."""
    return {
        "format": "seawall-catalogue", "version": 1, "cataloguer": 1, "target": "shop/sent:1", "kind": "image",
        "image": {
            "configDigest": digest("config"), "manifestDigest": digest("manifest"), "names": ["shop/sent:1"],
            "platform": {"os": "linux", "architecture": "amd64"},
            "config": {"created": "2026-01-01T00:00:00Z", "user": "app", "entrypoint": ["/app"], "history": [{"createdBy": "COPY app /app"}]},
            "layers": [{"diffId": digest("layer"), "size": 10, "createdBy": "COPY app /app"}],
        },
        "distro": {"id": "debian", "versionId": "12", "prettyName": "Debian GNU/Linux 12"},
        "packages": [],
        "published": {"workflow": "build", "runUrl": "https://ci.example/1", "branch": "main", "commit": "abc"},
    }


def ask_as(name, seeded, work, options):
    """Runs schemathesis as one of them; gives (name, operations, cases, what is wrong, seconds)."""
    begin = time.monotonic()
    folder = os.path.join(work, name.replace(" ", "-"))
    shutil.copytree(seeded.folder, folder)
    document = os.path.join(folder, "openapi.json")
    with open(document, "w", encoding="utf-8") as file:
        json.dump(seeded.document, file)
    with open(os.path.join(folder, "schemathesis.toml"), "w", encoding="utf-8") as file:
        # The suite access asks with methods that are not there.
        file.write("[phases.coverage]\nunexpected-methods = []\n")
    with Hub(built("seawall"), folder, f"sqlite:{os.path.join(folder, 'hub.db')}", 1) as hub:
        who = Client(hub.port)
        if name in SESSIONS:
            answer = who.post(f"{API}/login", {"name": login(name), "password": PASSWORD})
            answer.ok(200)
            header = f"Cookie:{answer.headers['Set-Cookie'].split(';')[0]}"
        else:
            header = f"Authorization:Bearer {seeded.tokens[name.removeprefix('token ')]}"
        command = [
            os.path.join(os.environ.get("SEAWALL_TOOLS") or os.path.join(REPOSITORY, "target/tools"), "venv/bin/schemathesis"), "run", document, "--url", f"http://127.0.0.1:{hub.port}",
            "--header", header, "--header", "X-Seawall-Request:1", "--checks", ",".join(CHECKS), "--phases", PHASES.get(name, "fuzzing"),
            "--max-examples", str(options.examples), "--seed", str(options.seed), "--generation-database", "none", "--no-shrink",
            "--continue-on-failure", "--suppress-health-check", "all", "--request-timeout", "30", "--warnings", "off", "--no-color",
            "--report", "ndjson", "--report-ndjson-path", os.path.join(folder, "report.ndjson"), "--output-sanitize", "false",
        ]
        for operation in EXCLUDED:
            command += ["--exclude-name", operation]
        log = os.path.join(folder, "schemathesis.log")
        with open(log, "wb") as out:
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False)
        if hub.process.poll() is not None:
            raise Broken(f"{name}: the hub ended: {hub.tail()}")
        who.close()
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return name, done.returncode, text, answers(os.path.join(folder, "report.ndjson")), time.monotonic() - begin


def answers(report):
    """How often each operation was answered with each status, from the report of a run."""
    found = collections.defaultdict(collections.Counter)
    with open(report, encoding="utf-8") as file:
        for line in file:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder") or {}
            for interaction in (recorder.get("interactions") or {}).values():
                found[recorder["label"]][(interaction.get("response") or {}).get("status_code")] += 1
    return found


def hollow(name, found):
    """What a run that found nothing has not looked at."""
    for operation, statuses in found.items():
        if statuses[429] and operation not in LIMITED:
            yield f"{operation}: {statuses[429]} of {statuses.total()} answers are 429"
        if statuses[401] and operation not in LIMITED:
            yield f"{operation}: {statuses[401]} of {statuses.total()} answers are 401: {name} is not logged in any more"


def unreached(everybody):
    """Operations that nobody was answered with success; and those that need not be, and are."""
    for operation, statuses in sorted(everybody.items()):
        reached = any(200 <= (status or 0) < 300 for status in statuses)
        if not reached and operation not in UNREACHED:
            yield f"{operation}: never answered with success, only {dict(statuses)}"
        if reached and operation in UNREACHED:
            yield f"{operation}: answered with success, so that it need not be excused"


def sums(text):
    """Operations that were asked and cases that were generated, from the summary of a run."""
    selected = re.search(r"(?:Tested|Selected):\s+(\d+)", text)
    cases = re.search(r"(\d[\d,]*) (?:test cases )?generated", text)
    return int(selected[1]) if selected else 0, int(cases[1].replace(",", "")) if cases else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=names(), default=names())
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--examples", type=int, default=6)
    parser.add_argument("--keep", metavar="FOLDER", help="work here and leave it")
    parser.add_argument("--statuses", action="store_true", help="how often each operation was answered with what")
    options = parser.parse_args()
    for operation, reason in EXCLUDED.items():
        say(f"not asked: {operation}: {reason}")
    for operation, reason in UNREACHED.items():
        say(f"need not succeed: {operation}: {reason}")
    for (schema, field), (values, reason) in NARROWED.items():
        say(f"narrowed: {schema}.{field} to {', '.join(str(value) for value in values)}: {reason}")
    work = options.keep or tempfile.mkdtemp(prefix="seawall-conformance-")
    passed = failed = 0
    everybody = collections.defaultdict(collections.Counter)
    try:
        seeded = Seeded(work)
        missing = [operation for operation in EXCLUDED if operation.split()[0].lower() not in seeded.document["paths"].get(operation.split()[1], {})]
        if missing:
            raise Broken(f"what is excluded is not there any more: {', '.join(missing)}")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, status, text, found, seconds in pool.map(lambda name: ask_as(name, seeded, work, options), options.only):
                operations, cases = sums(text)
                for operation, statuses in found.items():
                    everybody[operation].update(statuses)
                if options.statuses:
                    for operation, statuses in sorted(found.items()):
                        say(f"     {operation} {dict(statuses)}")
                missed = list(hollow(name, found))
                if status == 0 and operations and cases and not missed:
                    passed += 1
                    say(f"ok   as {name}: {operations} operations, {cases} cases, {seconds:.0f} s")
                else:
                    failed += 1
                    say(f"FAIL as {name} (exit status {status}, {seconds:.0f} s)\n{text[-20000:]}" + "".join(f"\n     {one}" for one in missed))
        missed = list(unreached(everybody)) if options.only == names() else []
        if options.only != names():
            say("not looked at, as not everybody asks: whether every operation was answered with success")
        elif missed:
            failed += 1
            say("FAIL somebody is answered with success" + "".join(f"\n     {one}" for one in missed))
        else:
            passed += 1
            say("ok   somebody is answered with success, whatever is asked for")
    except Broken as broken:
        say(f"FAIL {broken}")
        failed += 1
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
