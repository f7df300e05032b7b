#!/usr/bin/env python3
"""The logic of the benchmark: what is a median, when is a bar met, which exit status follows, what a copy of a feed is."""

import importlib.machinery
import importlib.util
import io
import json
import os
import sys
import tempfile
import unittest
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

sys.dont_write_bytecode = True

import inputs
import measure
import multiply
from measure import Bar, Broken, Command, Row, Sample

HERE = os.path.dirname(os.path.abspath(__file__))


def driver():
    loader = importlib.machinery.SourceFileLoader("driver", os.path.join(HERE, "run"))
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
