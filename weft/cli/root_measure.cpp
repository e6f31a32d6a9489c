#include "weft/cli/root_measure.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "weft/cli/timing.hpp"

namespace weft::cli {
namespace {

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
                                   base::FunctionRef<Outcome(state::CommitSink* sink)> execute,
                                   unsigned repeat) {
    RootMeasurement out;
    const auto before = trie_->root();
    std::vector<uint64_t> times, without;
    std::optional<Hash> expected;
    for (unsigned run = 0; run < 1 + repeat; ++run) {
        context.forget();
        out.equal = out.equal && trie_->mark();
        const auto start = Clock::now();
        auto outcome = execute(trie_.get());
        const auto executed = Clock::now();
        if (!outcome) return {};
        const auto root = trie_->root();
        const auto end = Clock::now();
        out.equal = out.equal && trie_->revert() == before;

        context.forget();
        const auto plain_start = Clock::now();
        const auto plain = execute(nullptr);
        const auto plain_end = Clock::now();
        out.equal = out.equal && plain == outcome;
        // So that the next run finds the trie worked on, and to know what the root must be.
        trie_->commit(outcome->diff);
        const auto from_diff = trie_->root();
        out.equal = out.equal && trie_->revert() == before;
        if (!expected && from_diff) expected = *from_diff;
        out.equal = out.equal && root && expected && *root == *expected;
        if (run == 0) continue;
        const uint64_t time = nanoseconds_between(start, end);
        if (times.empty() || time < *std::ranges::min_element(times))
            out.after_ns = nanoseconds_between(executed, end);
        times.push_back(time);
        without.push_back(nanoseconds_between(plain_start, plain_end));
    }
    std::tie(out.best_ns, out.median_ns) = best_and_median(times);
    std::tie(out.without_best_ns, out.without_median_ns) = best_and_median(without);
    return out;
}

}  // namespace weft::cli
