#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "weft/execution/executor.hpp"
#include "weft/primitives/block.hpp"
#include "weft/workload/workload.hpp"

namespace weft {
namespace {

using execution::ContextOptions;
using execution::ExecutorKind;
using workload::Workload;

/// Name of the workload, share of conflicts in percent.
class Workloads : public testing::TestWithParam<std::tuple<workload::Description, uint64_t>> {
protected:
    static Workload make() {
        const auto& [description, percent] = GetParam();
        auto made = workload::make_workload(
            description.name, {.transactions = 600, .accounts = 200, .conflict_percent = percent, .seed = 3});
        EXPECT_TRUE(made.has_value());
        return std::move(made.value());
    }
};
INSTANTIATE_TEST_SUITE_P(All, Workloads,
                         testing::Combine(testing::ValuesIn(workload::workload_names().begin(),
                                                            workload::workload_names().end()),
                                          testing::Values(0, 20, 100)),
                         [](const auto& info) {
                             return std::string(std::get<0>(info.param).name) + "_" +
                                    std::to_string(std::get<1>(info.param));
                         });

ContextOptions run_by(ExecutorKind executor, unsigned threads = 1) {
    ContextOptions options;
    options.executor = executor;
    options.threads = threads;
    return options;
}

BlockResult execute(const Workload& made, const ContextOptions& options) {
    const MemoryState state = workload::make_state(made.prestate);
    ExecutionContext context(options);
    auto result = execute_block(made.block, primitives::mainnet(), state, context);
    EXPECT_TRUE(result.has_value());
    return std::move(result.value());
}

/// Uniswap's own code constructs itself, and swaps on one pool or on many succeed in every executor.
TEST(Uniswap, SwapsSucceed) {
    if (!std::filesystem::is_directory(workload::fetched_packages))
        GTEST_SKIP() << "build/uniswap is not there (bench/uniswap/fetch gets it from npm)";
    for (const uint64_t percent : {0, 30, 100}) {
        const auto made = workload::make_workload(
            "uniswap", {.transactions = 40, .accounts = 8, .conflict_percent = percent, .seed = 3});
        ASSERT_TRUE(made.has_value()) << made.error();
        const BlockResult result = execute(*made, run_by(ExecutorKind::sequential));
        EXPECT_EQ(std::ranges::count(result.receipts, false, &Receipt::success), 0);
        for (const Receipt& receipt : result.receipts)
            EXPECT_EQ(receipt.logs.size(), 3U) << "two transfers and the swap";
        EXPECT_EQ(execute(*made, run_by(ExecutorKind::optimistic, 2)), result);
    }
}

TEST(Uniswap, SaysWhatIsMissing) {
    const auto made = workload::make_workload("uniswap", {.packages = "no/such/folder"});
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().find("bench/uniswap/fetch"), std::string::npos) << made.error();
}

TEST_P(Workloads, TransactionsSucceedUnlessTheyAreMeantToFail) {
    const Workload made = make();
    const BlockResult result = execute(made, run_by(ExecutorKind::sequential));
    ASSERT_EQ(result.receipts.size(), made.block.transactions.size());
    EXPECT_EQ(std::ranges::count(result.receipts, false, &Receipt::success), made.expected_failures);
    for (size_t i = 0; i < result.receipts.size(); ++i) {
        const Receipt& receipt = result.receipts[i];
        // A call that changes something says so; payments in ether have no log.
        if (receipt.success && !made.block.transactions[i].data.empty())
            EXPECT_FALSE(receipt.logs.empty()) << i;
        // A revert by intention, not for want of gas.
        if (!receipt.success) EXPECT_LT(receipt.gas_used, made.block.transactions[i].gas_limit) << i;
    }
}

TEST_P(Workloads, HeaderSaysWhatRequestsThereAre) {
    const Workload made = make();
    const BlockResult result = execute(made, run_by(ExecutorKind::sequential));
    EXPECT_EQ(made.block.header.requests_hash, primitives::requests_hash(result.requests));
}

TEST_P(Workloads, ExecutorsAgree) {
    const Workload made = make();
    const BlockResult oracle = execute(made, run_by(ExecutorKind::sequential));
    for (const unsigned threads : {1U, 2U, 4U}) {
        ContextOptions options = run_by(ExecutorKind::optimistic, threads);
        EXPECT_EQ(execute(made, options), oracle) << threads << " threads";
        options.speculation.segment_transactions = 1;
        EXPECT_EQ(execute(made, options), oracle) << threads << " threads, one transaction a segment";
    }
}

}  // namespace
}  // namespace weft
