#!/usr/bin/env python3
"""The interface of a seeded hub held against its own description, by schemathesis, asked by everybody who may ask.

    tests/conformance.py [--only NAME…] [--seed N] [--examples N]

Everybody gets a hub of their own: a copy of one seeded store. Nothing may answer with 5xx, with a status, a content type or a
body that the description does not have. The same seed asks the same questions. What is not asked, and what is narrowed,
stands in EXCLUDED and NARROWED with its reason; both are printed.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
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
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"]

# Operations that are not asked, with the reason.
EXCLUDED = {
    "GET /api/v1/events": "a stream that does not end; the suite http reads it",
    "POST /api/v1/logout": "ends the session that asks: all behind it would answer 401; the suite sessions asks it",
    "PUT /api/v1/me/password": "as it ends sessions: all behind it would answer 401; the suite sessions asks it",
}

# Operations that chance answers with refusals only, also to an owner, with the reason.
UNREACHED = {
    "POST /api/v1/catalogues": "a whole catalogue; the suite images puts one in",
    "POST /api/v1/login": "a name and its password; the suite sessions logs in",
    "POST /api/v1/setup": "the secret of a hub without users; the suite sessions redeems it",
    "POST /api/v1/registries/{id}/events": "the secret of a registry; the suite registries sends them",
    "POST /api/v1/registries/{id}/notifications": "as above",
    "POST /api/v1/jobs/{id}/retry": "a job that was given up; the suite registries has one",
    "POST /api/v1/webhooks/{id}/deliveries/{delivery}/retry": "a delivery that failed; the suite notices has one",
    "POST /api/v1/exemptions": "exactly one of a scope and an asset; the suite posture makes one",
    "POST /api/v1/exemptions/preview": "as above",
    "PUT /api/v1/grants": "a user, a scope and a role in one; the suite access gives one",
    "GET /api/v1/fixes/{id}": "rules that were made up before hide what it repairs; the suite fixes asks for one",
    "GET /api/v1/fixes/{id}/images": "as above",
    "DELETE /api/v1/registries/{id}": "the name must be that of the id; the suite access deletes one",
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
    ("NewUser", "password"): ([PASSWORD], "chance finds no name and password that both are taken"),
    ("NewUser", "name"): (["jane", "joe", "not a name"], "as above"),
    ("NewExemption", "expires"): ([None, "2099-01-01T00:00:00Z"], "a time of the future"),
    ("NewRule", "expires"): ([None, "2099-01-01T00:00:00Z"], "as above"),
    ("NewRule", "scope"): (["", "retail", "nowhere"], "a scope that is there, and one that is not"),
    ("NewExemption", "scope"): ([None, "retail", "nowhere"], "as above"),
    ("NewExemption", "assetId"): ([None, "registry/nowhere"], "exactly one of scope and asset is given"),
    ("NewExemption", "control"): (["image.root-user", "none"], "a control that is there, and one that is not"),
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
            hub.settle(60, quiet=2)
            self.document = owner.get(f"{API}/openapi.json").ok()
            self.known = self.values(owner, spare)
            owner.close()
        # What chance would hardly find: that there is something at the other end of a path.
        self.put_known()

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
            "/fixes": ids("/fixes"), "/exemptions": ids("/exemptions"), "/disable-rules": ids("/disable-rules"), "/webhooks": ids("/webhooks"),
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
        if name == "owner" and operation not in UNREACHED and not any(200 <= (status or 0) < 300 for status in statuses):
            yield f"{operation}: never answered with success, only {dict(statuses)}"


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
    try:
        seeded = Seeded(work)
        missing = [operation for operation in EXCLUDED if operation.split()[0].lower() not in seeded.document["paths"].get(operation.split()[1], {})]
        if missing:
            raise Broken(f"what is excluded is not there any more: {', '.join(missing)}")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, status, text, found, seconds in pool.map(lambda name: ask_as(name, seeded, work, options), options.only):
                operations, cases = sums(text)
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
