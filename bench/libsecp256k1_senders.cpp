// What a client pays that recovers senders with libsecp256k1, one signature at a time on each core: all
// senders of each block, spread over N threads, before the block executes.
//
//   weft_libsecp256k1_senders [--threads N] [--repeat R] PATH...
//
// Timed: the recovery of the public key (libsecp256k1 as the crate secp256k1-sys brings it) and the address's
// Keccak-256. Not timed, to its favour: decoding, hashing what was signed, waking threads. One line of JSON
// for each block, as peer-revm's, and ok: every sender is the one that the file gives.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "weft/base/thread_pool.hpp"
#include "weft/cli/inputs.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/crypto/native/native.h"

namespace weft {
namespace {

struct Signed {
    uint8_t hash[32];
    uint8_t signature[64];
    int32_t recovery_id;
    Address sender;
};

std::vector<Signed> signatures_of(const Block& block) {
    std::vector<Signed> out;
    for (const Transaction& tx : block.transactions) {
        Signed& one = out.emplace_back();
        const Hash hash = primitives::signing_hash(tx);
        std::copy(hash.begin(), hash.end(), one.hash);
        base::store_be(one.signature, tx.r);
        base::store_be(one.signature + 32, tx.s);
        one.recovery_id = static_cast<int32_t>(tx.y_parity.low());
        one.sender = tx.sender;
    }
    return out;
}

bool recovers(const Signed& one) {
    uint8_t key[64];
    if (!weft_secp256k1_recover(one.hash, one.signature, one.recovery_id, key)) return false;
    const Hash hash = crypto::keccak256_64(key);
    return std::equal(one.sender.begin(), one.sender.end(), hash.begin() + 12);
}

/// Nanoseconds for all senders; ok: they are the right ones.
uint64_t recover_all(base::ThreadPool& pool, const std::vector<Signed>& signatures, bool& ok) {
    constexpr size_t grain = 4;  // as even as can be: a signature takes tens of microseconds
    std::atomic<bool> all{true};
    const auto start = std::chrono::steady_clock::now();
    base::parallel_for(pool, signatures.size(), grain, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i)
            if (!recovers(signatures[i])) all.store(false, std::memory_order_relaxed);
    });
    const auto time = std::chrono::steady_clock::now() - start;
    ok = ok && all.load();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
}

int run(const std::vector<std::string>& words, unsigned threads, unsigned repeat) {
    const auto sources = cli::find_sources(words);
    if (!sources) {
        fmt::print(stderr, "{}\n", sources.error());
        return 2;
    }
    base::ThreadPool pool(threads - 1);
    bool all_ok = true;
    for (const cli::Source& source : *sources) {
        const auto input = cli::load(source, {}, primitives::mainnet());
        if (!input) {
            fmt::print(stderr, "{}\n", input.error());
            return 2;
        }
        const auto signatures = signatures_of(input->block);
        bool ok = true;
        std::vector<uint64_t> times;
        for (unsigned round = 0; round < repeat + 1; ++round)
            times.push_back(recover_all(pool, signatures, ok));
        times.erase(times.begin());  // the first is not counted
        std::ranges::sort(times);
        fmt::print(
            "{{\"engine\":\"libsecp256k1\",\"block\":{},\"txs\":{},\"threads\":{},\"repeat\":{},"
            "\"best_ns\":{},\"median_ns\":{},\"ok\":{}}}\n",
            input->block.header.number, signatures.size(), threads, repeat, times.front(),
            times[times.size() / 2], ok);
        all_ok = all_ok && ok;
    }
    return all_ok ? 0 : 1;
}

/// Takes `name N` off the front of the words; false: N is no number from 1 on.
bool take_option(std::vector<std::string>& words, std::string_view name, unsigned& out) {
    if (words.size() < 2 || words[0] != name) return true;
    const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), out);
    if (error != std::errc{} || *end != 0 || out == 0) return false;
    words.erase(words.begin(), words.begin() + 2);
    return true;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    unsigned threads = 2, repeat = 5;
    const bool good =
        weft::take_option(words, "--threads", threads) && weft::take_option(words, "--repeat", repeat);
    if (!good || words.empty()) {
        fmt::print(stderr, "usage: weft_libsecp256k1_senders [--threads N] [--repeat R] PATH...\n");
        return 2;
    }
    return weft::run(words, threads, repeat);
}
