"""Runs commands, takes medians, holds them against bars. Knows nothing of Seawall.

Time is wall time from just before a process starts until it was waited for; memory is the largest resident set of the
process, as the kernel accounts it (wait4). One core means that this process, and so each that it starts, is bound to
one processor.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field


class Broken(Exception):
    """A command that could not be run or did not do its work: no figure, and no verdict either."""


@dataclass(frozen=True)
class Sample:
    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: float  # MB (10^6 bytes)


@dataclass
class Command:
    """What is run. `argv[0]` is a path; results name the program by its last part."""

    argv: list
    cwd: str | None = None
    env: dict = field(default_factory=dict)
    cores: set | None = None  # None: the one core of the run
    out: str = os.devnull

    def shown(self):
        name = os.path.basename(self.argv[0])
        words = [name, *self.argv[1:]]
        return " ".join([f"{key}={value}" for key, value in self.env.items()] + words)


def run(command, core):
    """Runs a command once, bound to its cores or else to `core`."""
    # A process starts with its parent's peak for its own, so a small one of ours starts it.
    asked = {"argv": command.argv, "cwd": command.cwd, "env": command.env, "out": command.out, "cores": sorted(command.cores or {core})}
    starter = [sys.executable, "-S", "-E", "-B", os.path.abspath(__file__), json.dumps(asked)]
    told = subprocess.run(starter, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout
    told = json.loads(told)
    if told["status"] != 0:
        raise Broken(f"{command.shown()}: exit status {told['status']}\n{told['said']}")
    return Sample(told["wall"], told["cpu"], told["peak"])


def start(argv, cwd, env, out, cores):
    """What the small process does: runs the command and tells what it took."""
    os.sched_setaffinity(0, cores)
    said = os.devnull if out == os.devnull else out + ".err"
    with open(out, "wb") as to, open(said, "w+b") as err:
        begin = time.monotonic()
        try:
            child = subprocess.Popen(argv, cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=to, stderr=err)
        except OSError as error:
            return {"status": -1, "said": str(error)}
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        said = err.read()[-2000:].decode(errors="replace").strip()
    # ru_maxrss is in KiB on Linux.
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6
    return {"status": child.returncode, "said": said, "wall": wall, "cpu": cpu, "peak": peak}


def alternate(commands, runs, core, each=lambda name: None):
    """Runs each of several commands `runs` times, in turn, so that a machine that gets slower slows all of them.

    Returns the samples by name. What is slow in the first run alone (a cold page cache) does not move a median.
    """
    samples = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            each(name)
            samples[name].append(run(command, core))
    return samples


def median(samples):
    """The sample whose every figure is the median of that figure."""
    if not samples:
        raise Broken("nothing was measured")
    return Sample(*(statistics.median(getattr(s, name) for s in samples) for name in ("wall", "cpu", "peak")))


@dataclass(frozen=True)
class Bar:
    """A figure and the bar that it must not cross."""

    what: str
    value: float
    limit: float
    at_least: bool = False
    unit: str = ""

    @property
    def ok(self):
        # A figure that is no number meets no bar.
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def shown(self):
        sign = "≥" if self.at_least else "≤"
        return f"{self.what} {number(self.value)}{self.unit} ({sign} {number(self.limit)}{self.unit})"


@dataclass
class Row:
    """One line of the result: figures by column, and the bars that they are held against."""

    work: str
    figures: dict
    bars: list = field(default_factory=list)

    @property
    def ok(self):
        return all(bar.ok for bar in self.bars)

    def verdict(self):
        return "ok" if self.ok and self.bars else "MISSED" if self.bars else "–"


def number(value):
    """Three figures, and no exponent."""
    if value != value:
        return "?"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def figure(sample):
    return f"{number(sample.wall)} s, {number(sample.cpu)} CPU, {number(sample.peak)} MB"


COLUMNS = ["seawall", "floor", "trivy", "syft"]


def table(rows, columns=COLUMNS):
    """The rows as a Markdown table whose source reads well, too."""
    head = ["work", *columns, "bars", "verdict"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        bars = "; ".join(("" if bar.ok else "**") + bar.shown() + ("" if bar.ok else "**") for bar in row.bars)
        lines.append([row.work, *(row.figures.get(name, "–") for name in columns), bars or "–", row.verdict()])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() + " |" for line in lines)


def exit_code(rows):
    """0 when every bar is met, 1 when one is missed or there is none."""
    return 0 if any(row.bars for row in rows) and all(row.ok for row in rows) else 1


if __name__ == "__main__":
    print(json.dumps(start(**json.loads(sys.argv[1]))))
