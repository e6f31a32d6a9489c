// Calls of ordinary contracts that were not made to go well: other senders, other words, gas that doesn't
// suffice.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

#include "weft/execution/executor_impl.hpp"
#include "weft/workload/workload.hpp"

namespace weft {
namespace {

using execution::ExecutorKind;
using workload::Workload;

/// Makes a workload's transactions others.
class Mutation {
public:
    Mutation(Workload& made, uint64_t seed) : made_(made), random_(seed) {
        for (const Transaction& tx : made.block.transactions) {
            people_.push_back(tx.sender);
            if (tx.to) people_.push_back(*tx.to);
        }
    }
    void mutate() {
        auto& transactions = made_.block.transactions;
        const unsigned percent = pick<unsigned>({0, 2, 10, 40});
        const bool shuffles = below(2) == 0;
        std::vector<Transaction> out;
        for (size_t i = 0; i < transactions.size(); ++i) {
            Transaction tx = transactions[shuffles ? below(transactions.size()) : i];
            if (below(100) < percent) mutate(tx);
            if (tx.nonce != ~uint64_t{0}) tx.nonce = nonces_[tx.sender]++;
            out.push_back(std::move(tx));
        }
        transactions = std::move(out);
    }

private:
    uint64_t below(uint64_t bound) { return random_() % bound; }
    template <class T>
    T pick(std::initializer_list<T> all) {
        return *(all.begin() + below(all.size()));
    }
    void mutate(Transaction& tx) {
        switch (below(6)) {
            case 0:
                tx.sender = people_[below(people_.size())];
                return;
            case 1:
                tx.gas_limit = 21'000 + below(tx.gas_limit - 20'999);
                return;
            case 2:
                tx.value = below(3);
                return;
            case 3:
                if (!tx.data.empty()) tx.data.resize(4 + below(tx.data.size()));
                return;
            default:
                for (uint64_t i = 1 + below(2); i > 0; --i) mutate_word(tx);
        }
    }
    void mutate_word(Transaction& tx) {
        const size_t words = (std::max<size_t>(tx.data.size(), 4) - 4) / 32;
        if (words == 0) return;
        uint8_t* const word = tx.data.data() + 4 + 32 * below(words);
        const uint256 before = base::load_be(word);
        const uint256 person = base::to_uint256(people_[below(people_.size())]);
        base::store_be(word, pick<uint256>({uint256{}, uint256{1}, uint256{2}, uint256::max(), before + 1,
                                            before - 1, before << 20, person, person, before >> 1,
                                            base::to_uint256(tx.sender), uint256{1} << 255}));
    }

    Workload& made_;
    std::mt19937_64 random_;
    std::vector<Address> people_;
    std::map<Address, uint64_t> nonces_;
};

std::expected<BlockResult, ExecutionError> run(const Workload& made, const MemoryState& state,
                                               ExecutionContext& context, size_t batches) {
    const auto env = execution::make_block_env(made.block, primitives::mainnet());
    const auto executor = execution::make_executor<>(context);
    execution::ExecutionOptions options;
    options.on_invalid = execution::OnInvalid::skip;
    if (auto error = executor->begin(env, state, options)) return std::unexpected(std::move(*error));
    const std::span<const Transaction> all = made.block.transactions;
    const size_t size = (all.size() + batches - 1) / batches;
    for (size_t first = 0; first < all.size(); first += size)
        if (auto error = executor->apply(all.subspan(first, std::min(size, all.size() - first))))
            return std::unexpected(std::move(*error));
    return executor->seal();
}

/// Without most of those that were skipped; the others' nonces follow one another.
void leave_out(std::vector<Transaction>& transactions, std::span<const execution::Skipped> skipped,
               std::mt19937_64& random) {
    std::map<Address, uint64_t> nonces;
    std::vector<Transaction> out;
    auto next = skipped.begin();
    for (size_t i = 0; i < transactions.size(); ++i) {
        const bool is_skipped = next != skipped.end() && next->transaction == i;
        const bool was_valid = !is_skipped || next->reason == execution::Reason::nonce_too_high;
        if (is_skipped) ++next;
        if (!was_valid && random() % 8 != 0) continue;
        Transaction& tx = out.emplace_back(std::move(transactions[i]));
        if (was_valid) tx.nonce = nonces[tx.sender]++;
    }
    transactions = std::move(out);
}

/// They go from block to block.
std::vector<std::unique_ptr<ExecutionContext>> make_contexts() {
    std::vector<std::unique_ptr<ExecutionContext>> out;
    for (const size_t least_in_row : {0, 4, 128})
        for (const unsigned threads : {1U, 2U, 4U}) {
            execution::ContextOptions options;
            options.executor = ExecutorKind::optimistic;
            options.threads = threads;
            options.speculation.least_in_row = least_in_row;
            options.speculation.slots_commute = least_in_row == 0 && threads != 2;
            options.speculation.segment_transactions = threads == 4 ? 1 : 0;
            options.speculation.stale_first_run = threads == 4;
            out.push_back(std::make_unique<ExecutionContext>(options));
        }
    return out;
}

class MutatedCalls : public testing::TestWithParam<workload::Description> {};
INSTANTIATE_TEST_SUITE_P(All, MutatedCalls,
                         testing::ValuesIn(workload::workload_names().begin(),
                                           workload::workload_names().end()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(MutatedCalls, ExecutorsAgree) {
    constexpr uint64_t rounds = 4;
    ExecutionContext sequential({.executor = ExecutorKind::sequential, .threads = 1});
    const auto contexts = make_contexts();
    size_t successes = 0, receipts = 0;
    for (uint64_t round = 0; round < rounds; ++round) {
        std::mt19937_64 random(round * 77);
        auto made = workload::make_workload(GetParam().name, {.transactions = 50 + random() % 400,
                                                              .accounts = 4 + random() % 60,
                                                              .conflict_percent = random() % 101,
                                                              .seed = round});
        ASSERT_TRUE(made.has_value());
        Mutation(*made, round).mutate();
        for (auto& account : made->prestate)
            if (account.code.empty()) account.account = {.nonce = 0, .balance = uint256{1} << 90};
        const MemoryState state = workload::make_state(made->prestate);
        auto oracle = run(*made, state, sequential, 1);
        ASSERT_TRUE(oracle.has_value());
        // Most that are left out leave a gap in their sender's nonces.
        for (int times = 0; times < 3; ++times) {
            leave_out(made->block.transactions, oracle->skipped, random);
            oracle = run(*made, state, sequential, 1);
            ASSERT_TRUE(oracle.has_value());
        }
        receipts += oracle->receipts.size();
        for (const Receipt& receipt : oracle->receipts) successes += receipt.success ? 1 : 0;
        for (const auto& context : contexts) {
            const auto result = run(*made, state, *context, 1 + random() % 2);
            ASSERT_TRUE(result.has_value());
            ASSERT_TRUE(*result == *oracle)
                << "round " << round << ", rows of " << context->options().speculation.least_in_row
                << ", threads " << context->threads();
        }
    }
    EXPECT_GT(successes, 100u);
    if (GetParam().name != "transfers") EXPECT_GT(receipts, successes);
}

}  // namespace
}  // namespace weft
