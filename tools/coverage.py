#!/usr/bin/env python3
"""After `./test coverage`: the share of lines and branches that the tests reached, room by room."""
import collections
import glob
import json
import os
import subprocess
import sys

import repo

BUILD = os.path.join(repo.ROOT, "build/coverage")


def programs():
    """What was built with coverage and ran: the test programs and weft itself."""
    found = [path for path in glob.glob(os.path.join(BUILD, "**/*"), recursive=True)
             if os.path.isfile(path) and os.access(path, os.X_OK) and "CMakeFiles" not in path and "cargo" not in path]
    return [path for path in found if os.path.basename(path).split("_")[0] == "weft"]


def main():
    profiles = glob.glob(os.path.join(BUILD, "profiles/*.profraw"))
    objects = programs()
    if not profiles or not objects:
        sys.exit("coverage: no profiles; run ./test coverage")
    merged = os.path.join(BUILD, "all.profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", merged, *profiles], check=True)
    others = [word for path in objects[1:] for word in ("-object", path)]
    exported = subprocess.run(["llvm-cov-19", "export", "-summary-only", "-instr-profile", merged, objects[0], *others,
                               os.path.join(repo.ROOT, "weft")], check=True, capture_output=True, text=True)
    rooms = collections.defaultdict(lambda: collections.Counter())
    for file in json.loads(exported.stdout)["data"][0]["files"]:
        name = os.path.relpath(file["filename"], repo.ROOT)
        if name.endswith("_test.cpp"):
            continue
        for room in ("/".join(name.split("/")[:2]), "all"):
            for kind in ("lines", "branches"):
                rooms[room][kind] += file["summary"][kind]["count"]
                rooms[room][kind + " covered"] += file["summary"][kind]["covered"]
    print(f"{'room':<20} {'lines':>8} {'reached':>8} {'branches':>9} {'reached':>8}")
    for room in sorted(rooms, key=lambda room: (room == "all", room)):
        count = rooms[room]
        shares = [100 * count[kind + " covered"] / max(count[kind], 1) for kind in ("lines", "branches")]
        print(f"{room:<20} {count['lines']:>8} {shares[0]:>7.1f}% {count['branches']:>9} {shares[1]:>7.1f}%")


if __name__ == "__main__":
    main()
