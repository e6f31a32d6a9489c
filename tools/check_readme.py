#!/usr/bin/env python3
"""check_readme.py PROGRAM: every command in README.md's `sh` blocks exists. Scripts and presets are looked up, for
`build/release/weft SUBCOMMAND --option` the program's own --help is asked."""
import json
import os
import re
import shlex
import subprocess
import sys

import repo

BLOCK = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAM = "build/release/weft"


def command_lines(text):
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\|?|;", line.split(" #")[0]):
                words = shlex.split(part.strip(), comments=True)
                if words:
                    yield words


def help_of(program, subcommand):
    asked = subprocess.run([program, subcommand, "--help"], capture_output=True, text=True)
    return asked.stdout + asked.stderr if asked.returncode == 0 else None


def problem_with(words, program, presets):
    if words[0] == "./run" and len(words) > 1:
        words = [PROGRAM, *words[1:]]
    if words[0] == PROGRAM and len(words) > 1 and not words[1].startswith("-"):
        text = help_of(program, words[1])
        if text is None:
            return f"weft has no command {words[1]}"
        unknown = [word.split("=")[0] for word in words[2:] if word.startswith("--")
                   and not re.search(re.escape(word.split("=")[0]) + r"\b", text)]
        return f"weft {words[1]} has no option {' '.join(unknown)}" if unknown else None
    if words[0].startswith("./") and not os.access(os.path.join(repo.ROOT, words[0]), os.X_OK):
        return f"{words[0]} is no program of ours"
    if words[0] == "cmake" and "--preset" in words and words[words.index("--preset") + 1] not in presets:
        return f"there is no preset {words[words.index('--preset') + 1]}"
    return None


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else PROGRAM
    presets = {preset["name"] for preset in json.loads(repo.read("CMakePresets.json"))["configurePresets"]}
    commands = list(command_lines(repo.read("README.md")))
    problems = [] if commands else ["README.md: no commands found"]
    for words in commands:
        problem = problem_with(words, program, presets)
        if problem:
            problems.append(f"README.md: {shlex.join(words)}: {problem}")
    repo.finish(problems)


if __name__ == "__main__":
    main()
