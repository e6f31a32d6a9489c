#!/usr/bin/env python3
"""What the documents name in `backticks` is there: every path, and every `function()` in the sources. And the other
way round: docs/architecture.md names every folder under weft/ and every top folder."""
import os
import re

import repo

DOCUMENTS = [repo.ARCHITECTURE, "README.md", "CONTRIBUTING.md"]
NAMED = re.compile(r"`([^`\s]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ENDINGS = (".hpp", ".cpp", ".h", ".md", ".cmake", ".py", ".sh", ".sol", ".rs")
NOT_OURS = (".data", "../", "build/", "/", "http", "-", "<")  # data, what a build makes, the web, flags


def is_path(name):
    looks_like_one = name.endswith("/") or name.endswith(ENDINGS) or re.match(r"^(weft|tests|tools|cmake|docs|bench|examples|contracts|\.ci)/", name)
    return bool(looks_like_one) and not name.startswith(NOT_OURS) and not re.search(r"[*<>A-Z]{2,}|\*|\(", os.path.dirname(name) + "/")


def exists(path):
    return any(os.path.exists(os.path.join(repo.ROOT, base, path)) for base in ("", "weft"))


def main():
    problems = []
    sources = "\n".join(repo.read(name) for name in repo.files(".hpp", ".cpp") if name.startswith("weft/"))
    words = set(re.findall(r"\w+", sources))
    for document in DOCUMENTS:
        text = FENCED.sub("", repo.read(document))
        for name in sorted(set(NAMED.findall(text))):
            function = re.fullmatch(r"([\w:]+)\(\)", name)
            if function and function.group(1).split("::")[-1] not in words:
                problems.append(f"{document}: `{name}` is no function under weft/")
            elif not function and "*" not in name and is_path(name) and not exists(name):
                problems.append(f"{document}: `{name}` is not there")
    text = repo.read(repo.ARCHITECTURE)
    folders = set()
    for name in repo.files():
        folder = os.path.dirname(name)
        if folder.startswith("weft/") and not folder.endswith("/src"):  # a crate's src/ goes with the crate
            folders.add(folder)
        elif folder and not folder.startswith((".", "weft/")):
            folders.add(folder.split("/")[0])
    for folder in sorted(folders):
        if not re.search(rf"`{re.escape(folder)}/?`", text):
            problems.append(f"{repo.ARCHITECTURE} does not name {folder}/")
    repo.finish(problems)


if __name__ == "__main__":
    main()
