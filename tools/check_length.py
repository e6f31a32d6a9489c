#!/usr/bin/env python3
"""Warns of source files over 600 lines: would a reader split them?"""
import repo

MOST_LINES = 600


def main():
    for name in repo.files(".cpp", ".hpp", ".h", ".py", ".rs", ".sol", ".cmake"):
        lines = repo.read(name).count("\n")
        if lines > MOST_LINES:
            print(f"warning: {name} has {lines} lines, more than {MOST_LINES}")


if __name__ == "__main__":
    main()
