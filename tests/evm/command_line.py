#!/usr/bin/env python3
"""command_line.py EVM: the forms that other tools use `evm` in, and what it says to bad input.

Version and help, files and streams, signing, rejections in geth's words, exit statuses, traces against lines written
here. Prints `N passed, N failed, N skipped`.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from documents import ABSENT, changed  # noqa: E402

EVM = os.path.abspath(sys.argv[1])
KEY = "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"  # geth's test key
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
CHECKSUMMED = "0xa94f5374Fce5edBC8E2a8697C15331677e6EbF0B"
RECEIVER = "0x00000000000000000000000000000000000000bb"
COINBASE = "0x00000000000000000000000000000000000000cc"

ALLOC = {SENDER: {"balance": "0x5ffd4878be161d74", "nonce": "0x0"},
         RECEIVER: {"balance": "0x0", "code": "0x600160020160005560005450"}}
ENV = {"currentCoinbase": COINBASE, "currentGasLimit": "0x1000000", "currentNumber": "0x1", "currentTimestamp": "0x3e8",
       "currentDifficulty": "0x20000", "currentBaseFee": "0x0a", "blockHashes": {"0": "0x" + "11" * 32}}
TX = {"type": "0x0", "nonce": "0x0", "to": RECEIVER, "gas": "0xfde8", "gasPrice": "0x64", "value": "0x0", "input": "0x",
      "v": "0x0", "r": "0x0", "s": "0x0", "secretKey": KEY}

passed = failed = 0


def evm(*arguments, stdin=None, **more):
    return subprocess.run([EVM, *arguments], input=stdin, capture_output=True, text=True, timeout=60, **more)


def check(name, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {str(detail)[:800]}")


STREAMS = ("--input.alloc=stdin", "--input.env=stdin", "--input.txs=stdin", "--output.alloc=stdout",
           "--output.result=stdout", "--output.body=stdout")


def t8n(*arguments, alloc=None, env=None, txs=None, fork="London", **more):
    stdin = json.dumps({"alloc": ALLOC if alloc is None else alloc, "env": ENV if env is None else env,
                        "txs": [TX] if txs is None else txs} | more.pop("extra", {}))
    return evm("t8n", *STREAMS, f"--state.fork={fork}", *arguments, stdin=stdin, **more)


def tx(**fields):
    return TX | {key: value for key, value in fields.items()}


def check_words():
    run = evm("-v")
    check("-v", run.returncode == 0 and re.match(r"^evm(.exe)? version\b", run.stdout) and not run.stderr, run)
    check("--version", evm("--version").stdout == run.stdout)
    for words in (["--help"], ["help"], ["t8n", "--help"], ["transition", "-h"]):
        run = evm(*words)
        missing = [fork for fork in ("Frontier", "EIP150", "ConstantinopleFix", "Merge", "Paris", "Prague", "Osaka", "BPO2")
                   if fork not in run.stdout]
        check(" ".join(words), run.returncode == 0 and not missing, (run.returncode, missing))
    for words, part in (([], "subcommand"), (["nope"], "nope"), (["t8n", "--nope"], "nope"), (["run", "--gas", "x"], "gas"),
                        (["run", "0x6"], "length"), (["run", "0xzz"], "hex"), (["run", "--codefile", "/nowhere"], "nowhere"),
                        (["run", "--prestate", "/nowhere"], "nowhere"), (["run", "--sender", "0x12", "00"], "sender"),
                        (["statetest", "/nowhere"], "nowhere"), (["statetest", "--run", "(", "/nowhere"], "regex"),
                        (["statetest", "--trace", "--trace.format=yaml", "/nowhere"], "yaml"),
                        (["blocktest", "/nowhere"], "nowhere")):
        run = evm(*words, stdin="")
        lines = run.stderr.strip().split("\n")
        check(f"evm {' '.join(words)}", run.returncode == 1 and len(lines) == 1 and part in lines[0], run)


def check_forms(folder):
    """Files, streams and RLP give the same."""
    run = t8n("--trace", f"--output.basedir={folder}/streams", "--opcode.count", "opcodes.json")
    check("streams", run.returncode == 0, run)
    out = json.loads(run.stdout)
    result = out["result"]
    check("gas", result["gasUsed"] == hex(21000 + 3 + 3 + 3 + 3 + 22100 + 3 + 100 + 2), result["gasUsed"])
    check("storage", out["alloc"][RECEIVER]["storage"] == {"0x" + "00" * 32: "0x" + "00" * 31 + "03"}, out["alloc"])
    hash_ = result["receipts"][0]["transactionHash"]
    check("trace's name", os.path.exists(f"{folder}/streams/trace-0-{hash_}.jsonl"), os.listdir(f"{folder}/streams"))
    with open(f"{folder}/streams/opcodes.json") as file:
        counts = json.load(file)
    run = t8n(f"--output.basedir={folder}/undefined", "--opcode.count=counts", alloc=changed(ALLOC, (RECEIVER, "code"), "0x5f0c"))
    with open(f"{folder}/undefined/counts") as file:
        check("an undefined opcode's count", json.load(file) == {"PUSH0": 1}, run)  # undefined in London, too
    run = t8n(f"--output.basedir={folder}/undefined", "--opcode.count=counts", alloc=changed(ALLOC, (RECEIVER, "code"), "0x600c0c"))
    with open(f"{folder}/undefined/counts") as file:
        check("a nameless opcode's count", json.load(file) == {"PUSH1": 1, "0x0c": 1}, run)
    check("opcodes", counts == {"ADD": 1, "POP": 1, "PUSH1": 4, "SLOAD": 1, "SSTORE": 1, "STOP": 1}, counts)

    for name, content in (("alloc", ALLOC), ("env", ENV), ("txs", [TX])):
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump(content, file)
    with open(f"{folder}/body.rlp", "w") as file:
        json.dump(out["body"], file)
    for txs in ("txs.json", "body.rlp"):
        for executor in ("sequential", "optimistic", "auto"):
            run = evm("t8n", "--input.txs", txs, "-state.fork", "London", "--output.basedir", "made/here",
                      "--output.body=body.txt", "--weft.executor", executor, cwd=folder)
            check(f"files, {txs}, {executor}", run.returncode == 0 and not run.stdout and not run.stderr, run)
            for name, want in (("alloc.json", out["alloc"]), ("result.json", result), ("body.txt", out["body"])):
                with open(f"{folder}/made/here/{name}") as file:
                    check(f"{name} of {txs}, {executor}", json.load(file) == want)
    run = t8n(txs=[], extra={"txsRlp": out["body"]})
    check("txsRlp", json.loads(run.stdout) == out, run.stderr)
    rejected = json.loads(t8n(txs=[], extra={"txsRlp": "0xc3827ec0"}).stdout)["result"]["rejected"]
    check("a type that isn't known", rejected == [{"index": 0, "error": "transaction type not supported"}], rejected)
    run = t8n("--output.alloc=stderr", "--output.result=", "--output.body=stderr")
    check("stderr", json.loads(run.stderr) == {"alloc": out["alloc"], "body": out["body"]} and not run.stdout, run)


def check_rejections():
    """What a test filler matches against geth's words."""
    far = {"type": "0x2", "chainId": "0x1", "maxFeePerGas": "0x64", "maxPriorityFeePerGas": "0x0"}
    blob = far | {"type": "0x3", "maxFeePerBlobGas": "0x1", "blobVersionedHashes": ["0x01" + "00" * 31]}
    cancun = ENV | {"currentRandom": "0x0", "currentDifficulty": "0x0", "withdrawals": [], "currentExcessBlobGas": "0x0",
                    "parentBeaconBlockRoot": "0x" + "00" * 32}
    intrinsic = "intrinsic gas too low: have 20999, want 21000"
    run = t8n(txs=[tx(**far | {"chainId": "0x5"})])
    check("a key signs for no other chain", run.returncode == 10 and "chainId" in run.stderr and not run.stdout, run)
    run = t8n(fork="Homestead")
    check("before EIP-155 a signature for a chain is none", '"error": "invalid transaction v, r, s values"' in run.stdout, run)
    run = t8n(fork="london")
    check("a fork's name is exact", run.returncode == 3 and 'unsupported fork "london"' in run.stderr, run)
    for name, fields, fork, words in (
            ("nonce too low", {"nonce": "0x0"}, "London", f"nonce too low: address {CHECKSUMMED}, tx: 0 state: 1"),
            ("nonce too high", {"nonce": "0x5"}, "London", f"nonce too high: address {CHECKSUMMED}, tx: 5 state: 1"),
            ("intrinsic gas", {"gas": hex(20999)}, "London", intrinsic),
            ("gas limit", {"gas": "0x1000001"}, "London", "gas limit reached"),
            ("fee cap", {"gasPrice": "0x9"}, "London", "max fee per gas less than block base fee: address "
             f"{CHECKSUMMED}, maxFeePerGas: 9, baseFee: 10"),
            ("tip", far | {"maxPriorityFeePerGas": "0x65"}, "London", "max priority fee per gas higher than max fee per gas: "
             f"address {CHECKSUMMED}, maxPriorityFeePerGas: 101, maxFeePerGas: 100"),
            ("funds", {"value": "0x" + "f" * 62}, "London", "insufficient funds for gas * price + value: address "
             f"{CHECKSUMMED} have "),
            ("256 bits", {"gasPrice": "0x" + "f" * 64}, "London", "insufficient funds for gas * price + value: address "
             f"{CHECKSUMMED} required balance exceeds 256 bits"),
            ("type", far, "Berlin", "transaction type not supported"),
            ("chain", {"chainId": "0x2", "v": "0x27", "r": "0x1", "s": "0x1"}, "London", "invalid "),
            ("blobs before Cancun", blob, "London",
             "blob tx used but field env.ExcessBlobGas missing: transaction type not supported"),
            ("blob fee", blob | {"maxFeePerBlobGas": "0x0"}, "Cancun", "max fee per blob gas less than block blob gas fee: "
             f"address {CHECKSUMMED} blobGasFeeCap: 0, blobBaseFee: 1"),
            ("blob version", blob | {"blobVersionedHashes": ["0x02" + "00" * 31]}, "Cancun", "blob 0 has invalid hash version"),
            ("no blobs", blob | {"blobVersionedHashes": []}, "Cancun", "blob transaction missing blob hashes"),
            ("too many blobs", blob | {"blobVersionedHashes": ["0x01" + "00" * 31] * 7}, "Cancun",
             "blob gas (917504) would exceed maximum allowance 786432"),
            ("blob creation", blob | {"to": None}, "Cancun", "input string too short for common.Address, decoding into "
             "(types.BlobTx).To"),
            ("authorizations", far | {"type": "0x4", "authorizationList": []}, "Prague",
             f"EIP-7702 transaction with empty auth list (sender {CHECKSUMMED})"),
            ("floor", {"gas": hex(30000), "input": "0x" + "11" * 300}, "Prague",
             "insufficient gas for floor data gas cost: have 30000, want 33000"),
            ("gas cap", {"gas": hex(2 ** 24 + 1)}, "Osaka", "transaction gas limit too high (cap: 16777216, tx: 16777217)"),
            ("init code", {"to": None, "input": "0x" + "00" * 49153, "gas": "0x200000"}, "Shanghai",
             "max initcode size exceeded: code size 49153 limit 49152")):
        late = fork in ("Shanghai", "Cancun", "Prague", "Osaka")
        env = (cancun if late else ENV) | ({"currentGasLimit": "0x2000000"} if fork == "Osaka" else {})
        alloc = ALLOC if fork not in ("Prague", "Osaka") else ALLOC | SYSTEM_CONTRACTS
        run = t8n(txs=[TX, tx(**({"nonce": "0x1"} | fields))], fork=fork, env=env, alloc=alloc)
        rejected = json.loads(run.stdout)["result"].get("rejected") if run.returncode == 0 else run
        check(f"rejected: {name}", isinstance(rejected, list) and len(rejected) == 1 and rejected[0]["index"] == 1 and
              rejected[0]["error"].startswith(words), rejected)


# What ends a block from Prague on: contracts that answer with nothing.
SYSTEM_CONTRACTS = {address: {"balance": "0x0", "nonce": "0x1", "code": "0x00"}
                    for address in ("0x00000961ef480eb55e80d19ad83579a64c007002", "0x0000bbddc7ce488642fb579f8b00f3a590007251")}


def check_environment():
    """What the environment lacks, and what follows from the parent."""
    paris = changed(ENV, ("currentRandom",), "0x1") | {"currentDifficulty": "0x0"}
    for name, arguments, status, words in (
            ("base fee", {"env": changed(ENV, ("currentBaseFee",), ABSENT)}, 3, "missing 'parentBaseFee'"),
            ("difficulty", {"env": changed(ENV, ("currentDifficulty",), ABSENT)}, 3, "missing parentDifficulty"),
            ("random", {"fork": "Paris"}, 3, "post-merge requires currentRandom"),
            ("difficulty after the merge", {"fork": "Paris", "env": paris | {"currentDifficulty": "0x1"}}, 3, "must be zero"),
            ("withdrawals", {"fork": "Shanghai", "env": paris}, 3, "missing 'withdrawals'"),
            ("beacon root", {"fork": "Cancun", "env": paris | {"withdrawals": []}}, 3, "parentBeaconBlockRoot"),
            ("fork", {"fork": "Atlantis"}, 3, "Atlantis"), ("an EIP of later", {"fork": "Berlin+1153"}, 3, "1153"),
            ("no EIP", {"fork": "Berlin+x"}, 3, "invalid eip number x"),
            ("an EIP it has", {"fork": "London+1153+3855".split("+")[0] + "+2929+3529"}, 0, ""),
            ("block hash", {"alloc": changed(ALLOC, (RECEIVER, "code"), "0x60054050"), "env": ENV | {"currentNumber": "0x6"}},
             4, "getHash(5) invoked, blockhash for that block not provided"),
            ("no block hashes", {"alloc": changed(ALLOC, (RECEIVER, "code"), "0x600040"),
                                 "env": changed(ENV, ("blockHashes",), ABSENT)}, 4, "getHash(0) invoked, no blockhashes provided")):
        run = t8n(**arguments)
        words_hold = words in run.stderr and (status == 0 or run.stderr.startswith(f"ERROR({status}): "))
        check(f"environment: {name}", run.returncode == status and words_hold and run.stderr.count("\n") <= 1, run)
    parent = changed(changed(ENV, ("currentBaseFee",), ABSENT), ("currentDifficulty",), ABSENT) | {
        "parentBaseFee": "0x3e8", "parentGasUsed": "0x0", "parentGasLimit": "0x1000000", "parentDifficulty": "0x20000000",
        "parentTimestamp": "0x3e0"}
    result = json.loads(t8n(env=parent, txs=[]).stdout)["result"]
    check("base fee from the parent", result["currentBaseFee"] == hex(1000 - 125), result)
    check("difficulty from the parent", result["currentDifficulty"] == hex(0x20000000 + 0x20000000 // 2048), result)
    for reward, want in (("-1", None), ("0", None), ("1000", "0x3e8")):
        out = json.loads(t8n("--state.reward", reward, txs=[]).stdout)
        check(f"reward {reward}", out["alloc"].get(COINBASE, {}).get("balance") == want, out["alloc"])
    ommer = ENV | {"ommers": [{"delta": 1, "address": RECEIVER}]}
    out = json.loads(t8n("--state.reward=3200", env=ommer, txs=[]).stdout)
    check("ommers", (out["alloc"][COINBASE]["balance"], out["alloc"][RECEIVER]["balance"]) == (hex(3300), hex(2800)), out)
    withdrawn = paris | {"withdrawals": [{"index": "0x0", "validatorIndex": "0x0", "address": COINBASE, "amount": "0x2"}]}
    out = json.loads(t8n(env=withdrawn, txs=[], fork="Shanghai").stdout)
    check("withdrawals", out["alloc"][COINBASE]["balance"] == hex(2 * 10 ** 9), out["alloc"])
    out = json.loads(t8n(env=withdrawn, txs=[], fork="Paris").stdout)
    check("withdrawals before Shanghai", COINBASE not in out["alloc"] and "withdrawalsRoot" in out["result"], out)
    out = json.loads(t8n(env=ENV, fork="Berlin").stdout)
    check("a base fee before London", out["alloc"][COINBASE]["balance"] == hex(0x64 * int(out["result"]["gasUsed"], 16)), out)
    prague = withdrawn | {"parentBeaconBlockRoot": "0x" + "00" * 32, "currentExcessBlobGas": "0x0"}
    result = json.loads(t8n(env=prague, txs=[], fork="Prague").stdout)["result"]
    check("a missing system contract", "system call failed to execute: " in result.get("blockException", ""), result)
    # EIP-7928: an item of the access list for each 2,000 gas of the limit, so fifteen here, some of them the system calls'.
    system = {address: {"balance": "0x0", "nonce": "0x1", "code": "0x00"} for address in
              ("0x00000961ef480eb55e80d19ad83579a64c007002", "0x0000bbddc7ce488642fb579f8b00f3a590007251")}
    for count, want in ((10, None), (12, "block access list exceeds gas limit")):
        listed = prague | {"currentGasLimit": "0x7530", "withdrawals": [
            {"index": hex(i), "validatorIndex": "0x0", "address": f"0x{0xbeef00 + i:040x}", "amount": "0x1"} for i in range(count)]}
        result = json.loads(t8n(alloc=system, env=listed, txs=[], fork="Amsterdam").stdout)["result"]
        check(f"an access list of {count} accounts and more", result.get("blockException") == want, result)


def check_no_transactions(folder):
    """stdin without "txs" is an empty block, whoever reads stdin first; what is no object stays an error."""
    for name, value in (("alloc", ALLOC), ("env", ENV)):
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump(value, file)
    empty = t8n(txs=[])
    check("no txs", evm("t8n", *STREAMS, "--state.fork=London", stdin=json.dumps({"alloc": ALLOC, "env": ENV})).stdout ==
          empty.stdout and empty.returncode == 0, empty)
    files = (f"--input.alloc={folder}/alloc.json", f"--input.env={folder}/env.json", "--input.txs=stdin", *STREAMS[3:])
    check("no txs, only they from stdin", evm("t8n", *files, "--state.fork=London", stdin="{}").stdout == empty.stdout)
    run = evm("t8n", *files, "--state.fork=London", stdin="[]")
    check("txs from no object", run.returncode == 10 and "stdin" in run.stderr, run)


def check_bad_files(folder):
    """Whatever the text: one line, exit status 10 (text) or 11 (no file)."""
    text = json.dumps({"alloc": ALLOC, "env": ENV, "txs": [TX]})
    noise = random.Random(1)
    texts = ["", "  ", text[:-1], text[:len(text) // 2], text + "{}", text + "\0", "null", "17", "[]", '"x"', "[" * 100000, "\0" * 100,
             "".join(chr(noise.randrange(1, 127)) for _ in range(1000))]
    for i, bad in enumerate(texts):
        run = evm("t8n", *STREAMS, "--state.fork=London", stdin=bad)
        check(f"stdin {i}", run.returncode == 10 and run.stderr.count("\n") == 1 and "stdin" in run.stderr, run)
    document = json.loads(text)
    paths = [("alloc",), ("env",), ("txs",), ("env", "currentCoinbase"), ("env", "currentGasLimit"), ("env", "currentNumber"),
             ("env", "blockHashes"), ("alloc", SENDER), ("alloc", SENDER, "balance"), ("txs", 0), ("txs", 0, "nonce"),
             ("txs", 0, "gas"), ("txs", 0, "input"), ("txs", 0, "to"), ("txs", 0, "secretKey")]
    for path in paths:
        for bad in (True, "x", [1], {"a": 1}, -1):
            if path[0] == "alloc" and bad == {"a": 1}:
                bad = {"balance": []}  # an account's other fields don't matter
            run = evm("t8n", *STREAMS, "--state.fork=London", stdin=json.dumps(changed(document, path, bad)))
            check(f"{path}: {bad}", run.returncode == 10 and run.stderr.count("\n") == 1, run)
    for name in ("alloc", "env", "txs"):
        good = {key: f"{folder}/{key}.json" for key in ("alloc", "env", "txs")}
        with open(f"{folder}/bad.json", "w") as file:
            file.write("{")
        for bad, status in ((f"{folder}/bad.json", 10), (f"{folder}/none.json", 11), (folder, 11)):
            files = [f"--input.{key}={path}" for key, path in (good | {name: bad}).items()]
            run = evm("t8n", *files, "--output.basedir", folder, "--state.fork=London")
            check(f"{name}: {bad}", run.returncode == status and run.stderr.count("\n") == 1 and name in run.stderr, run)
    run = evm("t8n", *(f"--input.{key}={path}" for key, path in good.items()), "--output.basedir", folder,
              "--output.result=no/such/result.json", "--state.fork=London")
    check("an output that can't be written", run.returncode == 11 and "result.json" in run.stderr, run)
    for body, status in (("0xc1", 12), ("0x80", 12), ("0xc180", 0), ("zz", 10)):
        with open(f"{folder}/bad.rlp", "w") as file:
            json.dump(body, file)
        run = evm("t8n", f"--input.alloc={folder}/alloc.json", f"--input.env={folder}/env.json",
                  f"--input.txs={folder}/bad.rlp", "--output.basedir", folder, "--state.fork=London")
        check(f"body {body}", run.returncode == status, run)


# As geth 1.17.10 writes them.
LOG = """\
### LOGS
LOG1: 0000000000000000000000007265636569766572 bn=0 txi=0
00000000  0000000000000000000000000000000000000000000000000000000000000001
00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 2a  |...............*|

"""
STRUCT = """\
PUSH1           pc=00000000 gas=100 cost=3

PUSH1           pc=00000002 gas=97 cost=3
Stack:
00000000  0x2a

MSTORE          pc=00000004 gas=94 cost=6
Stack:
00000000  0x0
00000001  0x2a

ADD             pc=00000005 gas=88 cost=3 ERROR: stack underflow (0 <=> 2)
Memory:
00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 2a  |...............*|

"""
SLOT = """\
PUSH1           pc=00000000 gas=1048576 cost=3

SLOAD           pc=00000002 gas=1048573 cost=2100
Storage:
0000000000000000000000000000000000000000000000000000000000000001: 0000000000000000000000000000000000000000000000000000000000000000

STOP            pc=00000003 gas=1046473 cost=0

"""
MARKDOWN = """\
Pre-execution info:
  - from: `0x000000000000000000000000000073656E646572`
  - to: `0x0000000000000000000000007265636569766572`
  - data: ``
  - gas: `100`
  - value: `0` wei

|  Pc   |      Op     | Cost |   Refund  |   Stack   |
|-------|-------------|------|-----------|-----------|
|    0  |      PUSH1  |    3 |         0 |        [] |
|    2  |      PUSH1  |    3 |         0 |     [0x1] |
|    4  |       JUMP  |    8 |         0 |[0x1,0xff] |

Error: at pc=4, op=86: invalid jump destination

Post-execution info:
  - output: ``
  - consumed gas: `100`
  - error: `invalid jump destination`
"""
TRACE = """\
{"pc":0,"op":96,"gas":"0x64","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":2,"op":96,"gas":"0x61","gasCost":"0x3","memSize":0,"stack":["0x2a"],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":4,"op":82,"gas":"0x5e","gasCost":"0x6","memSize":0,"stack":["0x2a","0x0"],"depth":1,"refund":0,"opName":"MSTORE"}
{"pc":5,"op":96,"gas":"0x58","gasCost":"0x3","memSize":32,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":7,"op":96,"gas":"0x55","gasCost":"0x3","memSize":32,"stack":["0x20"],"depth":1,"refund":0,"opName":"PUSH1"}
{"pc":9,"op":243,"gas":"0x52","gasCost":"0x0","memSize":32,"stack":["0x20","0x0"],"depth":1,"refund":0,"opName":"RETURN"}
{"output":"%s","gasUsed":"0x12"}
""" % ("00" * 31 + "2a")


def check_run(folder):
    code = "602a60005260206000f3"
    word = "0x" + "00" * 31 + "2a"
    check("run", evm("run", code).stdout == word + "\n", evm("run", code))
    check("run --codefile -", evm("run", "--codefile", "-", stdin=code + "\n").stdout == word + "\n")
    run = evm("run", "--json", "--gas", "100", code)
    check("run --json", run.stderr == TRACE and not run.stdout, run.stderr)
    run = evm("run", "--trace", "--trace.nostack", "--trace.nomemory=false", "--gas", "100", code)
    check("run --trace without stack, with memory", '"memory":"%s"' % word in run.stderr and '"stack":null' in run.stderr, run)
    run = evm("run", "--trace", "--trace.format", "struct", "--trace.nomemory=false", "--gas", "100", "602a60005201")
    check("run --trace.format struct", run.stderr == STRUCT and not run.stdout, run.stderr)
    run = evm("run", "--debug", "--trace.nostack", "--gas", "1048576", "60015400")
    check("run --debug", run.stderr == SLOT, run.stderr)
    check("no storage", "Storage" not in evm("run", "--debug", "--trace.nostorage", "60015400").stderr)
    run = evm("run", "--debug", "602a600052600160206000a1")
    check("run --debug: logs", run.stderr.endswith(LOG), run.stderr)
    run = evm("run", "--trace", "--trace.format", "md", "--gas", "100", "600160ff56")
    check("run --trace.format md", run.stderr == MARKDOWN and not run.stdout, run.stderr)
    check("run --input", evm("run", "--input", "aabb", "366000600037366000f3").stdout == "0xaabb\n")
    check("run --sender", evm("run", "--sender", SENDER, "3360005260206000f3").stdout.strip().endswith(SENDER[2:]))
    check("run --create", evm("run", "--create", "--dump", "6001600c60003960016000f300").stdout.count('"code"') == 1)
    run = evm("run", "fe")
    check("run of INVALID", run.returncode == 0 and run.stdout == "\n error: invalid opcode: INVALID\n", run)
    for words, said in (("0c", "\n error: invalid opcode: opcode 0xc not defined"), ("01", "\n error: stack underflow (0 <=> 2)"),
                        ("602a60005260206000fd", word + "\n error: execution reverted"), ("--create 60ff60005360016000f3", "0xff"),
                        ("--create 602a60005260206000fd", word + "\n error: execution reverted"), ("--value 5 00", "")):
        run = evm("run", *words.split())
        check(f"run {words}", run.returncode == 0 and run.stdout.startswith(said), run)
    check("run --value without funds", "insufficient balance" in evm("run", "--value", "1", code).stdout)
    for words in ((code,), ("--create", code)):
        run = evm("run", "--trace", "--value", "1", *words)
        check("run --trace --value without funds",
              run.stderr == '{"output":"","gasUsed":"0x0","error":"insufficient balance for transfer"}\n', run)
    with open("/dev/full", "w") as full:
        run = subprocess.run([EVM, "run", "--trace", code], stdout=subprocess.DEVNULL, stderr=full)
    check("a trace to a full disk", run.returncode == 1, run)
    check("run --gas 0: as much as there can be", evm("run", "--gas", "0", code).stdout == word + "\n")
    genesis = {"config": {"chainId": 1, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0,
                          "byzantiumBlock": 0}, "gasLimit": "0x100000", "difficulty": "0x1", "timestamp": "0x7",
               "alloc": {SENDER[2:]: {"balance": "0x10"}, RECEIVER[2:]: {"balance": "0x1", "code": "0x4260005260206000f3"}}}
    with open(f"{folder}/genesis.json", "w") as file:
        json.dump(genesis, file)
    run = evm("run", "--prestate", f"{folder}/genesis.json", "--sender", SENDER, "--receiver", RECEIVER, "--value", "0x3",
              "--dump")
    dump, output = run.stdout.rsplit("}\n", 1)
    accounts = {k.lower(): v for k, v in json.loads(dump + "}")["accounts"].items()}
    check("run --prestate", int(output, 16) == 7 and accounts[RECEIVER]["balance"] == "4", run)
    check("EIP-1014's revisions", "invalid opcode" in evm("run", "--prestate", f"{folder}/genesis.json", "5f").stdout)
    later = {f"{name}Block": 0 for name in ("constantinople", "petersburg", "istanbul", "berlin", "london")}
    with open(f"{folder}/london.json", "w") as file:
        json.dump(genesis | {"config": genesis["config"] | later, "difficulty": "0x5"}, file)
    run = evm("run", "--prestate", f"{folder}/london.json", "4460005260206000f3")
    check("a random value, zero, from London on", int(run.stdout, 16) == 0, run)
    run = evm("run", "--statdump", code)
    check("run --statdump", "EVM gas used:    18\n" in run.stderr, run)


# What t8n signs in check_builder, and geth 1.17.10 makes of it.
LATER = {"type": "0x2", "nonce": "0x1", "chainId": "0x1", "maxFeePerGas": "0x64", "maxPriorityFeePerGas": "0x1", "to": None}
FIRST, SECOND = ("0xc22450c563b8a8e9e3efee318abbb7e8c6ec4461ac5ac9b9943f9d80ac5b5625",
                 "0x30edd16623f1408ed90d76c4b141ddae1fa1e44077926e9f96661321599fd1f7")
VALID = {"address": SENDER, "hash": FIRST, "intrinsicGas": "0x5208"}
UNKNOWN = {"error": "transaction type not supported", "hash": SECOND}
VERDICTS = {"London": [VALID, {"address": SENDER, "hash": SECOND, "intrinsicGas": "0xcf08"}], "Berlin": [VALID, UNKNOWN],
            "Homestead": [{"error": "invalid transaction v, r, s values", "hash": FIRST}, UNKNOWN]}
HASHES = {"plain": "0x04ffd8fff621aa143abad58fb56784cd571b26f2b4171bc004ec215a84107345",
          "without transactions": "0x04ffd8fff621aa143abad58fb56784cd571b26f2b4171bc004ec215a84107345",
          "ommer and withdrawal": "0x59cc43afd3c58b33c1588b33e4dbedbf906d2c0135601cfa1690449d07a3c78c",
          "clique": "0x491868f7ab8f102bfdf90fef236e65413533d366af666c6a6608541a0d0bb21e",
          "no base fee, but withdrawals": "0x2fc0bf3123d8ddb6eec47368b87e4e797dc5b82f1ff5ee54cca0b6b4d9c0c115"}


def check_transactions(body):
    """evm t9n: what each transaction is under a fork."""
    for fork, want in VERDICTS.items():
        run = evm("t9n", "--input.txs=stdin", f"--state.fork={fork}", stdin=json.dumps({"txsRlp": body}))
        check(f"t9n in {fork}", run.returncode == 0 and json.loads(run.stdout) == want, run)
    for items, want in (("c3010203", ["typed transaction too short"] * 3), ("c3820005", ["transaction type not supported"]),
                        ("c3820205", ["rlp: expected input list for types.DynamicFeeTx"]), ("c0", [])):
        run = evm("t9n", "--input.txs=stdin", "--state.fork=London", stdin=json.dumps({"txsRlp": "0x" + items}))
        check(f"t9n of {items}", run.returncode == 0 and [one["error"] for one in json.loads(run.stdout) or []] == want, run)
    for words, stdin, status, part in (
            (["--input.txs=txs.json"], "", 11, "only rlp supported"), (["--input.txs=/nowhere.rlp"], "", 11, "nowhere"),
            (["--input.txs=stdin"], "{", 10, "stdin"), (["--input.txs=stdin"], "{}", 10, "txsRlp"),
            (["--input.txs=stdin"], '{"txsRlp": "0xc301"}', 11, "rlp"), (["--input.txs=stdin"], '{"txsRlp": 7}', 10, "txs"),
            (["--input.txs=stdin", "--state.fork=Atlantis"], "{}", 3, "Atlantis")):
        run = evm("t9n", *words, stdin=stdin)
        check(f"t9n {words} {stdin}", run.returncode == status and run.stderr.startswith(f"ERROR({status}): ") and
              part in run.stderr and run.stderr.count("\n") == 1 and not run.stdout, run)


def check_builder(folder):
    """evm b11r: a block of what t8n gave."""
    run = t8n(txs=[TX, tx(**LATER), tx(nonce="0x2", gas="0x5207")])
    body = json.loads(run.stdout)["body"]
    check_transactions(body)
    header = {"stateRoot": "0x" + "22" * 32, "number": "0x1", "gasLimit": "0x1000000", "timestamp": "0x3e8",
              "baseFeePerGas": "0xa", "difficulty": "0x20000", "extraData": "0xaabb", "miner": COINBASE}
    unsealed = {key: value for key, value in header.items() if key not in ("extraData", "miner")}
    seal = {"secretKey": KEY, "voted": COINBASE, "authorize": True, "vanity": "0x" + "44" * 32}

    def b11r(*words, output="--output.block=stdout", **given):
        return evm("b11r", "--input.header=stdin", "--input.txs=stdin", output, *words,
                   stdin=json.dumps({"header": header, "txs": body} | given), cwd=folder)
    plain = json.loads(b11r().stdout)
    withdrawal = {"index": "0x1", "validatorIndex": "0x2", "address": COINBASE, "amount": "0x3"}
    for name, words, given in (
            ("plain", [], {}), ("without transactions", [], {"txs": "0xc0"}),
            ("ommer and withdrawal", ["--input.ommers=stdin", "--input.withdrawals=stdin"],
             {"header": header | {"withdrawalsRoot": "0x" + "33" * 32}, "ommers": [plain["rlp"]], "withdrawals": [withdrawal]}),
            ("clique", ["--seal.clique=stdin"], {"header": unsealed, "clique": seal}),
            ("no base fee, but withdrawals", [], {"header": {key: value for key, value in header.items() if key != "baseFeePerGas"} |
                                                  {"withdrawalsRoot": "0x" + "33" * 32}})):
        run = b11r(*words, **given)
        check(f"b11r: {name}", run.returncode == 0 and json.loads(run.stdout)["hash"] == HASHES[name], run)
    run = b11r(output="--output.block=made.json")
    with open(f"{folder}/made.json") as file:
        check("b11r to a file", run.returncode == 0 and not run.stdout and json.load(file) == plain, run)
    for name, words, given, status, part in (
            ("seal over extra data", ["--seal.clique=stdin"], {"clique": seal}, 3, "overwrite provided extra data"),
            ("no key", ["--seal.clique=stdin"], {"header": unsealed, "clique": {}}, 10, "secretKey"),
            ("no root", [], {"header": {"number": 1}}, 10, "header.stateRoot"), ("no body", [], {"txs": "0xc1"}, 12, "transaction"),
            ("no ommer", ["--input.ommers=stdin"], {"ommers": ["0xc0"]}, 12, "ommer"),
            ("a gap", [], {"header": header | {"requestsHash": "0x" + "00" * 32}}, 10, "parentBeaconBlockRoot"),
            ("a later field", [], {"header": header | {"slotNumber": "0x1"}}, 10, "slotNumber"),
            ("no file", ["--input.ommers=nowhere"], {}, 11, "nowhere")):
        run = b11r(*words, **given)
        check(f"b11r: {name}", run.returncode == status and run.stderr.startswith(f"ERROR({status}): ") and part in run.stderr and
              run.stderr.count("\n") == 1 and not run.stdout, run)


def check_state_tests(folder):
    """The verdicts' form, and the stateRoot line after each."""
    alloc = {SENDER: ALLOC[SENDER] | {"code": "0x", "storage": {}}, RECEIVER: ALLOC[RECEIVER] | {"nonce": "0x0", "storage": {}}}
    test = {"one": {"env": {k: v for k, v in ENV.items() if k != "blockHashes"} | {"currentRandom": "0x" + "00" * 32}, "pre": alloc,
                    "transaction": {"sender": SENDER, "to": RECEIVER, "nonce": "0x0", "gasPrice": "0x64", "data": ["0x"],
                                    "gasLimit": ["0xfde8", "0x1"], "value": ["0x0"]},
                    "post": {"London": [
                        {"hash": "0x" + "11" * 32, "logs": "0x" + "22" * 32, "indexes": {"data": 0, "gas": 0, "value": 0}},
                        {"hash": "0x" + "00" * 32, "logs": "0x" + "22" * 32, "indexes": {"data": 0, "gas": 1, "value": 0},
                         "expectException": "TransactionException.INTRINSIC_GAS_TOO_LOW"}]}}}
    path = f"{folder}/state.json"
    with open(path, "w") as file:
        json.dump(test, file)
    run = evm("statetest", path)
    verdicts = json.loads(run.stdout)
    roots = re.findall(r'^\{"stateRoot": "(0x[0-9a-f]{64})"\}$', run.stderr, re.MULTILINE)
    check("verdicts", [v["pass"] for v in verdicts] == [False, True] and verdicts[0]["fork"] == "London" and
          verdicts[0]["error"].startswith("post state root mismatch: got ") and run.returncode == 0, run)
    check("state roots", roots == [v["stateRoot"] for v in verdicts] and len(roots) == 2, run.stderr)
    traced = evm("statetest", "--json", "--statetest.index", "0", path)
    lines = traced.stderr.strip().split("\n")
    check("trace", len(lines) == 11 and '"opName":"SSTORE"' in lines[4] and lines[-2].startswith('{"output":"","gasUsed":"0x') and
          lines[-1] == '{"stateRoot": "%s"}' % roots[0], traced.stderr)
    check("stdin", json.loads(evm("statetest", stdin=path + "\n").stdout) == verdicts)
    with open(f"{folder}/unexpected.json", "w") as file:
        json.dump(changed(test, ("one", "post", "London", 1, "expectException"), ""), file)
    said = json.loads(evm("statetest", "--statetest.index=1", f"{folder}/unexpected.json").stdout)[0].get("error")
    check("an unexpected refusal in geth's words", said == "unexpected error: intrinsic gas too low: have 1, want 21000", said)
    check("--statetest.fork", json.loads(evm("statetest", "--statetest.fork=Berlin", path).stdout) == [])
    check("--run", json.loads(evm("statetest", "--run", "two", path).stdout) == [])
    check_names(folder, test["one"])
    for name, fields in (("a sender named by its key", {"sender": None, "secretKey": KEY}),
                         ("no tip: all of the fee", {"gasPrice": None, "maxFeePerGas": "0x64"}),
                         ("from London on a cap, not the price beside it", {"gasPrice": "0x1", "maxFeePerGas": "0x64"})):
        with open(f"{folder}/same.json", "w") as file:
            json.dump({"one": test["one"] | {"transaction": test["one"]["transaction"] | fields}}, file)
        check(name, json.loads(evm("statetest", f"{folder}/same.json").stdout) == verdicts)
    dump = json.loads(evm("statetest", "--dump", "--statetest.index=0", path).stdout)[0]["state"]
    check("--dump", dump["root"] == roots[0][2:] and CHECKSUMMED in dump["accounts"], dump)
    check("--human", "1 tests passed, 1 tests failed." in evm("statetest", "--human", path).stdout)
    with open(f"{folder}/broken.json", "w") as file:
        file.write('{"one": {}}')
    for command in ("statetest", "blocktest"):
        run = evm(command, f"{folder}/broken.json")
        check(f"{command} of a broken file", run.returncode == 1 and "broken.json" in run.stderr and not run.stdout, run)
    blocks = ".data/ethereum-tests/BlockchainTests/ValidBlocks/bcExample/basefeeExample.json"
    if os.path.exists(blocks):
        run = evm("blocktest", blocks)
        verdicts = json.loads(run.stdout)
        check("blocktest", verdicts and all(v["pass"] and v["stateRoot"] for v in verdicts), run)
        check_blocks(blocks, verdicts)
        check_networks(folder, blocks)
    else:
        print(f"skipped: {blocks} is not there")


def check_blocks(path, verdicts):
    """What else `evm blocktest` shows of a chain of London whose one block has transactions."""
    traced = evm("blocktest", "--trace", path)
    lines = [json.loads(line) for line in traced.stderr.splitlines()]
    check("blocktest --trace", traced.stdout == evm("blocktest", path).stdout and any("opName" in line for line in lines) and
          lines[-1].keys() == {"output", "gasUsed"}, traced.stderr[:300])
    check("blocktest --json", evm("blocktest", "--json", path).stderr == traced.stderr)
    check("blocktest without a trace", evm("blocktest", path).stderr == "")
    dumped = json.loads(evm("blocktest", "--dump", path).stdout)
    check("blocktest --dump", all(v["state"]["root"] == v["stateRoot"][2:] and v["state"]["accounts"] for v in dumped), dumped)
    check("blocktest --fuzz", evm("blocktest", "--fuzz", path).stdout.count('"name"') == 2 * len(verdicts))
    check("blocktest --xc", json.loads(evm("blocktest", "--xc", path).stdout) == verdicts)


def check_networks(folder, path):
    """A fork that isn't known is that test's failure; EEST will name the fork in "config" alone."""
    with open(path) as file:
        test = next(iter(json.load(file).values()))
    in_config = {key: value for key, value in test.items() if key != "network"} | {"config": {"network": test["network"]}}
    refused = test | {"lastblockhash": test["genesisBlockHeader"]["hash"], "postState": test["pre"],
                      "blocks": [{"rlp": "0xc0", "expectException": "BlockException.INVALID_STATE_ROOT"}]}  # for another reason
    with open(f"{folder}/networks.json", "w") as file:
        json.dump({"a": test | {"network": "Atlantis"}, "b": in_config, "c": refused}, file)
    verdicts = json.loads(evm("blocktest", f"{folder}/networks.json").stdout)
    check("networks", [(v["name"], v["pass"], v["fork"], v.get("error")) for v in verdicts] ==
          [("a", False, "Atlantis", 'unsupported fork "Atlantis"'), ("b", True, test["network"], None),
           ("c", True, test["network"], None)], verdicts)


def check_names(folder, test):
    """Names as EEST's show short, and one may be of any length: std::regex would take the stack for it."""
    names = {"tests/london/eip9/test_a.py::test_b[fork_London-state_test-c-d]": "eip9 test_b, param=c-d", "x" * 1_000_000: None}
    path = f"{folder}/names.json"
    with open(path, "w") as file:
        json.dump({name: test for name in names}, file)
    shown = evm("statetest", "--human", path)
    check("short names", shown.returncode == 0 and all(short is None or f"] {short}, err" in shown.stdout for short in names.values()),
          shown.stdout[:300])
    check("a long name and --run", len(json.loads(evm("statetest", "--run", "x(x|y)*z?", path).stdout)) == 2)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_words()
        check_forms(folder)
        check_rejections()
        check_environment()
        check_no_transactions(folder)
        check_bad_files(folder)
        check_run(folder)
        check_builder(folder)
        check_state_tests(folder)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
