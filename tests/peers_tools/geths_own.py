#!/usr/bin/env python3
"""geths_own.py EVM FOLDER: geth's own tests of its tool, with Weft's in its place.

They run what they test as a child; a copy of geth's sources in FOLDER names EVM there. Left out are the cases that
docs/evm.md names. Prints `N passed, N failed, N skipped`, one a Go test.
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import install  # noqa: E402

EVM, FOLDER = (os.path.abspath(path) for path in sys.argv[1:3])
MODULE = install.GETH.replace("/cmd/evm", "")
SELF = """package reexec

import "os"

func Self() string { return os.Getenv("WEFT_EVM") }
"""
# A tracer in JavaScript; numbers beyond 256 bits.
LEFT_OUT = ('"--trace.tracer", `', "// Transactions with value exceeding 256 bits")


def without(text, part):
    """The tests' source without the case of a table that has this part."""
    at = text.index(part)
    begin, end = text.rindex("\n\t\t{", 0, at + 1), text.index("\n\t\t},", at)
    return text[:begin] + text[end + len("\n\t\t},"):]


def edit(path, change):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))


def tests():
    """geth's test program, built once."""
    program = os.path.join(FOLDER, "evm_test")
    if os.path.exists(program):
        return program
    install.geth(FOLDER)  # the module is then at hand
    go = shutil.which("go")
    told = subprocess.run([go, "mod", "download", "-json", MODULE], capture_output=True, text=True)
    if told.returncode != 0:
        raise install.Missing(f"{MODULE}: {told.stderr.strip()[-200:]}")
    source = os.path.join(FOLDER, "go-ethereum")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(json.loads(told.stdout)["Dir"], source, copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(source):
        os.chmod(folder, 0o755)  # the module cache is read-only
    edit(os.path.join(source, "internal/reexec/self_linux.go"), lambda _: SELF)
    for part in LEFT_OUT:
        edit(os.path.join(source, "cmd/evm/t8n_test.go"), lambda text, part=part: without(text, part))
    built = subprocess.run([go, "test", "-c", "-o", program, "./cmd/evm"], cwd=source, capture_output=True, text=True)
    if built.returncode != 0:
        raise install.Missing(f"geth's tests can't be built: {built.stderr.strip()[-200:]}")
    return program


def main():
    os.makedirs(FOLDER, exist_ok=True)
    try:
        program = tests()
    except install.Missing as why:
        print(f"skipped: {why}\n0 passed, 0 failed, 1 skipped")
        return 77
    named = os.path.join(FOLDER, "by-name")  # the tests call it by a name of theirs
    with open(named, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec "{EVM}" "$@"\n')
    os.chmod(named, 0o755)
    done = subprocess.run([program, "-test.v"], cwd=os.path.join(FOLDER, "go-ethereum/cmd/evm"), capture_output=True, text=True,
                          env=os.environ | {"WEFT_EVM": named}, timeout=600)
    verdicts = re.findall(r"^--- (PASS|FAIL)", done.stdout, re.MULTILINE)
    failed = verdicts.count("FAIL") + (not verdicts)
    if failed:
        print(done.stdout[-4000:], done.stderr[-1000:])
    print(f"{verdicts.count('PASS')} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
