#!/usr/bin/env python3
"""clang-format-19 would change nothing. `tools/check_format.py --fix` formats."""
import subprocess
import sys

import repo


def main():
    sources = repo.files(".cpp", ".hpp", ".h")
    fix = "--fix" in sys.argv[1:]
    problems = []
    if fix:
        subprocess.run(["clang-format-19", "-i", *sources], cwd=repo.ROOT, check=True)
    else:
        found = subprocess.run(["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1", *sources],
                               cwd=repo.ROOT, capture_output=True, text=True)
        problems = [line for line in found.stderr.splitlines() if "error:" in line]
        if found.returncode and not problems:
            problems = [found.stderr.strip()]
    repo.finish(problems)


if __name__ == "__main__":
    main()
