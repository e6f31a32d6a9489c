#!/usr/bin/env python3
"""order_functions.py BUILD [FOLDER...]: writes weft/cli/functions.order, the functions that `weft run` calls, in the order
of their first call, for the linker (cmake/weft_static.cmake). What lies together is in memory together: the system maps
a program's pages 16 at a time.

Runs BUILD/weft under valgrind on an empty block, on a workload and on the folders given, each a folder with block.json
and prestate.json. To be repeated when much has changed; what is not in the file lies behind what is.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORDER = os.path.join(ROOT, "weft", "cli", "functions.order")
EMPTY = {"number": "0x12fce0e", "timestamp": "0x66465a4b", "gasLimit": "0x1c9c380", "difficulty": "0x0",
         "miner": "0x" + "11" * 20, "mixHash": "0x" + "22" * 32, "baseFeePerGas": "0x7", "blobGasUsed": "0x0",
         "excessBlobGas": "0x0", "parentBeaconBlockRoot": "0x" + "33" * 32, "gasUsed": "0x0", "transactions": [],
         "withdrawals": []}


def called(weft, folder):
    """Names as the linker knows them, in the order of their first appearance in the profile."""
    with tempfile.NamedTemporaryFile(suffix=".callgrind") as profile:
        done = subprocess.run(["valgrind", "-q", "--tool=callgrind", "--demangle=no",
                               f"--callgrind-out-file={profile.name}", weft, "run", "--json", "--executor", "auto",
                               "--threads", "2", "--alone", "--repeat", "1", folder], capture_output=True, text=True)
        if not done.stdout:
            sys.exit(f"{weft} {folder}: {done.stderr[-400:]}")
        with open(profile.name) as lines:
            return re.findall(r"^c?fn=\(\d+\) ([^\s']+)", lines.read(), re.M)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    weft = os.path.join(sys.argv[1], "weft")
    with tempfile.TemporaryDirectory() as folder:
        empty, workload = os.path.join(folder, "empty"), os.path.join(folder, "mixed")
        os.mkdir(empty)
        for name, content in (("block", EMPTY), ("prestate", {})):
            with open(os.path.join(empty, f"{name}.json"), "w") as file:
                json.dump(content, file)
        subprocess.run([weft, "workload", "mixed", "--txs", "200", "-o", workload], check=True, stdout=subprocess.DEVNULL)
        names = {}
        for block in (empty, workload, *sys.argv[2:]):
            names.update(dict.fromkeys(called(weft, block)))
    known = [name for name in names if not name.startswith(("0x", "(below"))]
    with open(ORDER, "w") as file:
        file.write("\n".join(known) + "\n")
    print(f"{len(known)} functions")


main()
