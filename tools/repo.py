"""What the checks share: the files of the repository, the rooms and floors that docs/architecture.md names."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARCHITECTURE = "docs/architecture.md"
ROOM_ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*`weft/(\w+)/?`", re.MULTILINE)


def files(*endings):
    """Tracked and new files (none that git ignores), relative to the root; with endings only those."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = {name for name in listed.stdout.split("\0") if name}
    else:  # an archive without .git
        names = {os.path.relpath(os.path.join(folder, name), ROOT) for folder, _, inside in os.walk(ROOT) for name in inside}
        names = {name for name in names if not re.match(r"(build|\.data|\.git|\.cache)[^/]*/", name)}
    return sorted(name for name in names if name.endswith(endings or "") and os.path.isfile(os.path.join(ROOT, name)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def floors():
    """Room -> floor, from the table in docs/architecture.md."""
    return {room: int(floor) for floor, room in ROOM_ROW.findall(read(ARCHITECTURE))}


def finish(problems):
    """Prints the problems, one a line, and ends with the status a test needs."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
