"""Asking at a pace, and what the answers' times say. Knows nothing of a hub but that it answers."""

import math
import threading
import time


def percentile(samples, share):
    """The smallest sample that so many percent do not exceed (nearest rank); not a number where there is none."""
    if not samples:
        return math.nan
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def at_a_pace(count, seconds, work, clock=time.monotonic, sleep=time.sleep):
    """Does `work(0)` … `work(count - 1)` spread evenly over `seconds`. Each has its own time: what comes late does not put off
    those behind it. Returns the seconds that it took in all."""
    begin = clock()
    for turn in range(count):
        wait = begin + turn * seconds / count - clock()
        if wait > 0:
            sleep(wait)
        work(turn)
    return clock() - begin


class Mix:
    """Asks one path after the other in a thread of its own, with a pause between, until it is stopped; keeps each answer's time.

    `ask(path)` gives (status, seconds)."""

    def __init__(self, ask, paths, pause):
        self.ask, self.paths, self.pause = ask, list(paths), pause
        self.times, self.wrong, self.failed = {}, [], None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            turn = 0
            while not self.stopped.is_set():
                path = self.paths[turn % len(self.paths)]
                turn += 1
                status, seconds = self.ask(path)
                if status == 200:
                    self.times.setdefault(path, []).append(seconds)
                else:
                    self.wrong.append((path, status))
                self.stopped.wait(self.pause)
        except Exception as error:  # It is told by whoever waits for the thread.
            self.failed = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def all(self):
        return [seconds for times in self.times.values() for seconds in times]

    def slowest(self, count=3):
        """The paths with the highest 95th percentile: (path, seconds)."""
        each = [(path, percentile(times, 95)) for path, times in self.times.items()]
        return sorted(each, key=lambda one: -one[1])[:count]


def lost(sent, found):
    """What was acknowledged and is not there, and what is there more than once."""
    seen, doubled = set(), set()
    for one in found:
        (doubled if one in seen else seen).add(one)
    return sorted(set(sent) - seen), sorted(doubled)
