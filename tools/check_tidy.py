#!/usr/bin/env python3
"""check_tidy.py BUILD [--budget SECONDS] [FILE...]: clang-tidy-19 over the sources that BUILD compiles.

A file that passed is not looked at again while it, the headers of the repository, .clang-tidy and its compile command
stay as they are (stamps under BUILD/tidy); a change in a header asks again for the files that include it. Where the budget ends first,
the files left are counted as skipped. Newest files come first."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import repo

INCLUDE = re.compile(r'^\s*#\s*include\s*"(weft/[^"]+)"', re.MULTILINE)


def with_headers(name, seen):
    """The file and every header of ours that it reaches, in a stable order."""
    if name in seen or not os.path.isfile(os.path.join(repo.ROOT, name)):
        return
    seen.add(name)
    for header in INCLUDE.findall(repo.read(name)):
        with_headers(header, seen)


def stamp_of(name, command):
    reached = set()
    with_headers(name, reached)
    digest = hashlib.sha256((command + repo.read(".clang-tidy")).encode())
    for part in sorted(reached):
        digest.update(part.encode() + repo.read(part).encode())
    return digest.hexdigest()


def tidy(build, name):
    found = subprocess.run(["clang-tidy-19", "--quiet", "-p", build, os.path.join(repo.ROOT, name)],
                           cwd=repo.ROOT, capture_output=True, text=True)
    output = found.stdout.replace(repo.ROOT + "/", "").strip()
    if found.returncode and not output:
        output = found.stderr.strip()
    return output if found.returncode or "warning:" in output else ""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("build")
    arguments.add_argument("--budget", type=float, default=float("inf"))
    arguments.add_argument("--jobs", type=int, default=int(os.environ.get("WEFT_JOBS") or os.cpu_count() or 2))
    arguments.add_argument("files", nargs="*")
    options = arguments.parse_args()
    end = time.monotonic() + options.budget
    with open(os.path.join(options.build, "compile_commands.json")) as file:
        compiled = {os.path.relpath(entry["file"], repo.ROOT): entry["command"] for entry in json.load(file)}
    names = [name for name in repo.files(".cpp") if name in compiled and (not options.files or name in options.files)]
    names.sort(key=lambda name: -os.path.getmtime(os.path.join(repo.ROOT, name)))
    stamps = os.path.join(options.build, "tidy")
    os.makedirs(stamps, exist_ok=True)

    def check(name):
        stamp = os.path.join(stamps, stamp_of(name, compiled[name]))
        if os.path.exists(stamp):
            return "passed", ""
        if time.monotonic() > end:
            return "skipped", ""
        output = tidy(options.build, name)
        if output:
            return "failed", output
        open(stamp, "w").close()
        return "passed", ""

    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for verdict, output in pool.map(check, names):
            counts[verdict] += 1
            if output:
                print(output)
    if counts["skipped"]:
        print(f"skipped: clang-tidy on {counts['skipped']} files, {options.budget:.0f} s were up; the next run goes on")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["failed"] or not names else 0)


if __name__ == "__main__":
    main()
