#!/usr/bin/env python3
"""A peer that executes nothing: fake_peer.py TIMES [--slow N] [--wrong NAME] [--silent NAME] --repeat R DIR...
Each folder takes TIMES microseconds for each of its transactions. --wrong: the folder of this name isn't ok;
--silent: it gives no line."""
import json
import os
import sys

words = sys.argv[1:]
microseconds, options, folders = float(words[0]), {}, []
rest = iter(words[1:])
for word in rest:
    if word.startswith("--"):
        options[word] = next(rest)
    else:
        folders.append(word)
for folder in folders:
    name = os.path.basename(folder)
    if name == options.get("--silent"):
        print(f"{folder}: no", file=sys.stderr)
        continue
    with open(os.path.join(folder, "block.json")) as file:
        block = json.load(file)
    time = int(microseconds * 1000 * max(len(block["transactions"]), 1))
    print(json.dumps({"engine": "fake", "version": "1", "best_ns": time, "median_ns": 2 * time, "p99_ns": 3 * time,
                      "gas": int(block["gasUsed"], 16), "ok": name != options.get("--wrong")}))
