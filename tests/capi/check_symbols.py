#!/usr/bin/env python3
"""check_symbols.py NM LIBRARY HEADER: the shared library defines the functions that weft.h declares, and nothing else
that another library could collide with; its SONAME ends with the ABI version."""
import re
import subprocess
import sys


def main():
    nm, library, header = sys.argv[1:]
    with open(header) as file:
        text = file.read()
    declared = set(re.findall(r"\b(weft_\w+)\(", re.sub(r"//.*", "", text)))
    listed = subprocess.run([nm, "-D", "--defined-only", "--format=just-symbols", library], capture_output=True, text=True, check=True)
    defined = set(listed.stdout.split())
    abi = re.search(r"#define WEFT_ABI_VERSION (\d+)", text).group(1)
    with open(library, "rb") as file:
        has_name = f"libweft.so.{abi}\0".encode() in file.read()
    problems = [f"{name} is declared but not defined" for name in sorted(declared - defined)]
    problems += [f"{name} is visible but not declared" for name in sorted(defined - declared)]
    problems += [] if has_name else [f"the SONAME is not libweft.so.{abi}"]
    print("\n".join(problems))
    print(f"{len(declared & defined)} passed, {len(problems)} failed, 0 skipped")
    sys.exit(1 if problems or not declared else 0)


if __name__ == "__main__":
    main()
