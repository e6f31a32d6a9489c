#!/usr/bin/env python3
"""No file names a path of one machine (home folders, this checkout) or another package registry than the public ones;
no reference data or build output is tracked."""
import os
import re

import repo

HOME_PATHS = re.compile(r"(?<![\w.~$}])/(?:root|home/\w+|Users/\w+|work)/[\w.]")
LOCK_FILES = ("Cargo.lock", "package-lock.json", ".npmrc", "pip.conf", "config.toml", "yarn.lock")
REGISTRIES = ("github.com", "index.crates.io", "static.crates.io", "registry.npmjs.org", "pypi.org")
HOST = re.compile(r"\w+://([\w.-]+)")
TRACKED_BY_MISTAKE = re.compile(r"^(build[^/]*|\.data|node_modules|target)/|/(target|node_modules)/|\.(o|a|so)$")


def main():
    problems = []
    own = [path for path in {repo.ROOT, os.path.expanduser("~")} if len(path) > 5]
    for name in repo.files():
        if TRACKED_BY_MISTAKE.search(name):
            problems.append(f"{name}: does not belong in the repository")
        for number, line in enumerate(repo.read(name).splitlines(), 1):
            match = HOME_PATHS.search(line)
            if match or any(path + "/" in line for path in own):
                problems.append(f"{name}:{number}: names a path of one machine")
            if os.path.basename(name) in LOCK_FILES:
                problems += [f"{name}:{number}: fetches from {host}" for host in HOST.findall(line)
                             if host not in REGISTRIES]
    repo.finish(problems)


if __name__ == "__main__":
    main()
