#!/usr/bin/env python3
"""The logic of the benchmarks: what is a median, when is a bar met, which exit status follows, what a copy of a feed is, what
a fleet's bytes are."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import sqlite3
import sys
import tempfile
import unittest
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

sys.dont_write_bytecode = True

import inputs
import load
import measure
import multiply
from measure import Bar, Broken, Command, Row, Sample

HERE = os.path.dirname(os.path.abspath(__file__))


def driver(name="run"):
    loader = importlib.machinery.SourceFileLoader("driver", os.path.join(HERE, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("driver", loader))
    loader.exec_module(module)
    return module


class Measuring(unittest.TestCase):
    def test_a_run_has_time_memory_and_one_core(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            core = min(os.sched_getaffinity(0))
            before = os.sched_getaffinity(0)
            script = "import os, time; b = b'x' * 80_000_000; time.sleep(0.1); print(len(os.sched_getaffinity(0)), len(b) > 0)"
            sample = measure.run(Command([sys.executable, "-c", script], out=out), core)
            self.assertEqual(inputs.text_of(out).split(), ["1", "True"])
            self.assertGreaterEqual(sample.wall, 0.1)
            self.assertLess(sample.cpu, sample.wall + 1)
            self.assertGreater(sample.peak, 80)
            self.assertEqual(os.sched_getaffinity(0), before)

    def test_what_fails_gives_no_figure(self):
        for argv in (["/bin/sh", "-c", "echo why >&2; exit 3"], ["/nowhere/at-all"]):
            with tempfile.TemporaryDirectory() as folder, self.assertRaises(Broken) as caught:
                measure.run(Command(argv, out=os.path.join(folder, "out")), 0)
            self.assertIn(os.path.basename(argv[0]), str(caught.exception))

    def test_commands_take_turns(self):
        order = []
        commands = {name: Command(["/bin/true"]) for name in "ab"}
        samples = measure.alternate(commands, 3, min(os.sched_getaffinity(0)), order.append)
        self.assertEqual("".join(order), "ababab")
        self.assertEqual({name: len(of) for name, of in samples.items()}, {"a": 3, "b": 3})

    def test_medians_are_of_each_figure(self):
        samples = [Sample(3, 1, 10), Sample(1, 9, 30), Sample(2, 2, 20)]
        self.assertEqual(measure.median(samples), Sample(2, 2, 20))
        self.assertEqual(measure.median(samples[:2]), Sample(2, 5, 20))
        self.assertRaises(Broken, measure.median, [])


class Judging(unittest.TestCase):
    def test_bars_are_met_at_their_edge_and_never_by_nothing(self):
        for value, limit, at_least, ok in [
            (1.3, 1.3, False, True), (1.31, 1.3, False, False), (3.0, 3, True, True), (2.99, 3, True, False),
            (float("nan"), 1, False, False), (float("nan"), 1, True, False),
        ]:
            self.assertEqual(Bar("x", value, limit, at_least).ok, ok, (value, limit, at_least))

    def test_the_exit_status_follows_the_bars(self):
        good, bad, none = Bar("x", 1, 2), Bar("y", 3, 2), Row("z", {})
        self.assertEqual(measure.exit_code([Row("a", {}, [good]), none]), 0)
        self.assertEqual(measure.exit_code([Row("a", {}, [good]), Row("b", {}, [good, bad])]), 1)
        self.assertEqual(measure.exit_code([none]), 1)
        self.assertEqual(measure.exit_code([]), 1)
        text = measure.table([Row("a", {"seawall": "1 s"}, [good]), Row("b", {}, [good, bad]), none])
        self.assertEqual([line.split("|")[-2].strip() for line in text.splitlines()[2:]], ["ok", "MISSED", "–"])
        self.assertIn("**y 3.00 (≤ 2.00)**", text)

    def test_a_row_compares_with_what_ran_beside(self):
        done = {"seawall w": Sample(2, 1, 40), "floor w": Sample(1, 1, 5), "trivy w": Sample(8, 1, 5), "syft w": Sample(10, 1, 5)}
        row = driver().beside(done, "w", floor=1.3, trivy=4, syft=6, bars=lambda own: [Bar("peak", own.peak, 150)])
        self.assertEqual([(bar.value, bar.ok) for bar in row.bars], [(2, False), (4, True), (5, False), (40, True)])
        self.assertEqual(row.verdict(), "MISSED")

    def test_the_whole_program_says_it_by_its_exit_status(self):
        module = driver()
        good, bad = Row("a", {}, [Bar("x", 1, 2)]), Row("b", {}, [Bar("x", 3, 2)])

        def broken(_):
            raise Broken("the input is gone")

        parts = {"good": lambda _: [good], "bad": lambda _: [bad], "broken": broken}
        with tempfile.TemporaryDirectory() as folder:
            environment = {name: folder for name in ("SEAWALL_BIN", "SEAWALL_TOOLS", "SEAWALL_FEEDS")}
            kept = os.path.join(folder, "RESULTS.md")
            with open(kept, "w", encoding="utf-8") as file:
                file.write("# Head\n<!-- newest first -->\n\n## 2020-01-01: old\n")
            with mock.patch.dict(os.environ, environment), mock.patch.object(module, "RESULTS", kept), mock.patch.object(module, "version_of", lambda *_: "1"):
                for only, status, said in [(["good"], 0, "every bar is met"), (["good", "bad"], 1, "MISSED"), (["broken"], 2, "the input is gone")]:
                    out, err = io.StringIO(), io.StringIO()
                    with redirect_stdout(out), redirect_stderr(err):
                        self.assertEqual(module.main(["--keep", "--only", *only], parts), status, only)
                    self.assertIn(said, out.getvalue() + err.getvalue())
            text = inputs.text_of(kept)
            self.assertLess(text.index("1 of 2 lines MISSED a bar"), text.index("2020-01-01: old"))
            self.assertEqual(text.count("## "), 3)
        with mock.patch.dict(os.environ, {"SEAWALL_BIN": ""}), redirect_stderr(io.StringIO()) as err:
            self.assertEqual(module.main([], parts), 2)
        self.assertIn("SEAWALL_BIN", err.getvalue())


class Load(unittest.TestCase):
    def test_percentiles_are_samples_and_nothing_has_none(self):
        times = list(range(1, 101))
        for share, wanted in [(50, 50), (95, 95), (100, 100), (0, 1)]:
            self.assertEqual(load.percentile(times, share), wanted)
        self.assertEqual(load.percentile([3.0], 95), 3.0)
        self.assertEqual(load.percentile([9, 1, 1, 1], 95), 9)
        nothing = load.percentile([], 95)
        self.assertFalse(Bar("p95", nothing, 50).ok, "who was not asked meets no bar")

    def test_what_comes_late_does_not_put_off_what_follows(self):
        now, begun = [100.0], []

        def work(turn):
            begun.append(now[0])
            now[0] += 5 if turn == 1 else 0.5

        def sleep(seconds):
            now[0] += seconds

        took = load.at_a_pace(6, 12, work, clock=lambda: now[0], sleep=sleep)
        self.assertEqual(begun, [100, 102, 107, 107.5, 108, 110])
        self.assertEqual(took, 10.5)

    def test_a_mix_keeps_times_by_path_and_tells_what_failed(self):
        asked = []

        def ask(path):
            asked.append(path)
            if len(asked) >= 30:
                mix.stopped.set()
            return (503, 0.1) if path == "/c" else (200, 0.5 if path == "/a" else 0.25)

        with load.Mix(ask, ["/a", "/b", "/c"], 0) as mix:
            mix.thread.join(10)
        self.assertEqual({path: len(times) for path, times in mix.times.items()}, {"/a": 10, "/b": 10})
        self.assertEqual(set(mix.wrong), {("/c", 503)})
        self.assertEqual(mix.slowest(1), [("/a", 0.5)])
        self.assertEqual(len(mix.all()), 20)

        def broken(_):
            raise OSError("gone")

        with load.Mix(broken, ["/a"], 0) as mix:
            mix.thread.join(10)
        self.assertIsInstance(mix.failed, OSError)

    def test_what_is_lost_and_what_is_doubled(self):
        self.assertEqual(load.lost(["a", "b", "c"], ["b", "a", "b"]), (["c"], ["b"]))
        self.assertEqual(load.lost([], ["x"]), ([], []))


class Fleet(unittest.TestCase):
    def test_bytes_an_image_are_its_rows_and_its_own_layers(self):
        fleet = driver("fleet")
        sizes = {"image": 1000, "placement": 500, "unit": 100, "unit_subject": 900, "subject": 5000, "match": 2500}
        beyond, every = fleet.bytes_each(sizes, (25, 100), 10)
        self.assertEqual(beyond, (1500 + 250) / 10)
        self.assertEqual(every, 1000)
        self.assertEqual(fleet.bytes_each({"image": 10}, (0, 0), 10)[0], 1)

    def test_bytes_of_sqlite_are_those_of_tables_with_their_indexes(self):
        fleet = driver("fleet")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s.db")
            with contextlib.closing(sqlite3.connect(path)) as file:
                file.executescript(
                    "CREATE TABLE unit (id INTEGER PRIMARY KEY); CREATE TABLE unit_subject (id INTEGER PRIMARY KEY, unit, subject);"
                    "CREATE TABLE image_layer (image, unit); CREATE INDEX by_unit ON unit_subject (unit, subject);"
                    "INSERT INTO unit VALUES (1), (2), (3); INSERT INTO image_layer VALUES (1, 1), (2, 1), (2, 2), (2, 2);"
                    "INSERT INTO unit_subject (unit, subject) VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 4);"
                )
            store = fleet.Store("sqlite", f"sqlite:{path}", folder, None)
            self.assertEqual(store.unit_rows(), (2, 5))
            sizes = store.sizes()
            self.assertEqual(sum(sizes.values()), os.path.getsize(path))
            self.assertEqual(sizes["unit_subject"], 2 * sizes["unit"], "its index is counted with it")

    def test_a_push_is_told_as_distribution_tells_it(self):
        event = driver("fleet").envelope("a/b", "sha256:00")["events"][0]
        self.assertEqual((event["action"], event["target"]["repository"], event["target"]["digest"]), ("push", "a/b", "sha256:00"))
        self.assertNotEqual(event["id"], driver("fleet").envelope("a/b", "sha256:00")["events"][0]["id"])

    FIGURES = {
        "seeded": 60.0, "taken in": 20.0, "start": 1.0, "bytes": (4000.0, 9000.0), "sizes": {"image": 10, "match": 90},
        "who is hit": (5.0, 10.0, 20.0), "fixes": (5.0, 10.0, 20.0), "inventory, three filters": (5.0, 10.0, 20.0),
        "new advisory": (0.5, 0.75, 4000), "resident": 90.0, "resident, asked": 100.0, "resident, after all": 110.0, "first page": (150.0, 200.0),
        "each": [(30.0, "/images", 200), (float("nan"), "/gone", 404)],
        "pushes": {
            "sent": 1000, "refused": {}, "took": 60.0, "lost": 0, "doubled": 0, "notification p95": 9.0, "console p95": 50.0, "asked": 2000,
            "wrong": 0, "slowest": [("/api/v1/score", 0.06)],
        },
    }

    def store(self, fleet, name, **other):
        store = fleet.Store(name, "", "", None)
        store.figures = {**self.FIGURES, **other}
        store.made = {"rows": {"image": 10}, "packagesEach": 300, "findingsEach": 50, "advisories": 1}
        return store

    def test_every_figure_with_a_bar_can_miss_it(self):
        fleet, nan = driver("fleet"), float("nan")
        well = fleet.rows_of([self.store(fleet, "sqlite"), self.store(fleet, "postgresql")])
        self.assertTrue(all(row.ok for row in well))
        pushes = self.FIGURES["pushes"]
        for name, value in {
            "bytes": (10_001.0, 1.0), "who is hit": (1.0, 50.1, 60.0), "fixes": (nan, nan, nan), "inventory, three filters": (1.0, 51.0, 51.0),
            "new advisory": (0.1, 1.1, 9), "resident": 151.0, "first page": (301.0, 1.0),
        }.items():
            rows = fleet.rows_of([self.store(fleet, "sqlite"), self.store(fleet, "postgresql", **{name: value})])
            self.assertEqual(sum(not row.ok for row in rows), 1, name)
        for change in ({"lost": 1}, {"doubled": 1}, {"refused": {503: 1}}, {"took": 70.0}, {"console p95": 101.0}, {"wrong": 1}):
            rows = fleet.rows_of([self.store(fleet, "sqlite", pushes={**pushes, **change})])
            self.assertEqual(sum(not row.ok for row in rows), 1, change)
        run = driver()
        text = fleet.report([self.store(fleet, "sqlite", resident=200.0)], fleet.rows_of([self.store(fleet, "sqlite", resident=200.0)]), 10, run)
        self.assertIn("1 of 11 lines MISSED a bar", text)
        self.assertIn("`/gone` answered 404", text)
        self.assertIn("| sqlite ", text)


class Feeds(unittest.TestCase):
    RECORD = {
        "id": "GO-1", "aliases": ["CVE-1"], "affected": [
            {"package": {"ecosystem": "Go", "name": "a.b/c", "purl": "pkg:golang/a.b/c"},
             "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.2.0"}, {"fixed": "1.3.0"}]}]}],
    }

    def test_copies_are_of_other_names_and_the_originals_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            feeds, to = os.path.join(folder, "feeds"), os.path.join(folder, "to")
            for name in ("Go", "CVE", "kev"):
                os.makedirs(os.path.join(feeds, name))
            os.mkdir(to)
            original = json.dumps(self.RECORD)
            for name in ("Go", "CVE"):
                with zipfile.ZipFile(os.path.join(feeds, name, "all.zip"), "w") as zipped:
                    zipped.writestr("GO-1.json", original)
            with open(os.path.join(feeds, "Go", "sources.txt"), "w", encoding="utf-8") as file:
                file.write("c\n")
            self.assertEqual(multiply.multiply(feeds, to, 3), 3)
            with zipfile.ZipFile(os.path.join(to, "Go", "all.zip")) as zipped:
                records = {name: zipped.read(name).decode() for name in zipped.namelist()}
            self.assertEqual(sorted(records), ["GO-1.1.json", "GO-1.2.json", "GO-1.json"])
            self.assertEqual(records["GO-1.json"], original)
            copy = json.loads(records["GO-1.2.json"])
            self.assertEqual((copy["id"], copy["aliases"]), ("GO-1.2", ["CVE-1.2"]))
            self.assertEqual(copy["affected"][0]["package"], {"ecosystem": "Go", "name": "a.b/c.x2"})
            self.assertEqual(copy["affected"][0]["ranges"], self.RECORD["affected"][0]["ranges"])
            self.assertEqual(multiply.records_of(os.path.join(to, "CVE", "all.zip")), 1)
            self.assertTrue(os.path.exists(os.path.join(to, "Go", "sources.txt")))
            self.assertRaises(ValueError, multiply.multiply, to + "/kev", to, 1)

    def test_a_thousand_packages_are_the_images_and_the_feeds(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in inputs.PURL_TYPES:
                os.makedirs(os.path.join(folder, name))
                with zipfile.ZipFile(os.path.join(folder, name, "all.zip"), "w") as zipped:
                    for number in range(300):
                        record = {"affected": [{"package": {"name": f"p{number}"}, "ranges": [{"events": [{"introduced": "0"}, {"fixed": "2"}]}]}]}
                        zipped.writestr(f"{number}.json", json.dumps(record))
            image, to = os.path.join(folder, "image"), os.path.join(folder, "to")
            with open(image, "w", encoding="utf-8") as file:
                json.dump({"components": [{"type": "operating-system", "name": "debian"}, {"name": "a", "purl": "pkg:deb/debian/a@1"}]}, file)
            inputs.thousand_packages(image, folder, to)
            kinds = inputs.packages_in(to)
            self.assertEqual((sum(kinds.values()), kinds["deb"]), (1000, 1))
            self.assertEqual(set(kinds), {"deb", *inputs.PURL_TYPES.values()})


if __name__ == "__main__":
    done = unittest.main(exit=False, verbosity=2).result
    failed = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - failed} passed, {failed} failed")
    sys.exit(bool(failed))
