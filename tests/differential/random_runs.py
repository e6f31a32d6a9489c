#!/usr/bin/env python3
"""random_runs.py WEFT WEFT_DIFFERENTIAL [--minutes M] [--seed S]: the executors on blocks that nobody has run before.

One run after the other, each a process of its own, whose tables of locations so have hash seeds of their own: a built-in
workload by `weft run`, or twenty blocks of weft_differential. Some defects need a rare seed and a rare order of threads:
one showed once in 150 runs. Silent while all is well; what fails is shown with its command, which is then repeated to say
how often it fails. Without --seed each call draws other runs. Prints `N passed, N failed, N skipped`, one case a run.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time

SLOWEST_RUN = 300  # seconds: a run takes a few; longer hangs
REPEATS = 20
MOST_FAILURES = 5
WORKLOADS = ["transfers", "erc20", "dex", "lending", "game", "nft", "supplychain", "mixed"]
if os.path.isdir("build/uniswap/node_modules"):
    WORKLOADS.append("uniswap")


def workload_run(weft, draw):
    """A block of a workload; the executor's results must be the sequential one's."""
    workload = draw.choice(WORKLOADS)
    command = [weft, "run", "--json", "--repeat", "2", "--executor",
               draw.choice(["optimistic", "optimistic", "directed", "auto"]), "--threads", str(draw.choice([2, 3, 12])),
               "--seed", str(draw.randrange(1 << 30)), "--conflict", str(draw.choice([0, 5, 10, 30, 50, 90, 100])),
               "--txs", str(draw.choice([40, 300, 1000, 3000]))]
    if draw.random() < 0.3:
        command.append("--whole-path")
    if draw.random() < 0.2:
        command.append("--access-list")
    if workload in ("transfers", "erc20") and draw.random() < 0.5:
        command += ["--to", draw.choice(["self", "random"])]
    return command + [workload]


def fuzz_run(differential, draw):
    """Random blocks through random modes; the program compares."""
    return [differential, "--blocks", "20", "--seed", str(draw.randrange(1 << 30))]


def is_equal(stdout):
    """Of `weft run --json`: at least one row was compared, and none differed."""
    rows = [json.loads(line)["equal"] for line in stdout.splitlines()]
    return True in rows and False not in rows


def fault(command):
    """What is wrong with one run; None: nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SLOWEST_RUN)
        compares = command[1] == "run"
        if done.returncode == 0 and (not compares or is_equal(done.stdout)):
            return None
    except subprocess.TimeoutExpired:
        return f"no end after {SLOWEST_RUN} s"
    except (ValueError, KeyError) as error:
        return f"not the lines of `weft run --json`: {error}"
    return f"exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def show(command, what, seed):
    print(f"FAILED (--seed {seed}): {' '.join(command)}: {what}")
    again = sum(fault(command) is not None for _ in range(REPEATS))
    print(f"again {again} of {REPEATS} times; a new hash seed each time", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weft")
    arguments.add_argument("differential")
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = arguments.parse_args()
    draw = random.Random(options.seed)
    end = time.monotonic() + 60 * options.minutes
    runs = failed = 0
    while time.monotonic() < end and failed < MOST_FAILURES:
        command = (fuzz_run(options.differential, draw) if draw.random() < 0.25 else workload_run(options.weft, draw))
        runs += 1
        if what := fault(command):
            failed += 1
            show(command, what, options.seed)
    print(f"{runs - failed} passed, {failed} failed, 0 skipped")
    return int(failed != 0)


sys.exit(main())
