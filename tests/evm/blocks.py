#!/usr/bin/env python3
"""blocks.py EVM [FOLDER...]: `evm t8n` against the headers of official blockchain tests.

Every block of a chain is given to t8n as its environment, its body in RLP and the accounts that the block before left;
the result must say what the block's header says. What a header's fields follow from its parent (difficulty, base fee,
excess blob gas) is left to t8n. Prints `N passed, N failed, N skipped`, one case a block.
"""
import glob
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rlp  # noqa: E402

EVM = os.path.abspath(sys.argv[1])
FOLDERS_OF_TESTS = [
    ".data/ethereum-tests/BlockchainTests/ValidBlocks", ".data/ethereum-tests/BlockchainTests/TransitionTests",
    ".data/legacytests/Constantinople/BlockchainTests/ValidBlocks", ".data/eest-prague/blockchain_tests",
    ".data/eest-osaka/blockchain_tests", ".data/eest-amsterdam/eip7928/blockchain_tests"]
FILES = int(os.environ.get("WEFT_EVM_FILES", "30"))  # of each folder
LARGEST = 2_000_000  # bytes of a file
ETHER = 10 ** 18
REWARDS = {"Frontier": 5, "Homestead": 5, "EIP150": 5, "EIP158": 5, "Byzantium": 3, "Constantinople": 2,
           "ConstantinopleFix": 2, "Istanbul": 2, "MuirGlacier": 2, "Berlin": 2, "London": 2, "ArrowGlacier": 2,
           "GrayGlacier": 2, "HomesteadToDaoAt5": 5, "FrontierToHomesteadAt5": 5, "HomesteadToEIP150At5": 5}

passed = failed = 0
skipped = {}


def skip(reason, count=1):
    skipped[reason] = skipped.get(reason, 0) + count


def value(header, *names):
    for name in names:
        if name in header:
            return header[name]
    return None


def environment(header, parent, hashes, block):
    """What t8n is told; what it can compute from the parent is left out."""
    env = {"currentCoinbase": header["coinbase"], "currentNumber": header["number"],
           "currentGasLimit": header["gasLimit"], "currentTimestamp": header["timestamp"], "blockHashes": hashes,
           "parentTimestamp": parent["timestamp"], "parentGasUsed": parent["gasUsed"],
           "parentGasLimit": parent["gasLimit"], "parentUncleHash": parent["uncleHash"]}
    if int(header["difficulty"], 16) == 0:
        env["currentRandom"] = header["mixHash"]
    else:
        env["parentDifficulty"] = parent["difficulty"]
    if "baseFeePerGas" in header and "baseFeePerGas" in parent:
        env["parentBaseFee"] = parent["baseFeePerGas"]
    elif "baseFeePerGas" in header:
        env["currentBaseFee"] = header["baseFeePerGas"]  # London's first block
    if "excessBlobGas" in header:
        env["parentExcessBlobGas"] = parent.get("excessBlobGas", "0x0")
        env["parentBlobGasUsed"] = parent.get("blobGasUsed", "0x0")
    if "parentBeaconBlockRoot" in header:
        env["parentBeaconBlockRoot"] = header["parentBeaconBlockRoot"]
    if "withdrawalsRoot" in header:
        env["withdrawals"] = [
            dict(zip(("index", "validatorIndex", "address", "amount"),
                     (hex(rlp.number(f)) if i != 2 else "0x" + rlp.payload(f).hex()
                      for i, f in enumerate(rlp.items(one)))))
            for one in rlp.items(rlp.items(block)[3])]
    number = int(header["number"], 16)
    env["ommers"] = []
    for ommer in rlp.items(rlp.items(block)[2]):
        fields = rlp.items(ommer)
        env["ommers"].append({"delta": number - rlp.number(fields[8]), "address": "0x" + rlp.payload(fields[2]).hex()})
    return env


def differences(header, result):
    """The header's fields that t8n says otherwise."""
    wanted = {"stateRoot": header["stateRoot"], "txRoot": value(header, "transactionsTrie", "transactionsRoot"),
              "receiptsRoot": value(header, "receiptTrie", "receiptsRoot"), "logsBloom": value(header, "bloom", "logsBloom"),
              "gasUsed": header["gasUsed"]}
    for name, key in (("currentBaseFee", "baseFeePerGas"), ("withdrawalsRoot", "withdrawalsRoot"),
                      ("blobGasUsed", "blobGasUsed"), ("currentExcessBlobGas", "excessBlobGas"),
                      ("requestsHash", "requestsHash"), ("blockAccessListHash", "blockAccessListHash")):
        if key in header:
            wanted[name] = header[key]
    if int(header["difficulty"], 16) != 0:
        wanted["currentDifficulty"] = header["difficulty"]
    return [f"{key}: {result.get(key)}, want {want}" for key, want in wanted.items()
            if int(result.get(key) or "-0x1", 16) != int(want, 16)]


def reward(network, header):
    if int(header["difficulty"], 16) == 0:
        return -1
    before, _, after = network.partition("To")
    if after and network not in REWARDS and int(header["number"], 16) >= 5:
        return REWARDS[after.partition("At")[0]] * ETHER
    return REWARDS.get(network, REWARDS.get(before, 2)) * ETHER


def run_block(name, test, block, parent, alloc, hashes):
    """The accounts after the block; None where it failed."""
    global passed, failed
    encoded = bytes.fromhex(block["rlp"][2:])
    header = block["blockHeader"]
    stdin = json.dumps({"alloc": alloc, "env": environment(header, parent, hashes, encoded),
                        "txsRlp": "0x" + rlp.items(encoded)[1].hex()})
    chain_id = int(test.get("config", {}).get("chainid", "0x1"), 16)
    command = [EVM, "t8n", "--input.alloc=stdin", "--input.env=stdin", "--input.txs=stdin", "--output.alloc=stdout",
               "--output.result=stdout", f"--state.fork={test['network']}", f"--state.chainid={chain_id}",
               f"--state.reward={reward(test['network'], header)}"]
    run = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if run.returncode != 0:
        why = [f"exit status {run.returncode}: {run.stderr.strip()[:300]}"]
    else:
        out = json.loads(run.stdout)
        why = differences(header, out["result"])
        if out["result"].get("rejected"):
            why.append(f"rejected: {out['result']['rejected'][:3]}")
    if why:
        failed += 1
        print(f"FAILED {name} block {int(header['number'], 16)}: {'; '.join(why)[:600]}")
        return None
    passed += 1
    return out["alloc"]


def run_test(name, test):
    parent, alloc = test["genesisBlockHeader"], test["pre"]
    hashes = {str(int(parent["number"], 16)): parent["hash"]}
    for block in test["blocks"]:
        if "blockHeader" not in block:
            skip("blocks that must be refused")
            continue
        header = block["blockHeader"]
        if header["parentHash"] != parent["hash"]:
            skip("side chains: each block is run on the one before")
            return
        alloc = run_block(name, test, block, parent, alloc, hashes)
        if alloc is None:
            return
        hashes[str(int(header["number"], 16))] = header["hash"]
        parent = header


def run_file(path):
    with open(path) as file:
        tests = json.load(file)
    for name, test in tests.items():
        if "blobSchedule" in test.get("config", {}) and "BPO" in test["network"]:
            skip("blob schedules of the test's own: t8n has a fork's")
        elif "Diff" in test["network"]:
            skip("transitions by total difficulty: t8n knows none")
        elif "blocks" in test:
            run_test(f"{os.path.basename(path)}: {name}", test)


def main():
    for folder in sys.argv[2:] or FOLDERS_OF_TESTS:
        files = sorted(path for path in glob.glob(os.path.join(folder, "**", "*.json"), recursive=True)
                       if os.path.getsize(path) < LARGEST)
        if not files:
            skip(f"{folder} is not there")
        for path in sorted(random.Random(1).sample(files, min(FILES, len(files)))):
            run_file(path)
    for reason, count in skipped.items():
        print(f"skipped: {reason}: {count}")
    print(f"{passed} passed, {failed} failed, {sum(skipped.values())} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
