#!/usr/bin/env python3
"""compare.py EVM FOLDER: Weft's `evm` beside geth's and the executable specification's, which FOLDER gets.

Traces of official state tests and blockchain tests, line by line with geth's; t8n on the blocks of official blockchain tests: geth's output
to the letter, the specification's roots, sums and accounts. Prints `N passed, N failed, N skipped`. WEFT_PEER_TESTS:
how many state tests at least (default 600); WEFT_PEER_BLOCKS: how many blocks (default 300, of the specification 60).
"""
import glob
import json
import os
import random
import re
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "evm")]
import blocks  # noqa: E402
import install  # noqa: E402
import rlp  # noqa: E402

EVM, FOLDER = (os.path.abspath(path) for path in sys.argv[1:3])
TESTS = int(os.environ.get("WEFT_PEER_TESTS", "600"))
BLOCKS = int(os.environ.get("WEFT_PEER_BLOCKS", "300"))
SPECIFIED_BLOCKS = BLOCKS // 5
STATE_TESTS = [".data/ethereum-tests/GeneralStateTests", ".data/legacytests/Cancun/GeneralStateTests",
               ".data/legacytests/Constantinople/GeneralStateTests", ".data/eest-prague/state_tests",
               ".data/eest-osaka/state_tests"]
LARGEST = 300_000  # bytes of a file
MOST_SHOWN = 20
# geth has a list of addresses for EIP-7610's rule; its own tests leave the same ones out.
LEFT_OUT = re.compile("eip7610_create_collision|RevertInCreateInInit|create2collisionStorage|dynamicAccountOverwriteEmpty|InitCollision")

# What is no transaction: each has its own words, ours those that test fillers look for.
UNDECODABLE = re.compile(r'"error": "(rlp: |input string too short ).*"')

OWN_WORDS = ',"error":"precompile failure"'
# EIP-7823: here a MODEXP that no gas pays for.
MODEXP_WORDS = ',"error":"one or more of base/exponent/modulus length exceeded 1024 bytes"'

passed = failed = lines_compared = 0
skipped = {}


def skip(reason, count=1):
    skipped[reason] = skipped.get(reason, 0) + count


def fail(name, why):
    global failed
    failed += 1
    if failed <= MOST_SHOWN:
        print(f"FAILED {name}: {why[:900]}")


def sample(folders, largest):
    """Files of all folders in a fixed random order, by turns."""
    orders = []
    for folder in folders:
        files = sorted(path for path in glob.glob(os.path.join(folder, "**", "*.json"), recursive=True)
                       if os.path.getsize(path) < largest)
        collisions = [path for path in files if LEFT_OUT.search(path)]
        if collisions:
            skip("files about EIP-7610, for which geth has a list of addresses", len(collisions))
            files = [path for path in files if path not in collisions]
        if not files:
            skip(f"{folder} is not there")
        orders.append(random.Random(7).sample(files, len(files)))
    for turn in range(max(map(len, orders), default=0)):
        yield from (order[turn] for order in orders if turn < len(order))


def run(program, *arguments, stdin=None):
    return subprocess.run([*program, *arguments], input=stdin, capture_output=True, text=True, timeout=300)


def trace(stderr):
    """A trace's lines, without geth's log."""
    return [line for line in stderr.splitlines() if line.startswith("{")]


def same_line(theirs, ours):
    """To the letter; only the words for why a precompile fails are each tool's own."""
    is_own = OWN_WORDS in ours or MODEXP_WORDS in theirs
    return theirs == ours or (is_own and theirs.split(',"error":')[0] == ours.split(',"error":')[0])


def compare_traces(geth, path, name, fork):
    global passed, lines_compared
    arguments = ["statetest", "--trace", "--trace.format=json", "--run", f"^{re.escape(name)}$", "--statetest.fork", fork, path]
    theirs, ours = run([geth], *arguments), run([EVM], *arguments)
    if theirs.returncode != 0:
        return skip("geth's tool can't read the file")
    # geth's order of a test's subtests is the file's.
    a, b = trace(theirs.stderr), trace(ours.stderr)
    for i, (x, y) in enumerate(zip(a, b)):
        if not same_line(x, y):
            return fail(f"trace of {path} {name} {fork}", f"line {i}:\n  geth {x}\n  weft {y}")
    if len(a) != len(b):
        return fail(f"trace of {path} {name} {fork}", f"{len(a)} lines of geth's, {len(b)} of ours")
    verdicts = [[(v["pass"], v.get("stateRoot"), v["fork"]) for v in json.loads(side.stdout) or []] for side in (theirs, ours)]
    if verdicts[0] != verdicts[1]:
        return fail(f"verdict of {path} {name} {fork}", f"geth {verdicts[0]}, weft {verdicts[1]}")
    compare_texts(geth, path, name, fork)
    passed += len(verdicts[0])
    lines_compared += len(a)


def compare_texts(geth, path, name, fork):
    """The formats for people, to the letter; geth gives slots in any order."""
    for form in ("struct", "md"):
        arguments = ["statetest", "--trace", "--trace.format", form, "--trace.nomemory=false", "--trace.noreturndata=false",
                     "--run", f"^{re.escape(name)}$", "--statetest.fork", fork, path]
        a, b = ([line for line in run([tool], *arguments).stderr.splitlines() if not line.startswith(("INFO ", "WARN "))]
                for tool in (geth, EVM))
        if sorted(a) != sorted(b) and not any("precompile failure" in line for line in b):
            x, y = next(((x, y) for x, y in zip(a, b) if x != y), (f"{len(a)} lines", f"{len(b)} lines"))
            fail(f"{form} trace of {path} {name} {fork}", f"geth {x}\n  weft {y}")


def state_tests(geth):
    for path in sample(STATE_TESTS, LARGEST):
        if passed + failed >= TESTS:
            return
        with open(path) as file:
            tests = json.load(file)
        for name, test in list(tests.items())[:2]:
            for fork in random.Random(name).sample(sorted(test["post"]), min(2, len(test["post"]))):
                compare_traces(geth, path, name, fork)


def block_tests(geth):
    """`evm blocktest`: verdicts, the last states and traces of every transaction, to the letter."""
    global passed, lines_compared
    before = passed
    for path in sample(blocks.FOLDERS_OF_TESTS[:-1], LARGEST // 4):  # Amsterdam's drafts move
        if passed - before >= BLOCKS // 3:
            return
        for flags in (["--trace"], ["--dump"], ["--human", "--fuzz"]):
            theirs, ours = run([geth], "blocktest", *flags, path), run([EVM], "blocktest", *flags, path)
            if '"pass": false' in theirs.stdout:
                skip("files of blocks with a test that geth's tool fails")
                break
            if theirs.stdout != ours.stdout:
                fail(f"blocktest {' '.join(flags)} {path}", f"geth {theirs.stdout}\n  weft {ours.stdout}")
                continue
            a, b = trace(theirs.stderr), trace(ours.stderr)
            differing = next((i for i, pair in enumerate(zip(a, b)) if not same_line(*pair)), None)
            if differing is not None or len(a) != len(b):
                i = len(b) if differing is None else differing
                fail(f"blocktest {' '.join(flags)} {path}", f"line {i}:\n  geth {a[i:i + 1]}\n  weft {b[i:i + 1]}")
                continue
            passed, lines_compared = passed + 1, lines_compared + len(a)


SPECIFIED = ("stateRoot", "txRoot", "receiptsRoot", "logsHash", "logsBloom", "gasUsed", "currentBaseFee", "withdrawalsRoot",
             "blobGasUsed", "currentExcessBlobGas", "requestsHash")


def plain(alloc):
    """An alloc whose numbers are numbers and whose empty parts are absent."""
    out = {}
    for address, account in alloc.items():
        out[address.lower()] = (int(account.get("balance", "0x0"), 16), int(account.get("nonce", "0x0"), 16),
                                account.get("code", "0x") or "0x",
                                {int(k, 16): int(v, 16) for k, v in account.get("storage", {}).items() if int(v, 16)})
    return out


def specified_fork(network):
    """The specification has a fork's own name."""
    return {"ConstantinopleFix": "ConstantinopleFix", "Merge": "Paris"}.get(network, network)


class T8n:
    """A block for t8n, in files."""

    def __init__(self, folder, test, block, parent, alloc, hashes):
        encoded = bytes.fromhex(block["rlp"][2:])
        header = block["blockHeader"]
        env = blocks.environment(header, parent, hashes, encoded)
        env["currentDifficulty"] = header["difficulty"]
        if "baseFeePerGas" in header:
            env["currentBaseFee"] = header["baseFeePerGas"]
        self.chain_id = int(test.get("config", {}).get("chainid", "0x1"), 16)
        self.network, self.reward = test["network"], blocks.reward(test["network"], header)
        self.files = []
        for name, content in (("alloc.json", alloc), ("env.json", env), ("txs.rlp", "0x" + rlp.items(encoded)[1].hex())):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                json.dump(content, file)
            self.files.append(f"--input.{name.split('.')[0]}={path}")

    def run(self, *program, fork=None, reward=None):
        return run(program, "t8n", *self.files, "--output.alloc=stdout", "--output.result=stdout", "--output.body=stdout",
                   f"--state.fork={fork or self.network}", f"--state.chainid={self.chain_id}",
                   f"--state.reward={self.reward if reward is None else reward}")


def compare_block(name, t8n, geth, specification, counts):
    """The accounts after the block."""
    global passed
    ours = t8n.run(EVM)
    if ours.returncode != 0:
        fail(name, f"exit status {ours.returncode}: {ours.stderr}")
        return None
    out = json.loads(ours.stdout)
    if geth is not None:
        theirs = t8n.run(geth)
        if theirs.stdout != ours.stdout:
            a, b = theirs.stdout.splitlines(), ours.stdout.splitlines()
            first = next((pair for pair in zip(a, b) if pair[0] != pair[1]), (theirs.stderr[-300:], "the end"))
            fail(name, f"geth {first[0].strip()[:300]}\n  weft {first[1].strip()[:300]}")
            return None
        passed += 1
    if specification is not None and counts["specified"] < SPECIFIED_BLOCKS and "To" not in t8n.network:
        counts["specified"] += 1
        theirs = t8n.run(*specification, fork=specified_fork(t8n.network), reward=max(t8n.reward, 0))
        if theirs.returncode != 0:
            skip(f"the specification ended with {(theirs.stderr.strip().splitlines() or ['nothing'])[-1][:100]}")
            return out["alloc"]
        spec = json.loads(theirs.stdout)
        other = [key for key in SPECIFIED if key in spec["result"] and
                 int(spec["result"][key] or "0x0", 16) != int(out["result"].get(key) or "0x0", 16)]
        if plain(spec["alloc"]) != plain(out["alloc"]):
            other.append("alloc")
        if other:
            fail(f"{name}: the specification", f"{other}: {[(spec['result'].get(k), out['result'].get(k)) for k in other]}")
        else:
            passed += 1
    return out["alloc"]


def blockchain_tests(geth, specification):
    counts = {"blocks": 0, "specified": 0}
    for path in sample(blocks.FOLDERS_OF_TESTS, blocks.LARGEST):
        with open(path) as file:
            tests = json.load(file)
        for name, test in list(tests.items())[:2]:
            if "Amsterdam" in test.get("network", ""):
                skip("tests of Amsterdam: each tool has another draft of it")
                break
            if "blocks" not in test or "BPO" in test["network"] or "Diff" in test["network"]:
                continue
            parent, alloc = test["genesisBlockHeader"], test["pre"]
            hashes = {hex(int(parent["number"], 16)): parent["hash"]}
            for block in test["blocks"][:4]:
                header = block.get("blockHeader")
                if header is None or header["parentHash"] != parent["hash"] or alloc is None:
                    break
                if counts["blocks"] >= BLOCKS:
                    return
                counts["blocks"] += 1
                t8n = T8n(FOLDER, test, block, parent, alloc, hashes)
                label = f"t8n {os.path.basename(path)} {name} block {int(header['number'], 16)}"
                alloc = compare_block(label, t8n, geth, specification, counts)
                hashes[hex(int(header["number"], 16))] = header["hash"]
                parent = header


def request_contracts():
    """The contracts that end a block from Prague on, as official blockchain tests have them; state tests lack them."""
    for path in sample([".data/eest-prague/blockchain_tests"], LARGEST):
        with open(path) as file:
            for test in json.load(file).values():
                found = {address: account for address, account in test.get("pre", {}).items()
                         if address.endswith(("c007002", "0007251"))}
                if len(found) == 2:
                    return found
    return {}


def state_tests_as_blocks(geth):
    """t8n on the one transaction of a state test, valid or not: what is rejected is so in the same words."""
    contracts = request_contracts()
    done = 0
    for path in sample([".data/eest-prague/state_tests", ".data/eest-osaka/state_tests"], LARGEST):
        with open(path) as file:
            tests = json.load(file)
        for name, test in list(tests.items())[:3]:
            for fork, cases in test["post"].items():
                if done >= BLOCKS:
                    return
                done += 1
                compare_state_test(geth, name, test, fork, cases[0], contracts)


def compare_state_test(geth, name, test, fork, case, contracts):
    global passed
    env = {key: value for key, value in test["env"].items() if key != "currentDifficulty"} | {
        "withdrawals": [], "parentBeaconBlockRoot": "0x" + "00" * 32, "blockHashes": {"0x0": "0x" + "11" * 32}}
    encoded = bytes.fromhex(case["txbytes"][2:])
    if encoded[0] < 0x80:  # a typed one is a string in its block
        encoded = rlp.string(encoded)
    contents = {"alloc.json": contracts | test["pre"], "env.json": env, "txs.rlp": "0x" + rlp.a_list([encoded]).hex()}
    files = []
    for file_name, content in contents.items():
        path = os.path.join(FOLDER, file_name)
        with open(path, "w") as file:
            json.dump(content, file)
        files.append(f"--input.{file_name.split('.')[0]}={path}")
    outputs = [run([program], "t8n", *files, "--output.alloc=stdout", "--output.result=stdout", "--output.body=stdout",
                   f"--state.fork={fork}") for program in (geth, EVM)]
    if outputs[0].returncode == outputs[1].returncode == 4:
        return skip("state tests that ask for a block hash that isn't given")
    texts = [UNDECODABLE.sub('"error": "rlp"', one.stdout) for one in outputs]
    if texts[0] == texts[1]:
        passed += 1
        return
    a, b = (text.splitlines() for text in texts)
    first = next((pair for pair in zip(a, b) if pair[0] != pair[1]), (outputs[0].stderr[-200:], outputs[1].stderr[-200:]))
    fail(f"t8n {name} {fork}", f"geth {first[0].strip()[:300]}\n  weft {first[1].strip()[:300]}")


def installed(make):
    try:
        return make(FOLDER)
    except install.Missing as why:
        skip(str(why))
        return None


def main():
    os.makedirs(FOLDER, exist_ok=True)
    geth, specification = installed(install.geth), installed(install.specification)
    if geth is not None:
        state_tests(geth)
        print(f"{passed} state tests, {lines_compared} lines of traces")
        block_tests(geth)
        state_tests_as_blocks(geth)
    if geth is not None or specification is not None:
        blockchain_tests(geth, specification and [specification])
    for reason, count in skipped.items():
        print(f"skipped: {reason}: {count}")
    print(f"{passed} passed, {failed} failed, {sum(skipped.values())} skipped")
    if passed + failed == 0:
        return 77
    return 1 if failed else 0


sys.exit(main())
