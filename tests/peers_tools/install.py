"""Installs the tools that Weft's `evm` is held against, once, into a folder of the build.

geth's `evm` comes through the Go module proxy, the executable specification through PyPI, each by its ordinary client.
"""
import os
import re
import shutil
import subprocess
import sys

GETH = "github.com/ethereum/go-ethereum/cmd/evm@v1.17.10"
GO_AT_LEAST = (1, 25)
SPECIFICATION = "ethereum-execution"


class Missing(Exception):
    """Why a tool can't be had here."""


def _run(command, log, **more):
    with open(log, "ab") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        with open(log, errors="replace") as file:
            last = (file.read().strip().splitlines() or [""])[-1]
        raise Missing(f"{' '.join(command[:3])}: {last[:200]}")


def geth(folder):
    """The path of geth's evm."""
    program = os.path.join(folder, "bin", "evm")
    if os.path.exists(program):
        return program
    go = shutil.which("go")
    if go is None:
        raise Missing("Go is not there: geth's evm can't be built")
    version = re.search(r"go(\d+)\.(\d+)", subprocess.run([go, "version"], capture_output=True, text=True).stdout)
    if version is None or tuple(map(int, version.groups())) < GO_AT_LEAST:
        raise Missing(f"Go {'.'.join(map(str, GO_AT_LEAST))} is needed for geth's evm, this is {version and version.group()}")
    os.makedirs(folder, exist_ok=True)
    _run([go, "install", GETH], os.path.join(folder, "geth.log"), env=os.environ | {"GOBIN": os.path.dirname(program)})
    return program


def specification(folder):
    """The path of the executable specification's ethereum-spec-evm."""
    program = os.path.join(folder, "venv", "bin", "ethereum-spec-evm")
    if os.path.exists(program):
        return program
    if sys.version_info < (3, 11):
        raise Missing(f"Python 3.11 is needed for the executable specification, this is {sys.version.split()[0]}")
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "specification.log")
    _run([sys.executable, "-m", "venv", os.path.join(folder, "venv")], log)
    _run([os.path.join(folder, "venv", "bin", "pip"), "install", SPECIFICATION], log)
    if not os.path.exists(program):
        raise Missing(f"{SPECIFICATION} has no ethereum-spec-evm")
    return program
