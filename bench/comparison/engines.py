"""Weft and its peers: how they are built and run."""
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field

from comparison.samples import parse_lines

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEFT = os.path.join("build", "release", "weft")
PEERS = os.path.join("bench", "peers")
REVM_WHOLE_BLOCK = "revm block"  # with the block's system calls, which Weft's timed region always holds


class Trouble(Exception):
    """One line on what is wrong."""


@dataclass
class Engine:
    """A command that takes `--repeat R FOLDER...` and prints lines, and the names that its lines go by."""
    name: str
    command: list
    names: dict = field(default_factory=dict)  # Weft's "executor" -> the engine's name in the tables
    groups: tuple = ()  # where it runs; empty: everywhere
    alone: tuple = ()  # what makes it run nothing else beside, for its memory

    def runs_in(self, group):
        return not self.groups or group in self.groups


def weft_engines(weft, threads):
    """The sequential executor comes with each run of another one; its runs all count."""
    run = [weft, "run", "--json"]
    sequential = "weft seq"
    return [
        Engine("weft", run + ["--executor", "auto", "--threads", str(threads)],
               {"sequential": sequential, "auto": f"weft auto x{threads}"}, alone=("--alone",)),
        Engine("weft whole path",
               run + ["--executor", "optimistic", "--threads", "1", "--whole-path"],
               {"sequential": sequential, "optimistic": "weft optimistic x1"}, ("mainnet",)),
    ]


def own_peers(build, jobs):
    """The peers of bench/peers. Returns them, and a line for each that is left out."""
    program = os.path.join(PEERS, "bin", "peer-revm")
    out = []
    if build and shutil.which("cargo"):
        for attempt in ([], ["--offline"]):  # what is in cargo's cache is enough
            built = subprocess.run([os.path.join(PEERS, "build"), *attempt, *jobs], capture_output=True, text=True)
            if built.returncode == 0:
                break
        else:
            last = (built.stderr.strip().splitlines() or ["no word of why"])[-1]
            out.append(f"revm is not rebuilt: {last}")
    elif build:
        out.append("revm is not rebuilt: there is no cargo (Rust 1.85 or later builds it)")
    if not os.access(program, os.X_OK):
        return [], out + [f"revm is left out: {program} is not there ({PEERS}/build makes it)"]
    return [
        Engine("revm", [program]),
        Engine(REVM_WHOLE_BLOCK, [program, "--mode", "block"], {}, ("small",)),
        Engine("revm commit", [program, "--mode", "commit"], {}, ("mainnet",)),
    ], out


def peer_of(text):
    """--peer 'PROGRAM ARGUMENTS' or 'NAME=PROGRAM ARGUMENTS'."""
    name, equals, rest = text.partition("=")
    if not equals or "/" in name or " " in name:
        name, rest = "", text
    words = shlex.split(rest)
    if not words or not shutil.which(words[0]):
        raise Trouble(f"--peer {text}: no such program")
    return Engine(name or " ".join([os.path.basename(words[0]).removeprefix("peer-"), *words[1:]]), words)


def name_of(folder, group):
    """An input's name: its folder's, for fixtures behind their file's, for many files have cases of one name."""
    case = os.path.basename(folder)
    return f"{os.path.basename(os.path.dirname(folder)).split('.')[-1]}/{case}" if group == "eest" else case


def run(engine, folders, repeat, group):
    """One line for each folder (and each of Weft's executors). What gave none becomes a line that isn't ok, with
    the program's last words."""
    lines = ordered(engine, folders, call(engine, folders, repeat)[0], group)
    if lines is None:  # some folder gave no line, and the others do not say whose they are
        lines = []
        for folder in folders:
            got, why = call(engine, [folder], repeat)
            lines += ordered(engine, [folder], got, group) or [
                {"engine": engine.name, "input": name_of(folder, group), "best_ns": None, "median_ns": None, "ok": False,
                 "why": why}]
    for line in lines:
        line["group"] = group
    return lines


def call(engine, folders, repeat):
    """The lines of one run of the program, and its last words on standard error. Its exit status is not looked at:
    a line that isn't ok says it, too."""
    done = subprocess.run(engine.command + ["--repeat", str(repeat), *folders], capture_output=True, text=True)
    try:
        return parse_lines(done.stdout), (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][-200:]
    except ValueError as error:
        raise Trouble(f"{engine.name}: {error}; its last words: {done.stderr.strip()[-300:]}") from None


def ordered(engine, folders, lines, group):
    """Names engine and input in each line; None where lines and folders do not match."""
    names = [name_of(folder, group) for folder in folders]
    by_executor = {}
    for line in lines:
        by_executor.setdefault(line.get("executor"), []).append(line)
    out = []
    for executor, theirs in by_executor.items():
        if len(theirs) != len(names):
            return None
        for name, line in zip(names, theirs):
            out.append({**line, "engine": engine.names.get(executor, engine.name), "input": name})
    return out or None


def can_measure_memory():
    return shutil.which("time") is not None


def peak_memory(engine, folder):
    """KiB of the program's largest resident set while it runs one folder once. GNU time starts it: what this
    process had resident when it started a program itself would count as that one's (Linux keeps it over exec)."""
    command = [shutil.which("time"), "-q", "-f", "%M", *engine.command, *engine.alone, "--repeat", "1", folder]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if not last.isdigit():
        raise Trouble(f"time {shlex.join(engine.command)}: {done.stderr.strip()[-300:]}")
    return int(last)


def bound(span, folders, repeat, group):
    """Work and bound of each block on two cores, from the table of bench/span.cpp's weft_span."""
    done = subprocess.run([span, "--repeat", str(repeat), *folders], capture_output=True, text=True)
    rows = [row.split() for row in done.stdout.splitlines()[1:] if not row.lstrip().startswith("total")]
    if done.returncode != 0 or len(rows) != len(folders):
        raise Trouble(f"{span}: {done.stderr.strip()[-300:]}")
    return [{"engine": "bound", "group": group, "input": name_of(folder, group),
             "work_ns": float(row[3]) * 1e3, "bound_ns": float(row[5]) * 1e3} for folder, row in zip(folders, rows)]
