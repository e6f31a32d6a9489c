#!/usr/bin/env bash
# tests/contracts/recompile.sh WORK: compiles contracts/*.sol with the pinned solc and compares the outcome with
# contracts/artifacts. WORK keeps the compiler between runs. Exit status 77: npm or its registry can't be reached.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../contracts"
contracts=$PWD
work=$1

skip() {
    echo "skipped: $1"
    exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || skip "the contracts are not compiled anew: npm is not there"
mkdir -p "$work"
if ! cmp -s package-lock.json "$work/installed.json"; then
    cp package.json package-lock.json "$work/"
    (cd "$work" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
        skip "the contracts are not compiled anew: npm can't fetch solc ($work/npm.log)"
    cp package-lock.json "$work/installed.json"
fi
rm -rf "$work/artifacts" "$work"/*.sol
cp ./*.sol compile "$work/"
"$work/compile" "$work/artifacts"

passed=0
failed=0
for name in $( (cd "$contracts/artifacts" && ls; cd "$work/artifacts" && ls) | sort -u); do
    if cmp -s "$contracts/artifacts/$name" "$work/artifacts/$name"; then
        passed=$((passed + 1))
    else
        echo "contracts/artifacts/$name is not what contracts/compile makes of contracts/"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[[ $failed == 0 ]]
