#!/usr/bin/env python3
"""Runs ctest for each phase (PRESET:LABELS, the labels left out) and counts what ran.

A test counts as one, unless its output holds a line `N passed, N failed, N skipped`: a suite that runs
thousands of cases in one process prints that as its own count. Quiet when all is well: skipped tests print
their reasons, once each, failed tests their output; `warning:` lines of any test are shown.
The last line is the total; the exit status is 1 where a test failed or none ran.
"""
import collections
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

COUNTS = re.compile(r"^\s*(\d+) passed, (\d+) failed, (\d+) skipped\s*$", re.MULTILINE)
GTEST_FRAME = re.compile(r"^(Note: Google Test filter|\[[-=]{10}\]|\[ RUN      \]|\[  PASSED  \]|\[  FAILED  \]|"
                         r"Running main| *\d+ FAILED TESTS?$)")
ENDED = re.compile(r"Test +#\d+: (\S+) \.*(?:\*\*\*)?(Timeout|[A-Z][\w ]*)(?:\*\*\*Exception:?)? +[\d.]+ sec")
MOST_OUTPUT = 60  # lines shown of one failed test
MOST_FAILURES = 25  # failed tests shown in full


def skip_reasons(output):
    """The lines that say why: gtest's `file:line: Skipped` followed by the text, or a suite's `skipped: text`."""
    reasons = re.findall(r"^skipped: *(.+)$", output, re.MULTILINE)
    reasons += re.findall(r": Skipped\n(.+)$", output, re.MULTILINE)
    return [reason.strip() for reason in reasons] or ["no reason given"]


def ways_to_fail(log):
    """Test -> how it ended (Timeout, Subprocess aborted, ...), which only ctest's own log says."""
    if not os.path.exists(log):  # ctest itself was ended
        return {}
    with open(log, errors="replace") as file:
        return {name: how.strip() for name, how in ENDED.findall(file.read()) if how.strip() != "Failed"}


def show_failure(name, how, output):
    lines = output.strip().splitlines()
    # gtest's frame says nothing; the lines that name file and case stay.
    lines = [line for line in lines if line.strip() and not GTEST_FRAME.match(line)]
    print(f"\nFAILED {name}" + (f" ({how})" if how else ""))
    if len(lines) > MOST_OUTPUT:
        print(f"  ... {len(lines) - MOST_OUTPUT} lines before")
    for line in lines[-MOST_OUTPUT:]:
        print("  " + line)


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.reasons = collections.OrderedDict()
        self.warnings = collections.OrderedDict()
        self.shown = 0

    def add(self, phase, case, how):
        name = f"{phase}: {case.get('name')}"
        output = case.findtext("system-out") or ""
        failed = case.find("failure") is not None or case.get("status") == "fail"
        skipped = not failed and (case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"))
        counts = COUNTS.findall(output)
        if counts:
            ok, bad, left = map(int, counts[-1])
            bad = max(bad, 1) if failed else bad
        else:
            ok, bad, left = int(not failed and not skipped), int(failed), int(skipped)
        self.passed, self.failed, self.skipped = self.passed + ok, self.failed + bad, self.skipped + left
        for line in re.findall(r"^warning: .*$", output, re.MULTILINE):
            self.warnings[line] = None
        if left:
            for reason in skip_reasons(output):
                self.reasons.setdefault(reason, []).append(case.get("name"))
        if bad:
            self.shown += 1
            if self.shown <= MOST_FAILURES:
                show_failure(name, how, output)
            else:
                print(f"FAILED {name}")


def run_phase(preset, leave_out, arguments, totals):
    folder = os.path.join("build", preset)
    report, log = (os.path.abspath(os.path.join(folder, name)) for name in ("tests.xml", "tests.log"))
    for old in (report, log):
        if os.path.exists(old):
            os.remove(old)
    jobs = os.environ.get("WEFT_JOBS") or str(os.cpu_count() or 2)
    command = ["ctest", "--test-dir", folder, "-LE", f"^({leave_out})$", "-j", jobs, "--timeout", "1200",
               "--test-output-size-passed", "4000000", "--test-output-size-failed", "4000000",
               "--output-junit", report, "--output-log", log] + arguments
    if sys.stderr.isatty():
        result = subprocess.run(command + ["--progress"], stdout=sys.stderr)
    else:
        result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cases = ElementTree.parse(report).getroot().findall("testcase") if os.path.exists(report) else []
    if not cases:
        print(f"{preset}: no test ran to its report (ctest's exit status was {result.returncode}; see {folder}/Testing/Temporary)")
        totals.failed += 1
    how = ways_to_fail(log)
    for case in cases:
        totals.add(preset, case, how.get(case.get("name"), ""))


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    phases, extra = arguments[:split], arguments[split + 1:]
    totals = Totals()
    for phase in phases:
        preset, _, leave_out = phase.partition(":")
        start = time.monotonic()
        run_phase(preset, leave_out, extra, totals)
        print(f"{preset}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    for warning in totals.warnings:
        print(warning)
    for reason, names in totals.reasons.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"skipped: {reason} ({names[0]}{more})")
    sys.stdout.flush()
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
