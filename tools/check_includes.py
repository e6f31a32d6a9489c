#!/usr/bin/env python3
"""A room includes only itself and rooms of lower floors (the table in docs/architecture.md); includes name the whole
path, so that this line-by-line reading sees all of them."""
import re
import sys

import repo

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def problems_of(name, text, floors):
    """The include lines of one file under weft/ that go up or sideways, or do not start with weft/."""
    room = name.split("/")[1]
    if room not in floors:
        return [f"{name}: weft/{room} has no row with a floor in {repo.ARCHITECTURE}"]
    found = []
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        target = match.group(1).split("/")
        if len(target) == 1 and not name.endswith((".cpp", ".hpp")):
            continue
        if target[0] != "weft" or len(target) < 3:
            found.append(f"{name}:{line}: includes \"{match.group(1)}\": write it as \"weft/room/file.hpp\"")
        elif target[1] not in floors:
            found.append(f"{name}:{line}: includes weft/{target[1]}, which has no floor in {repo.ARCHITECTURE}")
        elif target[1] != room and floors[target[1]] >= floors[room]:
            found.append(f"{name}:{line}: weft/{room} (floor {floors[room]}) includes weft/{target[1]} (floor {floors[target[1]]})")
    return found


def self_test():
    """The rule itself, on lines that must and must not pass."""
    floors = {"base": 0, "evm": 4, "trie": 4}
    assert not problems_of("weft/evm/a.cpp", '#include "weft/base/b.hpp"\n#include "weft/evm/c.hpp"\n#include <vector>\n', floors)
    assert len(problems_of("weft/evm/a.cpp", '#include "weft/trie/b.hpp"\n', floors)) == 1
    assert len(problems_of("weft/base/a.hpp", '\n  # include "weft/evm/b.hpp"\n', floors)) == 1
    assert len(problems_of("weft/base/a.hpp", '#include "b.hpp"\n', floors)) == 1
    assert len(problems_of("weft/attic/a.hpp", "", floors)) == 1


def main():
    self_test()
    floors = repo.floors()
    sources = [name for name in repo.files(".cpp", ".hpp", ".h") if re.match(r"weft/\w+/", name)]
    if not floors or not sources:
        sys.exit("check_includes: no rooms or no sources found")
    repo.finish([problem for name in sources for problem in problems_of(name, repo.read(name), floors)])


if __name__ == "__main__":
    main()
