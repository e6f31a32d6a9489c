#!/usr/bin/env python3
"""engine_x.py WEFT [FOLDER...]: `weft blocktest` on tests of EEST's format blockchain_test_engine_x.

The reference data has none, so they are made from its Engine API tests: the state before and the environment of the first
block go to a group in pre_alloc/, which the test then names, and the state after becomes what differs from it. Every test
must come out as it does in the form that it had, and each of the faults below must be found. Prints
`N passed, N failed, N skipped`, one case a test or fault.
"""
import copy
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

WEFT = os.path.abspath(sys.argv[1])
FOLDERS = [f".data/{name}/blockchain_tests_engine" for name in ("eest-prague", "eest-osaka", "eest-amsterdam/eip7928")]

passed = failed = 0


def check(ok, what, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAILED: {what}: {said}")


def blocktest(*paths):
    """Exit status, what stderr says, and (passed, failed)."""
    done = subprocess.run([WEFT, "blocktest", *paths], capture_output=True, text=True)
    counts = re.search(r"(\d+) passed, (\d+) failed", done.stderr)
    return done.returncode, done.stderr, tuple(int(n) for n in counts.groups()) if counts else None


def difference(before, after):
    """postStateDiff: accounts that changed or came, null for those that went."""
    diff = {address: account for address, account in after.items() if before.get(address) != account}
    return diff | {address: None for address in before if address not in after}


def environment(genesis):
    names = {"currentCoinbase": "coinbase", "currentGasLimit": "gasLimit", "currentNumber": "number",
             "currentTimestamp": "timestamp", "currentRandom": "mixHash", "currentDifficulty": "difficulty",
             "currentBaseFee": "baseFeePerGas", "currentExcessBlobGas": "excessBlobGas",
             "currentBlobGasUsed": "blobGasUsed", "parentUncleHash": "uncleHash"}
    return {name: genesis[field] for name, field in names.items() if field in genesis} | {
        "blockHashes": {}, "ommers": [], "withdrawals": []}


def split(test):
    """The test in the x form, and its group."""
    test = copy.deepcopy(test)
    group = {"testIds": [], "environment": environment(test.pop("genesisBlockHeader")), "network": test["network"],
             "chainId": 1, "pre": test.pop("pre")}
    if "postState" in test:
        test["postStateDiff"] = difference(group["pre"], test.pop("postState"))
    text = json.dumps(group, sort_keys=True).encode()
    test["preHash"] = "0x" + hashlib.sha256(text).hexdigest()[:16]
    return test, group


class Tree:
    """A folder blockchain_tests_engine_x."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(os.path.join(folder, "pre_alloc"))

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)

    def add(self, name, tests):
        made = {}
        for title, test in tests.items():
            made[title], group = split(test)
            self.write(f"pre_alloc/{made[title]['preHash']}.json", group)
        self.write(name, made)


def run_folder(source, folder):
    """All tests of a folder, in the x form: the same counts."""
    tree = Tree(folder)
    for path in glob.glob(source + "/**/*.json", recursive=True):
        with open(path, encoding="utf-8") as file:
            tree.add(os.path.relpath(path, source), json.load(file))
    global passed
    status, said, counts = blocktest(folder)
    want = blocktest(source)[2]
    check(status == 0 and counts == want, f"{source} in the x form: {counts}, not {want}", said)
    passed += counts[0] - 1 if counts else 0


def some_test(source):
    """A test of valid blocks that says the state after in full."""
    for path in sorted(glob.glob(source + "/**/*.json", recursive=True)):
        with open(path, encoding="utf-8") as file:
            for test in json.load(file).values():
                if "postState" in test and not any("validationError" in p for p in test["engineNewPayloads"]):
                    return test
    sys.exit("0 passed, 1 failed, 0 skipped")


def run_faults(source, root):
    """Each alters a good test or its group and must be answered with these words and this status."""
    def fault(name, words, status, alter):
        test, group = split(some_test(source))
        group_name = f"pre_alloc/{test['preHash']}.json"
        tree = Tree(os.path.join(root, name.replace(" ", "_")))
        alter(test, group)
        if group:
            tree.write(group_name, group)
        tree.write("tests/a/test.json", {"one": test})
        got, said, _ = blocktest(tree.folder)
        check(got == status and words in said, f"{name}: exit status {got}, want {status} and '{words}'", said)

    fault("nothing", "1 passed, 0 failed, 0 skipped", 0, lambda test, group: None)
    fault("no group", ".json: no such file", 2, lambda test, group: group.clear())
    fault("another hash", "pre_alloc/0x1234.json: no such file", 2, lambda test, group: test.update(preHash="0x1234"))
    fault("no hash", "preHash: not a hash", 2, lambda test, group: test.update(preHash="../../test"))
    fault("a number", "preHash: ", 2, lambda test, group: test.update(preHash=7))
    fault("another network", "preHash: the group's network is Berlin", 2, lambda test, group: group.update(network="Berlin"))
    fault("no network", "network: missing", 2, lambda test, group: group.pop("network"))
    fault("no pre", "pre: missing", 2, lambda test, group: group.pop("pre"))
    fault("no environment", "environment: missing", 2, lambda test, group: group.pop("environment"))
    fault("no timestamp", "environment.currentTimestamp: missing", 2,
          lambda test, group: group["environment"].pop("currentTimestamp"))
    fault("another state", "unknown parent", 1, lambda test, group: group["pre"].popitem())
    fault("another account after", "the last state is not the test's postState", 1,
          lambda test, group: test["postStateDiff"].update({"0x" + 20 * "11": {"balance": "0x1"}}))
    fault("an account less", "the last state is not the test's postState", 1,
          lambda test, group: test["postStateDiff"].update({next(iter(group["pre"])): None}))
    fault("no account", "postStateDiff", 2, lambda test, group: test.update(postStateDiff={"0x11": None}))

    def by_name(test, group):
        """EEST's form before v3.0.0, which knew no Prague: what comes before it in the test."""
        payloads = test["engineNewPayloads"]
        test["engineNewPayloads"] = [dict(zip(("executionPayload", "expectedBlobVersionedHashes", "parentBeaconBlockRoot"),
                                              payload["params"])) for payload in payloads if len(payload["params"]) == 3]
        test["lastblockhash"] = test["engineNewPayloads"][-1]["executionPayload"]["blockHash"]
        del test["postStateDiff"]

    fault("parameters by name", "1 passed, 0 failed, 0 skipped", 0, by_name)

    def refused(change, exception="BlockException.INCORRECT_BLOCK_FORMAT"):
        """Only the first payload, changed so that the Engine API refuses it."""
        def alter(test, group):
            payload = test["engineNewPayloads"][0]
            payload |= {"errorCode": "-32602"} | ({"validationError": exception} if exception else {})
            test |= {"engineNewPayloads": [payload], "lastblockhash": payload["params"][0]["parentHash"],
                     "postStateDiff": {}}
            change(payload["params"])
        return alter

    named = "for the reason that the test names: 1, "
    for field in ("blobGasUsed", "excessBlobGas"):
        fault("V3 without " + field, named, 0, refused(lambda params: params[0].pop(field)))

    fault("blobs that the block lacks", named, 0, refused(lambda params: params[1].append("0x01" + "00" * 31),
                                                          "BlockException.INVALID_VERSIONED_HASHES"))
    fault("only an error's code", "that it doesn't name: 1", 0, refused(lambda params: params[0].pop("blobGasUsed"), ""))

    def to_v2(params):
        del params[1:]
        del params[0]["blobGasUsed"]
    fault("V2 with excessBlobGas", named, 0, refused(to_v2))

    lonely = os.path.join(root, "lonely.json")
    with open(lonely, "w", encoding="utf-8") as file:
        json.dump({"one": split(some_test(source))[0]}, file)
    status, said, _ = blocktest(lonely)
    check(status == 2 and "no folder pre_alloc beside or above the file" in said, "no folder", said)


def run_evm(source, root):
    """The program as evm takes them, too."""
    tree = Tree(os.path.join(root, "evm"))
    tree.add("tests/test.json", {"one": some_test(source)})
    evm = os.path.join(os.path.dirname(WEFT), "evm")
    done = subprocess.run([evm, "blocktest", tree.folder], capture_output=True, text=True)
    check(done.returncode == 0 and [one["pass"] for one in json.loads(done.stdout)] == [True], "evm", done.stderr)


def main():
    folders = [folder for folder in sys.argv[2:] or FOLDERS if os.path.isdir(folder)]
    if not folders:
        print("skipped: reference data not unpacked (.data/eest-prague)\n0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory() as root:
        for i, folder in enumerate(folders):
            run_folder(folder, os.path.join(root, str(i)))
        run_faults(folders[0], os.path.join(root, "faults"))
        run_evm(folders[0], root)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return int(failed != 0)


sys.exit(main())
