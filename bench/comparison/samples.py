"""What engines print, and what becomes of it over rounds.

An engine is a program that takes block folders and prints one line of JSON for each, in their order:

    {"engine": "NAME", "best_ns": N, "median_ns": N, "ok": true, ...}

    engine      its name
    best_ns     the fastest counted run of the timed region (docs/performance.md), nanoseconds
    median_ns   the median of the counted runs
    ok          gas used and the logs bloom equal the header's in every run
    input       optional: the folder's name; without it lines go by the order of folders
    p99_ns      optional: the 99th percentile of the counted runs
    version, mode, threads, gas, txs, fork   optional, for the tables
"""
import json
import math
import statistics
from dataclasses import dataclass, field


@dataclass
class Cell:
    """One engine on one input: the runs of all rounds."""
    best: list = field(default_factory=list)
    median: list = field(default_factory=list)
    p99: list = field(default_factory=list)
    ok: bool = True
    rss_kib: int = 0
    why: str = ""  # it gave no line: its last words

    def add(self, line):
        if line.get("best_ns") is not None:
            self.best.append(line["best_ns"])
            self.median.append(line["median_ns"])
            if line.get("p99_ns") is not None:
                self.p99.append(line["p99_ns"])
        self.ok = self.ok and bool(line["ok"])
        self.why = line.get("why", self.why)
        self.rss_kib = max(self.rss_kib, line.get("rss_kib", 0))

    def best_ns(self):
        return max(min(self.best), 1)

    def median_ns(self):
        return max(statistics.median(self.median), 1)

    def p99_ns(self):
        """The quietest round's."""
        return max(min(self.p99), 1) if self.p99 else None


@dataclass
class Input:
    """One block as it came out of the lines."""
    group: str
    name: str
    txs: int = 0
    gas: int = 0
    fork: str = ""
    bound_ns: float = 0  # weft_span's, where it was asked for
    work_ns: float = 0
    cells: dict = field(default_factory=dict)  # engine -> Cell

    def times(self, engine):
        cell = self.cells.get(engine)
        return cell if cell and cell.best else None


class Samples:
    """All lines, by group, input and engine, in the order in which they came."""

    def __init__(self):
        self.inputs = {}
        self.versions = {}

    def add(self, line):
        key = (line["group"], line["input"])
        one = self.inputs.setdefault(key, Input(*key))
        if line["engine"] == "bound":
            one.bound_ns, one.work_ns = line["bound_ns"], line["work_ns"]
            return
        for name in ("txs", "gas", "fork"):
            if line.get(name):
                setattr(one, name, line[name])
        one.cells.setdefault(line["engine"], Cell()).add(line)
        if line.get("version"):
            self.versions[line["engine"]] = str(line["version"])

    def groups(self):
        return list(dict.fromkeys(one.group for one in self.inputs.values()))

    def of(self, group):
        return [one for one in self.inputs.values() if one.group == group]

    def engines(self, group=None):
        found = (one.cells for one in self.inputs.values() if group in (None, one.group))
        return list(dict.fromkeys(engine for cells in found for engine in cells))

    def wrong(self):
        return [(one, engine) for one in self.inputs.values()
                for engine, cell in one.cells.items() if not cell.ok]

    def missing(self):
        """(input, engine) of a group in which that engine ran, but gave nothing for this input."""
        return [(one, engine) for group in self.groups() for engine in self.engines(group)
                for one in self.of(group) if engine not in one.cells]


def parse_lines(text):
    """The lines that a program printed. ValueError: one is not of the form."""
    lines = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip():
            continue
        line = json.loads(row)
        absent = [name for name in ("engine", "best_ns", "median_ns") if name not in line]
        if absent:
            raise ValueError(f"line {number} has no {', '.join(absent)}")
        line.setdefault("ok", False)
        lines.append(line)
    return lines


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def is_weft(engine):
    return engine.startswith("weft")


@dataclass
class Comparison:
    """Engine a beside b on the inputs that both ran: how many times as fast a is."""
    count: int
    total: float
    mean: float
    worst: float
    worst_input: str


def compare(inputs, a, b, of="best_ns"):
    """b(one) and a(one): nanoseconds or None; engine names are taken too. None where nothing is common."""
    def time(which, one):
        if callable(which):
            return which(one)
        cell = one.times(which)
        return getattr(cell, of)() if cell else None
    pairs = [(time(a, one), time(b, one), one.name) for one in inputs]
    pairs = [(x, y, name) for x, y, name in pairs if x and y]
    if not pairs:
        return None
    worst = min(pairs, key=lambda pair: pair[1] / pair[0])
    return Comparison(len(pairs), sum(y for _, y, _ in pairs) / sum(x for x, _, _ in pairs),
                      geometric_mean(y / x for x, y, _ in pairs), worst[1] / worst[0], worst[2])


def best_peer(one, of="best_ns"):
    """The time of the fastest engine that isn't Weft and is right, or None."""
    times = [getattr(cell, of)() for engine, cell in one.cells.items()
             if not is_weft(engine) and cell.best and cell.ok]
    return min((time for time in times if time), default=None)
