#!/usr/bin/env python3
"""faults.py WEFT [--sanitized]: the program on a machine that fails it.

A full disk, closed streams, no memory, no threads, inputs that can't be read, an end in the middle: one line that says
what, an exit status that is not 0, never a crash, never a file that is half of what it should be. Prints
`N passed, N failed, N skipped`.
"""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

WEFT = os.path.abspath(sys.argv[1])
EVM = os.path.join(os.path.dirname(WEFT), "evm")
SANITIZED = "--sanitized" in sys.argv  # reserves more address space than any limit here leaves

passed = failed = skipped = 0


def check(name, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {str(detail)[:800]}")


def limit(what, most):
    return lambda: resource.setrlimit(what, (most, most))


def run(program, *arguments, **more):
    return subprocess.run([program, *arguments], stderr=subprocess.PIPE, timeout=120, text=True, **more)


def is_one_line(result, status, *parts):
    """`status`, and one line on stderr that holds every part."""
    lines = result.stderr.strip().split("\n")
    return result.returncode == status and len(lines) == 1 and all(part in lines[0] for part in parts)


TEST = {"one": {
    "env": {"currentCoinbase": "0x" + "0" * 39 + "c", "currentGasLimit": "0x1000000", "currentNumber": "0x1",
            "currentTimestamp": "0x3e8", "currentDifficulty": "0x20000", "currentRandom": "0x" + "00" * 32,
            "currentBaseFee": "0x0a"},
    "pre": {"0x" + "0" * 39 + "a": {"balance": "0xde0b6b3a7640000", "nonce": "0x00", "code": "0x", "storage": {}}},
    "transaction": {"sender": "0x" + "0" * 39 + "a", "to": "0x" + "0" * 39 + "b", "nonce": "0x00", "gasPrice": "0x0a",
                    "data": ["0x"], "gasLimit": ["0x5208"], "value": ["0x01"]},
    "post": {"Shanghai": [{"hash": "0x" + "11" * 32, "logs": "0x" + "22" * 32,
                           "indexes": {"data": 0, "gas": 0, "value": 0}}]}}}


def write_inputs(folder):
    """Commands of every kind that print to stdout, by name: (program, exit status of a failure, arguments)."""
    for name, content in (("test.json", TEST), ("alloc.json", TEST["one"]["pre"]), ("env.json", TEST["one"]["env"]),
                          ("txs.json", [])):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(content, file)
    inputs = [f"--input.{kind}={folder}/{kind}.json" for kind in ("alloc", "env", "txs")]
    return {
        "run": (WEFT, 2, ["run", "--repeat", "1", "--txs", "3", "transfers"]),
        "run --json": (WEFT, 2, ["run", "--json", "--repeat", "1", "--txs", "3", "transfers"]),
        "help": (WEFT, 2, ["--help"]),
        "evm run": (EVM, 1, ["run", "00"]),
        "evm run --dump": (EVM, 1, ["run", "--dump", "00"]),
        "evm -v": (EVM, 1, ["-v"]),
        "evm t8n": (EVM, 11, ["t8n", *inputs, "--state.fork=London", "--output.alloc=stdout", "--output.result="]),
    }


def check_streams(commands, folder):
    """What can't be printed is a failure, and said."""
    for name, (program, status, arguments) in commands.items():
        with open("/dev/full", "w") as full:
            result = run(program, *arguments, stdout=full)
        check(f"{name} to a full disk", is_one_line(result, status, "written" if status != 11 else "writing output"), result)
        result = run("/bin/sh", "-c", '"$0" "$@" >&-', program, *arguments)
        check(f"{name} to a closed stream", is_one_line(result, status), result)
        result = run("/bin/sh", "-c", '"$0" "$@" 2>&-', program, *arguments, stdout=subprocess.DEVNULL)
        check(f"{name} without stderr", result.returncode == 0, result)
        with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            child.stdout.close()
            errors = child.stderr.read()
            child.wait(60)
        check(f"{name} to nobody", child.returncode in (0, -signal.SIGPIPE) and not errors, (child.returncode, errors))
    for program, command in ((WEFT, "statetest"), (EVM, "statetest")):
        with open("/dev/full", "w") as full:
            result = run(program, command, f"{folder}/test.json", stdout=full)
        check(f"{os.path.basename(program)} {command} to a full disk", result.returncode in (1, 2), result)


def check_files(commands, folder):
    """Output files that can't be written, and names that are no places for files."""
    program, status, arguments = commands["evm t8n"]
    for place, part in (("/dev/full", "No space left on device"), (f"{folder}/none/alloc.json", "No such file or directory"),
                        (folder, "Is a directory"), (f"{folder}/env.json/alloc.json", "Not a directory")):
        result = run(program, *arguments[:-2], f"--output.alloc={place}", "--output.result=", stdout=subprocess.PIPE)
        check(f"t8n to {place}", is_one_line(result, status, place, part) and not result.stdout, result)
    for place in ("/dev/full", "/dev/null/made", f"{folder}/env.json"):
        result = run(WEFT, "workload", "transfers", "--txs", "3", "-o", place, stdout=subprocess.PIPE)
        check(f"a workload to {place}", is_one_line(result, 2, place) and not result.stdout, result)
    with open(f"{folder}/linked.json", "w") as file:
        file.write("before")
    os.symlink(f"{folder}/linked.json", f"{folder}/link.json")
    result = run(program, *arguments[:-2], f"--output.alloc={folder}/link.json", "--output.result=", stdout=subprocess.PIPE)
    with open(f"{folder}/linked.json") as file:
        check("t8n to a link", result.returncode == 0 and json.load(file) and os.path.islink(f"{folder}/link.json"), result)
    # A limit on a file's size stands for the disk that fills up: what was there before stays.
    os.mkdir(f"{folder}/kept")
    with open(f"{folder}/kept/prestate.json", "w") as file:
        file.write("{}")

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    result = run(WEFT, "workload", "transfers", "--txs", "30", "--accounts", "5000", "-o", f"{folder}/kept",
                 stdout=subprocess.PIPE, preexec_fn=small_files)
    with open(f"{folder}/kept/prestate.json") as file:
        check("a workload beyond the disk's end", is_one_line(result, 2, "prestate.json", "File too large") and
              file.read() == "{}" and sorted(os.listdir(f"{folder}/kept")) == ["block.json", "prestate.json"],
              (result, os.listdir(f"{folder}/kept")))


def check_killed(folder):
    """Whenever the program is killed, files with their names are whole."""
    place = f"{folder}/killed"
    ended = 0
    for attempt in range(12):
        child = subprocess.Popen([WEFT, "workload", "transfers", "--txs", "2000", "--accounts", "20000", "-o", place],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.02 * attempt)
        ended += child.poll() is not None
        child.kill()
        child.wait(60)
        for name in ("block.json", "prestate.json"):
            try:
                with open(f"{place}/{name}") as file:
                    json.load(file)
            except FileNotFoundError:
                pass
            except ValueError as error:
                check(f"killed after {20 * attempt} ms: {name}", False, error)
                return
    check("killed at twelve moments", True)
    check("some were killed before they ended", ended < 12, ended)


def check_memory(folder):
    """Too little address space: one line, at every size, and no crash."""
    global skipped
    if SANITIZED:
        skipped += 1
        print("skipped: memory limits: the sanitiser reserves more address space than they leave")
        return
    for size in (64, 128, 256, 512, 1024, 1536, 2048, 3072):
        for name, program, arguments in (
                ("run", WEFT, ["run", "--repeat", "1", "--txs", "2000", "--threads", "2", "transfers"]),
                ("statetest", WEFT, ["statetest", f"{folder}/test.json"]),
                ("evm statetest", EVM, ["statetest", f"{folder}/test.json"]),
                ("evm run", EVM, ["run", "00"])):
            result = run(program, *arguments, stdout=subprocess.PIPE, preexec_fn=limit(resource.RLIMIT_AS, size << 20))
            is_refused = "memory" in result.stderr and result.returncode in (1, 2) and result.stderr.count("\n") == 1
            is_done = result.returncode in (0, 1) and result.stdout and "memory" not in result.stderr
            check(f"{name} in {size} MiB", is_refused or is_done, result)


def check_threads(folder):
    """More threads than the system gives, or than make sense."""
    for count in ("0", "1025", "4294967296", "-1", "1e3", ""):
        result = run(WEFT, "run", "--threads", count, "--txs", "3", "transfers", stdout=subprocess.PIPE)
        check(f"--threads {count!r}", is_one_line(result, 2, "--threads"), result)
    result = run(WEFT, "run", "--repeat", "1", "--threads", "64", "--txs", "300", "transfers", stdout=subprocess.PIPE)
    check("64 threads", result.returncode == 0 and " ok" in result.stdout, result)
    if os.geteuid() != 0:  # root has no such limit
        result = run(WEFT, "run", "--repeat", "1", "--threads", "64", "--txs", "300", "transfers", stdout=subprocess.PIPE,
                     preexec_fn=limit(resource.RLIMIT_NPROC, 1))
        check("no thread but one", result.returncode == 0 and " ok" in result.stdout, result)
    for name in ("test.json", "again.json"):
        with open(f"{folder}/many/{name}", "w") as file:
            json.dump(TEST, file)
    result = run(WEFT, "statetest", "--jobs", "1024", f"{folder}/many", stdout=subprocess.PIPE)
    check("1024 jobs for two files", result.returncode == 1 and "0 passed, 2 failed" in result.stderr, result)


def check_numbers():
    """Counts that no machine could hold are refused before anything is made."""
    for option in ("--txs", "--repeat", "--accounts"):
        for count in ("0", "4294967295", "99999999999999999999", "-1"):
            result = run(WEFT, "run", option, count, "transfers", stdout=subprocess.PIPE)
            check(f"{option} {count}", is_one_line(result, 2, option.strip("-")) and not result.stdout, result)


def check_unreadable(folder):
    """Inputs that are there and can't be read: named, whatever the reason."""
    global skipped
    made = run(WEFT, "workload", "transfers", "--txs", "3", "-o", f"{folder}/block", stdout=subprocess.PIPE)
    check("a block's folder", made.returncode == 0, made)
    for name in ("block.json", "prestate.json"):
        place = f"{folder}/block/{name}"
        os.rename(place, f"{folder}/aside")
        os.symlink("nowhere", place)
        result = run(WEFT, "run", "--repeat", "1", f"{folder}/block", stdout=subprocess.PIPE)
        check(f"a dangling {name}", is_one_line(result, 2, f"{folder}/block") and not result.stdout, result)
        os.unlink(place)
        os.mkdir(place)
        result = run(WEFT, "run", "--repeat", "1", f"{folder}/block", stdout=subprocess.PIPE)
        check(f"a folder {name}", is_one_line(result, 2, f"{folder}/block") and not result.stdout, result)
        os.rmdir(place)
        os.rename(f"{folder}/aside", place)
    result = run(WEFT, "run", "--repeat", "1", f"{folder}/block", stdout=subprocess.PIPE,
                 preexec_fn=limit(resource.RLIMIT_NOFILE, 3))
    if "error while loading shared libraries" in result.stderr:  # under a sanitizer, or where there are no archives
        skipped += 1
        print("skipped: no file may be opened: the program is linked with shared libraries, which are files, too")
    else:
        check("no file may be opened", is_one_line(result, 2, f"{folder}/block") and not result.stdout, result)
    result = run(WEFT, "run", "--repeat", "1", "/dev/zero", stdout=subprocess.PIPE)
    check("a device for a folder", is_one_line(result, 2, "/dev/zero", "uniswap") and not result.stdout, result)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/many")
        commands = write_inputs(folder)
        check_streams(commands, folder)
        check_files(commands, folder)
        check_killed(folder)
        check_memory(folder)
        check_threads(folder)
        check_numbers()
        check_unreadable(folder)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
