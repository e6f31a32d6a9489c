#include "weft/cli/root_measure.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace weft::cli {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds_between(Clock::time_point start, Clock::time_point end) {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
}

/// An account that no workload and no block has.
Address filler(uint64_t i) {
    const Hash hash = crypto::keccak256(base::to_hash(uint256{i}).view());
    Address out;
    std::copy_n(hash.begin(), out.size(), out.bytes.begin());
    return out;
}

}  // namespace

RootMeter::RootMeter(const Input& input, base::ThreadPool* pool) {
    state::MemoryState state = input.state;
    state.reserve(accounts, 0);
    for (uint64_t i = 0; state.account_count() < accounts; ++i)
        state.set_account(filler(i), {.nonce = i % 200, .balance = uint256{i} * uint256{1'000'000'000'007}});
    trie_ = std::make_unique<trie::StateTrie>(state, trie::TrieOptions{.pool = pool});
}

RootMeasurement RootMeter::measure(execution::ExecutionContext& context,
                                   base::FunctionRef<Outcome(state::CommitSink& sink)> execute,
                                   unsigned repeat) {
    RootMeasurement out;
    const auto before = trie_->root();
    std::optional<Hash> expected;
    std::vector<uint64_t> times;
    for (unsigned run = 0; run < 1 + repeat; ++run) {
        context.forget();
        trie_->mark();
        const auto start = Clock::now();
        const auto outcome = execute(*trie_);
        const auto executed = Clock::now();
        if (!outcome) return {};
        const auto root = trie_->root();
        const auto end = Clock::now();
        out.equal = out.equal && trie_->revert() == before;
        if (!expected) {
            trie_->commit(outcome->diff);
            if (auto from_diff = trie_->root()) expected = *from_diff;
            out.equal = out.equal && trie_->revert() == before;
        }
        out.equal = out.equal && root && expected && *root == *expected;
        if (run == 0) continue;
        const uint64_t time = nanoseconds_between(start, end);
        if (times.empty() || time < *std::ranges::min_element(times))
            out.after_ns = nanoseconds_between(executed, end);
        times.push_back(time);
    }
    std::ranges::sort(times);
    out.best_ns = times.front();
    out.median_ns = times[times.size() / 2];
    return out;
}

}  // namespace weft::cli
