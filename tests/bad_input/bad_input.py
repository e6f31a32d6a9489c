#!/usr/bin/env python3
"""bad_input.py WEFT: the program against input that is none.

Whatever the file, `weft` says what is wrong in one line on stderr that names the file and, where there is one, the
field; its exit status is 2; it never crashes. Prints `N passed, N failed, N skipped`.
"""
import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from documents import ABSENT, changed  # noqa: E402

WEFT = os.path.abspath(sys.argv[1])

ADDRESS = "0x00000000000000000000000000000000000000aa"
GENESIS = {
    "config": {"chainId": 1, "homesteadBlock": 0, "londonBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0,
               "cancunTime": 0, "blobSchedule": {"cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477}}},
    "gasLimit": "0x1000000", "difficulty": "0x0", "timestamp": "0x0", "alloc": {ADDRESS: {"balance": "0x1"}},
}
STATE_TEST = {"one": {
    "env": {"currentCoinbase": ADDRESS, "currentGasLimit": "0x1000000", "currentNumber": "0x1",
            "currentTimestamp": "0x3e8", "currentDifficulty": "0x20000", "currentRandom": "0x" + "00" * 32,
            "currentBaseFee": "0x0a"},
    "pre": {ADDRESS: {"balance": "0xde0b6b3a7640000", "nonce": "0x00", "code": "0x", "storage": {}}},
    "transaction": {"sender": ADDRESS, "to": "0x00000000000000000000000000000000000000bb", "nonce": "0x00",
                    "gasPrice": "0x0a", "data": ["0x"], "gasLimit": ["0x5208"], "value": ["0x01"]},
    "post": {"Shanghai": [{"hash": "0x" + "11" * 32, "logs": "0x" + "22" * 32,
                           "indexes": {"data": 0, "gas": 0, "value": 0}}]},
}}

passed = failed = skipped = 0


def weft(*arguments):
    return subprocess.run([WEFT, *arguments], capture_output=True, timeout=60)


def expect(name, arguments, *parts, status=2):
    """The program ends with `status` and one line on stderr, in which every part (a regular expression) is found."""
    global passed, failed
    result = weft(*arguments)
    errors = result.stderr.decode("utf-8", "replace")
    lines = [line for line in errors.split("\n") if line]
    why = None
    if result.returncode != status:
        why = f"exit status {result.returncode}, not {status}"
    elif status == 2 and (len(lines) != 1 or not lines[0].startswith("weft: ")):
        why = f"{len(lines)} lines on stderr, not one that starts with `weft: `"
    elif any(ord(letter) < 32 for letter in "".join(lines)):
        why = "control characters on stderr"
    else:
        why = next((f"{part!r} not in it" for part in parts if not re.search(part, errors)), None)
    if why is None:
        passed += 1
        return
    failed += 1
    print(f"FAILED {name}: {why}\n  weft {' '.join(arguments)}\n  {errors.strip()[:600]!r}")


def in_error(path):
    """The path as errors show it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return re.escape(text.lstrip("."))


def write(path, content):
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else json.dumps(content).encode())


def broken_texts(valid):
    """(name, bytes) of files that are no JSON, made from the text of a valid one."""
    text = json.dumps(valid).encode()
    yield "empty", b""
    yield "white space", b" \n\t "
    yield "NULs", bytes(4096)
    yield "one byte short", text[:-1]
    yield "half", text[:len(text) // 2]
    yield "something behind", text + b"{}"
    yield "a NUL behind", text + b"\0"
    yield "a NUL and more behind", text + b"\0{}"
    yield "not UTF-8", text.replace(b'"', b'"\xff\xfe', 1)
    yield "a bare word", b"blok"
    yield "deep nesting", b"[" * 200_000
    yield "deep nesting, closed", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "UTF-16", b"\xff\xfe" + text.decode().encode("utf-16-le")
    yield "an RLP block", bytes.fromhex("f90260f901f9a0") + bytes(600)
    yield "random", random.Random(1).randbytes(5000)


def wrong_roots():
    for root in (None, True, 17, "text", [], [[]], {}, 1e300):
        yield json.dumps(root), root


def check_texts(command, folder, name, valid):
    """Files that are no JSON, or JSON of another shape, in place of folder/name."""
    path = os.path.join(folder, name)
    for what, content in broken_texts(valid):
        write(path, content)
        expect(f"{name}: {what}", command, re.escape(name))
    for what, root in wrong_roots():
        if root == {} and name in ("prestate.json", "test.json", "blocks.json"):
            continue  # an empty state, files without tests
        write(path, root)
        expect(f"{name}: {what}", command, re.escape(name))


def check_fields(command, folder, name, valid, changes):
    """Each change breaks one field, which the error must name."""
    path = os.path.join(folder, name)
    for where, value in changes:
        write(path, changed(valid, where, value))
        shown = "taken out" if value is ABSENT else json.dumps(value)[:40]
        expect(f"{name}: {'.'.join(map(str, where))} {shown}", command, re.escape(name), in_error(where))
    write(path, valid)


NOT_QUANTITIES = ["0xzz", "", "-1", "0x-1", " 0x1", "1e3", "0x" + "f" * 65, "9" * 90, -1, 1.5, True, [], {}]
NOT_HASHES = ["0x", "0x12", "0x" + "0" * 63, "0x" + "0" * 66, "0x" + "g" * 64, 5, [], {}, False]
NOT_BYTES = ["0x1", "0xgg", "xx", 7, [], {}]


def check_run(folder):
    block_path, state_path = os.path.join(folder, "block.json"), os.path.join(folder, "prestate.json")
    made = weft("workload", "transfers", "--txs", "3", "-o", folder)
    if made.returncode != 0:
        sys.exit(f"weft workload failed: {made.stderr.decode()}")
    with open(block_path) as file:
        block = json.load(file)
    with open(state_path) as file:
        state = json.load(file)
    command = ["run", "--repeat", "1", folder]
    expect("what is valid runs", command, status=0)

    check_texts(command, folder, "block.json", block)
    changes = [((key,), ABSENT) for key in ("number", "timestamp", "gasLimit", "transactions") if key in block]
    changes += [(("number",), bad) for bad in NOT_QUANTITIES + ["0x1" + "0" * 16, 2 ** 64, 10 ** 30]]
    changes += [(("gasLimit",), bad) for bad in NOT_QUANTITIES]
    changes += [((key,), bad) for key in ("parentHash", "receiptsRoot", "mixHash") for bad in NOT_HASHES if key in block]
    changes += [(("logsBloom",), bad) for bad in ("0x", "0x00", "0x" + "0" * 511, 3)]
    changes += [(("extraData",), bad) for bad in NOT_BYTES]
    changes += [(("miner",), bad) for bad in ("0x", "0x1234", ADDRESS + "00", ADDRESS[:-1] + "x", 1, {})]
    changes += [(("transactions",), bad) for bad in ("0x", 1, {}, True)]
    changes += [(("transactions", 1), bad) for bad in (5, "0x" + "11" * 32, [], True)]
    inner = ("transactions", 2)
    changes += [(inner + ("nonce",), bad) for bad in NOT_QUANTITIES]
    changes += [(inner + ("value",), bad) for bad in NOT_QUANTITIES]
    changes += [(inner + ("input",), bad) for bad in NOT_BYTES]
    changes += [(inner + ("to",), bad) for bad in ("0x12", 1, [])]
    changes += [(inner + ("type",), bad) for bad in ("0x5", "0x7f", "legacy", [])]
    changes += [(inner + (key,), ABSENT) for key in ("nonce", "gas", "value")]
    if block.get("withdrawals") is not None:
        changes += [(("withdrawals",), bad) for bad in (1, {}, "0x")]
    check_fields(command, folder, "block.json", block, changes)
    write(block_path, changed(block, ("withdrawals",), [{"index": "0x0", "validatorIndex": "0x0", "amount": "0x1"}]))
    expect("a withdrawal without address", command, "block.json", r"withdrawals\[0\]\.address")
    write(block_path, block)

    check_texts(command, folder, "prestate.json", state)
    someone = next(iter(state))
    changes = [((someone,), bad) for bad in (1, "0x", [], True)]
    changes += [((someone, "balance"), bad) for bad in NOT_QUANTITIES]
    changes += [((someone, "nonce"), bad) for bad in NOT_QUANTITIES + ["0x1" + "0" * 16]]
    changes += [((someone, "code"), bad) for bad in NOT_BYTES]
    changes += [((someone, "storage"), bad) for bad in (1, "0x", [], True)]
    check_fields(command, folder, "prestate.json", state, changes)
    for key in ("", "0x", "0x12", ADDRESS + "00", "nobody", "0x" + "g" * 40, "two\nlines", "\x1b[31m", "é"):
        write(state_path, {**state, key: {"balance": "0x1"}})
        expect(f"prestate.json: address {key!r}", command, "prestate.json")
    for key, value in (("0xzz", "0x1"), ("0x1", "0xzz"), ("0x" + "1" * 65, "0x1"), ("", ""), ("a\nb", "0x1")):
        write(state_path, changed(state, (someone, "storage"), {key: value}))
        expect(f"prestate.json: slot {key!r}: {value!r}", command, "prestate.json", "storage")
    write(state_path, state)

    check_raw(folder, block)
    hashes = os.path.join(folder, "block_hashes.json")
    for bad in ({"x": "0x" + "0" * 64}, {"1": "0x12"}, {"1": 5}, []):
        write(hashes, bad)
        expect(f"block_hashes.json: {bad}", command, r"block_hashes\.json")
    os.remove(hashes)
    check_files(folder, command, block, state)


def check_raw(folder, block):
    """--from raw: blocks whose transactions the network could not bring."""
    command = ["run", "--repeat", "1", "--from", "raw", folder]
    path = os.path.join(folder, "block.json")
    expect("--from raw: a transaction without signature", command, r"block\.json: transactions\[0\]: no signature")
    signed = copy.deepcopy(block)
    for tx in signed["transactions"]:
        tx["r"], tx["s"] = "0x1", "0x1"
    write(path, signed)
    expect("--from raw: someone else's signatures", command, status=1)
    write(path, changed(signed, ("transactions", 2, "s"), "0x0"))
    expect("--from raw: s is zero", command, status=1)
    write(path, changed(signed, ("transactions", 1, "r"), "0xzz"))
    expect("--from raw: no number", command, r"block\.json", in_error(("transactions", 1, "r")))
    authorization = {"chainId": "0x1", "address": ADDRESS, "nonce": "0x0", "yParity": "0x100", "r": "0x1", "s": "0x1"}
    set_code = {**signed["transactions"][1], "type": "0x4", "accessList": [], "authorizationList": [authorization]}
    write(path, changed(signed, ("transactions", 1), set_code))
    expect("--from raw: what no bytes say", command, r"block\.json: transactions\[1\]: authorizationList")
    write(path, b"[")
    expect("--from raw: no JSON", command, r"block\.json")
    write(path, block)
    expect("--from raw: a workload", ["run", "--from", "raw", "transfers"], "transfers", "signed")


def check_files(folder, command, block, state):
    """What isn't there, or can't be read."""
    global skipped
    block_path, state_path = os.path.join(folder, "block.json"), os.path.join(folder, "prestate.json")
    os.remove(state_path)
    expect("no prestate.json", command, r"prestate\.json")
    os.mkdir(state_path)
    expect("prestate.json is a folder", command, r"prestate\.json")
    os.rmdir(state_path)
    write(state_path, state)
    os.remove(block_path)
    expect("no block.json", command, re.escape(os.path.basename(folder)), r"block\.json")
    os.mkdir(block_path)
    expect("block.json is a folder", command, r"block\.json")
    os.rmdir(block_path)
    os.symlink("block.json", block_path)
    expect("block.json is a link to itself", command, r"block\.json")
    os.remove(block_path)
    write(block_path, block)
    if os.geteuid() == 0:
        skipped += 1
        print("skipped: root reads files that it has no permission for")
    else:
        os.chmod(block_path, 0)
        expect("block.json may not be read", command, r"block\.json")
        os.chmod(block_path, 0o644)
    expect("no such path", ["run", os.path.join(folder, "nowhere")], "nowhere")
    expect("a file for a folder", ["run", block_path], r"block\.json")


def check_genesis(folder):
    path = os.path.join(folder, "genesis.json")
    command = ["run", "--repeat", "1", "--txs", "3", "--chain", path, "transfers"]
    check_texts(command, folder, "genesis.json", GENESIS)
    changes = [(("config",), bad) for bad in (ABSENT, 1, [], "mainnet")]
    changes += [(("config", "chainId"), bad) for bad in ("x", [], -1, 2 ** 64)]
    changes += [(("config", "londonBlock"), bad) for bad in ("x", [], -1, 1.5, True)]
    changes += [(("config", "cancunTime"), bad) for bad in ("x", {}, -1)]
    changes += [(("config", "blobSchedule"), bad) for bad in (1, [], "x")]
    changes += [(("config", "blobSchedule", "cancun"), bad) for bad in (1, [], "x")]
    changes += [(("config", "blobSchedule", "atlantis"), {"target": 1, "max": 2, "baseFeeUpdateFraction": 3})]
    changes += [(("alloc",), bad) for bad in (1, [], "x")]
    changes += [(("alloc", ADDRESS, "balance"), bad) for bad in ("x", [], True)]
    changes += [(("gasLimit",), bad) for bad in ("x", [], True)]
    check_fields(command, folder, "genesis.json", GENESIS, changes)
    expect("no such genesis", ["run", "--chain", os.path.join(folder, "none.json"), "transfers"], r"none\.json")
    expect("an unknown chain", ["run", "--chain", "atlantis", "transfers"], "atlantis")


def check_state_tests(folder):
    path = os.path.join(folder, "test.json")
    command = ["statetest", path]
    write(path, STATE_TEST)
    expect("a state test with other hashes runs, and fails", command, "FAILED", status=1)
    check_texts(command, folder, "test.json", STATE_TEST)
    test = ("one",)
    changes = [(test, bad) for bad in (1, [], "x", True)]
    changes += [(test + (key,), bad) for key in ("env", "pre", "transaction", "post") for bad in (ABSENT, 1, "x", [])]
    changes += [(test + ("env", "currentGasLimit"), bad) for bad in (ABSENT, "x", [], -1)]
    changes += [(test + ("env", "currentCoinbase"), bad) for bad in (ABSENT, "0x12", 1)]
    changes += [(test + ("pre", ADDRESS, "balance"), bad) for bad in ("x", [], True)]
    changes += [(test + ("transaction", "sender"), bad) for bad in (ABSENT, "0x12", 1)]
    changes += [(test + ("transaction", key), bad) for key in ("data", "gasLimit", "value") for bad in (ABSENT, 1, {}, "x")]
    changes += [(test + ("post", "Shanghai"), bad) for bad in (1, {}, "x")]
    changes += [(test + ("post", "Shanghai", 0), bad) for bad in (1, [], "x")]
    changes += [(test + ("post", "Shanghai", 0, "hash"), bad) for bad in (ABSENT, "0x12", 1)]
    changes += [(test + ("post", "Shanghai", 0, "indexes"), bad) for bad in (ABSENT, 1, [])]
    changes += [(test + ("post", "Shanghai", 0, "indexes", "data"), bad) for bad in ("x", -1, [])]
    check_fields(command, folder, "test.json", STATE_TEST, changes)
    by_key = changed(STATE_TEST, test + ("transaction", "sender"), ABSENT)
    changes = [(test + ("transaction", "secretKey"), bad) for bad in NOT_HASHES + ["0x" + "0" * 64, "0x" + "f" * 64]]
    check_fields(command, folder, "test.json", by_key, changes)
    for key in ("data", "gas", "value"):
        for index in (1, 2 ** 63, 2 ** 64 - 1):
            write(path, changed(STATE_TEST, test + ("post", "Shanghai", 0, "indexes", key), index))
            expect(f"test.json: index {key} {index}", command, r"test\.json", "one", key)
    # EIP-155's example is a transaction, but another's.
    for encoded, part in (("0x1234", "type"), ("0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080"
                          "25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800"
                          "ccf555c9f3dc64214b297fb1966a3b6d83", "not signed by")):
        write(path, changed(STATE_TEST, test + ("post", "Shanghai", 0, "txbytes"), encoded))
        expect(f"test.json: txbytes {encoded[:6]}", command, r"test\.json", "one", "txbytes", part)
    write(path, changed(STATE_TEST, test + ("post",), {"Atlantis": STATE_TEST["one"]["post"]["Shanghai"]}))
    expect("an unknown fork", command, r"test\.json", "Atlantis")
    write(path, {"two\nlines": 1})
    expect("a test whose name has two lines", command, r"test\.json")
    for command_name in ("statetest", "blocktest"):
        write(path, {})
        expect(f"{command_name}: a file without tests", [command_name, path], r"test\.json", "no test")
    expect("no such test", ["statetest", os.path.join(folder, "none.json")], r"none\.json")
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    expect("a folder without tests", ["statetest", empty], "empty")
    expect("no regular expression", ["statetest", "--run", "(", path], "--run")
    blocks = os.path.join(folder, "blocks.json")
    check_texts(["blocktest", blocks], folder, "blocks.json", {"one": {"network": "Cancun", "pre": {}, "blocks": []}})


def check_command_line(folder):
    for arguments, part in (
            ([], ""), (["rum"], "rum"), (["run"], "path|PATH|input"), (["run", "--threads", "x", "transfers"], "threads"),
            (["run", "--threads", "-1", "transfers"], "threads"), (["run", "--repeat", "0", "transfers"], "repeat"),
            (["run", "--executor", "fast", "transfers"], "executor"), (["run", "--from", "json", "transfers"], "from"), (["run", "--no-such", "transfers"], "no-such"),
            (["run", "atlantis"], "atlantis"), (["run", ""], ""), (["run", "a\nb"], ""),
            (["run", "--conflict", "101", "transfers"], "conflict"), (["run", "--txs", "0", "transfers"], "txs"),
            (["run", "--txs", "99999999999999999999", "transfers"], "txs"),
            (["run", "--accounts", "0", "transfers"], "accounts"),
            (["workload"], "name|NAME"), (["workload", "atlantis", "-o", folder], "atlantis"),
            (["workload", "transfers"], "output"), (["workload", "transfers", "-o", "/dev/null/x"], "/dev/null"),
            (["statetest"], "path"), (["statetest", "--jobs", "0", "x"], "jobs")):
        expect(f"weft {' '.join(arguments)}", arguments, part)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, check in (("block", check_run), ("genesis", check_genesis), ("tests", check_state_tests),
                            ("words", check_command_line)):
            inner = os.path.join(folder, name)
            os.mkdir(inner)
            check(inner)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
