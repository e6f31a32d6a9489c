"""The blocks that are compared. Each becomes a folder with block.json and prestate.json, the same for every engine."""
import json
import os
import subprocess
from dataclasses import dataclass

from comparison.engines import Trouble

DATA = ".data"


@dataclass
class Batch:
    """Folders that an engine is given at once, how often it runs each, and the group they belong to."""
    group: str
    folders: list
    repeat: int


@dataclass
class Made:
    """A workload to be written: `weft workload NAME ARGUMENTS`."""
    group: str
    name: str
    arguments: tuple
    repeat: int = 5


GIGAGAS_TRANSFERS = ("transfers", "--txs", "47620", "--accounts", "47620")
GIGAGAS_TOKENS = ("erc20", "--txs", "34000", "--accounts", "34000", "--to", "random")
SMALL = (1, 2, 3, 5, 10, 20, 35, 50)
HOT = (0, 10, 30, 50, 90)


def made_inputs():
    out = [
        Made("gigagas", "transfers-self", (*GIGAGAS_TRANSFERS, "--to", "self", "--conflict", "0")),
        Made("gigagas", "transfers-random", (*GIGAGAS_TRANSFERS, "--to", "random", "--conflict", "0")),
        Made("gigagas", "erc20-self", (*GIGAGAS_TOKENS[:-1], "self", "--conflict", "0")),
        Made("gigagas", "erc20-random", (*GIGAGAS_TOKENS, "--conflict", "0")),
    ]
    for percent in HOT:
        conflict = ("--conflict", str(percent))
        out.append(Made("hot", f"transfers-hot-{percent}", (*GIGAGAS_TRANSFERS, "--to", "random", *conflict)))
        out.append(Made("hot", f"erc20-hot-{percent}", (*GIGAGAS_TOKENS, *conflict)))
    uniswap = ("uniswap", "--txs", "8000", "--accounts", "500", "--conflict")
    out.append(Made("uniswap", "uniswap-own", (*uniswap, "0")))
    out.append(Made("uniswap", "uniswap-hot", (*uniswap, "100")))
    out += [Made("serial", f"uniswap-serial-{percent}", (*uniswap, str(percent))) for percent in (30, 90)]
    for count in SMALL:
        size = ("--txs", str(count), "--accounts", "200")
        out += [Made("small", f"{kind}-{count}", (kind, *size), 300) for kind in ("transfers", "erc20", "dex", "mixed")]
    return out


GROUPS = ("mainnet", *dict.fromkeys(one.group for one in made_inputs()), "eest")


class Maker:
    """Writes workloads into a cache, each once for the program and arguments that it comes from."""

    def __init__(self, weft, cache):
        self.weft, self.cache = weft, cache
        self.left_out = []

    def make(self, one):
        """The folder, or None where it can't be made (left_out says why)."""
        if one.arguments[0] == "uniswap" and not self.fetched():
            self.left_out.append(f"{one.name} is left out: bench/uniswap/fetch found no packages (npm, network)")
            return None
        folder = os.path.join(self.cache, one.group, one.name)
        stamp = os.path.join(folder, "made-by.json")
        command = [self.weft, "workload", *one.arguments]
        says = {"arguments": command[1:], "program": os.stat(self.weft).st_mtime_ns}
        if os.path.exists(stamp) and json.load(open(stamp)) == says:
            return folder
        done = subprocess.run(command + ["-o", folder], capture_output=True, text=True)
        if done.returncode != 0:
            self.left_out.append(f"{one.name} is left out: {done.stderr.strip()}")
            return None
        with open(stamp, "w") as file:
            json.dump(says, file)
        return folder

    def fetched(self):
        """Whether Uniswap's packages are there, or can be had."""
        return subprocess.run([os.path.join("bench", "uniswap", "fetch")], capture_output=True).returncode == 0

    def fixtures(self, every):
        """Folders of the eest-benchmark blocks: one of each file of tests, or every one."""
        source = os.path.join(DATA, "eest-benchmark", "blockchain_tests")
        if not os.path.isdir(source):
            self.left_out.append(f"eest is left out: {source} is not there")
            return []
        folder = os.path.join(self.cache, "eest")
        stamp = os.path.join(folder, "whole")
        if not os.path.exists(stamp):
            done = subprocess.run([self.weft, "blocktest", "--export", folder, source], capture_output=True, text=True)
            if done.returncode != 0:
                self.left_out.append(f"eest is left out: {done.stderr.strip()[-300:]}")
                return []
            open(stamp, "w").close()
        out = []
        for place, inner, files in sorted(os.walk(folder)):
            inner.sort()
            blocks = [os.path.join(place, name) for name in inner
                      if os.path.exists(os.path.join(place, name, "block.json"))]
            out += blocks if every else blocks[:1]
        return out


def mainnet_folders():
    folder = os.path.join(DATA, "mainnet")
    if not os.path.isdir(folder):
        return []
    names = [name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, "block.json"))]
    return [os.path.join(folder, name) for name in sorted(names, key=int)]


def given_folder(word):
    """A block folder, or a folder of such, that the user names."""
    if os.path.exists(os.path.join(word, "block.json")):
        return [word.rstrip("/")]
    inner = [os.path.join(word, name) for name in sorted(os.listdir(word))]
    out = [folder for folder in inner if os.path.exists(os.path.join(folder, "block.json"))]
    if not out:
        raise Trouble(f"{word}: no block.json in it, nor in a folder in it")
    return out


def batches(words, maker, repeat, quick, every_fixture=False):
    """What the words (groups, inputs of a group, folders) come to."""
    out = []
    made = {one.name: one for one in made_inputs()}
    for word in words:
        if os.path.isdir(word):
            out.append(Batch("given", given_folder(word), repeat or 11))
        elif word == "mainnet":
            folders = mainnet_folders()
            if not folders:
                maker.left_out.append("mainnet is left out: .data/mainnet is not there")
            out.append(Batch("mainnet", folders[-4:] if quick else folders, repeat or 11))
        elif word == "eest":
            folders = maker.fixtures(every_fixture)
            out += [Batch("eest", folders[i:i + 10], repeat or 3) for i in range(0, len(folders), 10)]
        elif word in made or word in GROUPS:
            chosen = [one for one in made.values() if word in (one.name, one.group)]
            out += made_batches(chosen[:2] if quick else chosen, maker, repeat)
        else:
            raise Trouble(f"{word}: no folder, and none of {', '.join(GROUPS)}, nor an input of one")
    return [batch for batch in out if batch.folders]


def made_batches(chosen, maker, repeat):
    """Small blocks of a group go together, large ones each alone: so alternation stays within seconds."""
    out = []
    for one in chosen:
        folder = maker.make(one)
        if folder is None:
            continue
        if one.group == "small" and out and out[-1].group == "small":
            out[-1].folders.append(folder)
        else:
            out.append(Batch(one.group, [folder], repeat or one.repeat))
    return out
