#!/usr/bin/env python3
"""Counts the instructions of build/release/bench/weft_counts's cases and holds them against bench/budgets.json.

  tools/count_instructions.py [PROGRAM]             fails where a case takes more than its budget and 2 %
  tools/count_instructions.py --renew [PROGRAM]     writes the counts as the new budgets

callgrind counts one thread; addresses are the same in every run under valgrind, and weft_counts draws no random
numbers. Counted is what lies in the program itself: libc, libstdc++ and OpenSSL, which differ from machine to
machine, are left out, so allocation is not seen. valgrind has no AVX-512, so Keccak's other forms, of one lane and of four, are what counts.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUDGETS = ROOT / "bench/budgets.json"
SLACK = 0.02
SKIPPED = 77  # ctest: SKIP_RETURN_CODE


def own_cost(text, program):
    """Instructions that a callgrind dump attributes to the program's own object (callgrind's format, version 1)."""
    objects, current, total, inclusive = {}, None, 0, False
    for line in text.splitlines():
        name = re.match(r"ob=\((\d+)\)(?: (.*))?$", line)
        if name:
            if name[2] is not None:
                objects[name[1]] = name[2]
            current = objects[name[1]]
        elif named := re.match(r"cob=\((\d+)\) (.*)$", line):
            objects[named[1]] = named[2]
        elif line.startswith("calls="):
            inclusive = True  # the next line is the callees' cost, which they report themselves
        elif re.match(r"[+\-*\d]", line):
            if not inclusive and current is not None and pathlib.Path(current).name == program.name:
                total += int(line.split()[1])
            inclusive = False
    return total


def count(program):
    """Case -> instructions."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=weft_counted",
                   "--dump-after=weft_counted", f"--callgrind-out-file={folder}/out", str(program)]
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        if run.returncode != 0:
            sys.exit(f"weft_counts ended with {run.returncode}:\n{run.stderr[-2000:]}")
        names = run.stdout.splitlines()
        return {name: own_cost(pathlib.Path(f"{folder}/out.{i}").read_text(), program)
                for i, name in enumerate(names, 1)}


def compare(counts, budgets):
    """Prints a line for each case; the number of failures."""
    failures = 0
    for name in sorted(counts.keys() | budgets.keys()):
        if name not in counts or name not in budgets:
            print(f"{name}: in {'the budgets' if name in budgets else 'the program'} only")
            failures += 1
            continue
        change = counts[name] / budgets[name] - 1
        if change > SLACK:
            failures += 1
        verdict = "over its budget" if change > SLACK else "renew the budgets" if change < -SLACK else "ok"
        print(f"{name}: {counts[name]} of {budgets[name]} ({change:+.1%}) {verdict}")
    print(f"{len(counts.keys() | budgets.keys()) - failures} passed, {failures} failed, 0 skipped")
    return failures


def main():
    arguments = [a for a in sys.argv[1:] if a != "--renew"]
    program = pathlib.Path(arguments[0] if arguments else ROOT / "build/release/bench/weft_counts").resolve()
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed, so instructions are not counted")
        sys.exit(SKIPPED)
    counts = count(program)
    if not counts or 0 in counts.values():
        sys.exit(f"nothing was counted: {counts}")
    if "--renew" in sys.argv:
        BUDGETS.write_text(json.dumps(counts, indent=2) + "\n")
        return
    sys.exit(1 if compare(counts, json.loads(BUDGETS.read_text())) else 0)


if __name__ == "__main__":
    main()
