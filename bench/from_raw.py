#!/usr/bin/env python3
"""from_raw.py [--rounds N] [--repeat R] [--threads T] [--executor E] WEFT PEER_REVM PATH...

From raw transactions to receipts: Weft beside revm with libsecp256k1, in one run, by turns. WEFT is the build folder
(build/release), PEER_REVM the peer's program (bench/peers). Of the peer: each block's senders, recovered on T threads
(weft_libsecp256k1_senders), then revm's execution of it, its fastest mode. Of Weft: all blocks in a row, one time
(`weft run --from raw`), and each block by itself. Each figure is the fastest of all rounds. Prints a Markdown table.
"""
import argparse
import json
import os
import subprocess
import sys


def lines(command):
    """The lines of JSON that the command prints."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"from_raw.py: {' '.join(command)}: {result.stderr.strip() or result.returncode}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--executor", default="auto")
    parser.add_argument("weft")
    parser.add_argument("peer_revm")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    repeat, threads = ["--repeat", str(options.repeat)], ["--threads", str(options.threads)]
    folders = [os.path.join(path, name) for path in options.paths for name in os.listdir(path)
               if os.path.isfile(os.path.join(path, name, "block.json"))]
    folders += [path for path in options.paths if os.path.isfile(os.path.join(path, "block.json"))]
    best = {"senders": {}, "revm": {}, "weft": {}}

    def note(who, block, time, ok):
        if not ok:
            sys.exit(f"from_raw.py: {who}: block {block}: wrong")
        best[who][block] = min(time, best[who].get(block, time))

    for _ in range(options.rounds):
        for line in lines([os.path.join(options.weft, "bench/weft_libsecp256k1_senders"), *threads, *repeat,
                           *options.paths]):
            note("senders", line["block"], line["best_ns"], line["ok"])
        for line in lines([options.peer_revm, *repeat, *folders]):
            note("revm", line["block"], line["best_ns"], line["ok"])
        for line in lines([os.path.join(options.weft, "weft"), "run", "--from", "raw", "--json", "--executor",
                           options.executor, *threads, *repeat, *options.paths]):
            note("weft", line.get("block", line["name"]), line["best_ns"], line["ok"])

    row = best["weft"].pop("all") / 1e6
    total = {who: sum(times.values()) / 1e6 for who, times in best.items()}
    if not set(best["weft"]) == set(best["senders"]) == set(best["revm"]):
        sys.exit("from_raw.py: not the same blocks")
    peer = total["senders"] + total["revm"]
    print(f"| {len(best['weft'])} blocks, raw transactions to receipts, {options.threads} threads | ms | share |")
    print("|---|---|---|")
    print(f"| libsecp256k1, senders on {options.threads} threads | {total['senders']:.1f} | |")
    print(f"| revm, execution | {total['revm']:.1f} | |")
    print(f"| both | {peer:.1f} | 100 % |")
    print(f"| Weft (`{options.executor}`), each block by itself, summed | {total['weft']:.1f} "
          f"| {100 * total['weft'] / peer:.1f} % |")
    print(f"| Weft (`{options.executor}`), all blocks in a row | {row:.1f} | {100 * row / peer:.1f} % |")


if __name__ == "__main__":
    main()
