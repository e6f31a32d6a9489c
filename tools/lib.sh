# Shared by ./run and ./test: what a fresh Debian 12 lacks, the reference data, the build. To be sourced from the
# repository root. Everything is quiet when there is nothing to do; logs lie in build/.

# One Debian package a line, with the reason where the name does not say it.
weft_packages=(
    clang-19 lld-19 llvm-19 libclang-rt-19-dev libstdc++-12-dev # the compiler, its linker, llvm-cov, the sanitizers
    clang-format-19 clang-tidy-19                               # the checks
    cmake ninja-build ccache git python3 zstd ca-certificates   # the build, the scripts of tools/, the reference data
    gcc                                                         # cargo links its build scripts with cc
    libgmp-dev                                                  # MODEXP
    libssl-dev                                                  # secp256r1, SHA-256, RIPEMD-160
    libsecp256k1-dev                                            # sender recovery where the crate is not built
    nlohmann-json3-dev libfmt-dev libcli11-dev                  # JSON, text, flags
    libgtest-dev libbenchmark-dev                               # tests and benches
)
weft_cargo_at_least=1.85 # the rust-version of the one crate under weft/crypto

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "needs root or sudo: $*"
        return 1
    fi
}

# apt_install PACKAGE...: quietly; the log is shown when it fails.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        say "missing, and there is no apt-get to install them: $*"
        return 1
    fi
    say "installing: $*"
    mkdir -p build
    local log=build/install.log
    if ! { as_root apt-get -o DPkg::Lock::Timeout=300 update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        say "apt-get failed ($log)"
        return 1
    fi
}

# The packages that dpkg does not report as installed.
missing_packages() {
    comm -23 <(printf '%s\n' "${weft_packages[@]}" | sort) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${weft_packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort)
}

cargo_is_new_enough() {
    local have
    have=$(cargo --version 2>/dev/null | awk '{print $2}')
    [[ -n $have ]] && [[ $(printf '%s\n%s\n' "$weft_cargo_at_least" "$have" | sort -V | head -n 1) == "$weft_cargo_at_least" ]]
}

install_missing() {
    if command -v dpkg-query >/dev/null; then
        local missing
        mapfile -t missing < <(missing_packages)
        [[ ${#missing[@]} == 0 ]] || apt_install "${missing[@]}" || return
    fi
    # Debian's own cargo 1.63 is too old; the -web packages, kept for browsers, replace it with a recent one.
    cargo_is_new_enough && return
    [[ -x $HOME/.cargo/bin/cargo ]] && export PATH="$HOME/.cargo/bin:$PATH"
    cargo_is_new_enough && return
    apt_install rustc-web cargo-web || return
    hash -r
    cargo_is_new_enough || { say "cargo $weft_cargo_at_least or newer is needed, this is $(cargo --version 2>&1)"; return 1; }
}

# The reference data stands beside the repository on the project's own machines; elsewhere the tests say what they skip.
unpack_data() {
    [[ -x ../shared/unpack ]] || return 0
    ../shared/unpack .data
}

# build PRESET [TARGET...]: configures when needed and builds; ninja's progress shows on a terminal only.
build() {
    local preset=$1 folder=build/$1 log
    shift
    mkdir -p "$folder"
    log=$folder/build.log
    if [[ ! -e $folder/build.ninja || CMakePresets.json -nt $folder/build.ninja ]]; then
        cmake --preset "$preset" >"$log" 2>&1 || { tail -n 40 "$log" >&2; say "configuring $preset failed ($log)"; return 1; }
    fi
    local -a command=(ninja -C "$folder" -j "${WEFT_JOBS:-$(nproc)}" "$@")
    if [[ -t 2 ]]; then
        "${command[@]}" >&2 || { say "building $preset failed"; return 1; }
    else
        "${command[@]}" >"$log" 2>&1 || { grep -E -A 30 '^FAILED|error:' "$log" | head -n 80 >&2; say "building $preset failed ($log)"; return 1; }
    fi
}
