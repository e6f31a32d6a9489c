#include "weft/cli/block_tests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weft/base/hex.hpp"
#include "weft/cli/block_test_file.hpp"
#include "weft/cli/exceptions.hpp"
#include "weft/cli/export_block.hpp"
#include "weft/cli/test_chain.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

using execution::BlockResult;
using execution::ExecutionError;
using execution::InvalidBlock;
using primitives::json::Result;

using Outcome = std::expected<BlockResult, ExecutionError>;

/// A test through the executors: each imports the whole chain, and all must come to the same.
class TestRun {
public:
    TestRun(const BlockTest& test, Refusal refusal, TestBench& bench, CaseResult& out)
        : test_(test), refusal_(refusal), bench_(bench), out_(out) {}

    void run() {
        if (const Hash root = trie::state_root(test_.pre); root != test_.genesis.state_root)
            return fail(fmt::format("genesis state root: got {}, want {}", to_hex(root),
                                    to_hex(test_.genesis.state_root)));
        if (const Hash hash = primitives::header_hash(test_.genesis);
            hash != test_.genesis_hash.value_or(hash))
            return fail(fmt::format("genesis block hash: got {}, want {}", to_hex(hash),
                                    to_hex(*test_.genesis_hash)));
        decode();
        const auto run_mode = [&](const TestBench::Mode& mode) {
            if (out_.error.empty()) run(mode);
        };
        bench_.for_each_mode(run_mode);
        if (std::ranges::any_of(test_.blocks,
                                [](const TestBlock& block) { return block.access_list.has_value(); }))
            bench_.for_each_directed_mode(run_mode);
    }

private:
    void fail(std::string why) {
        if (out_.error.empty()) out_.error = std::move(why);
    }

    void decode() {
        for (const TestBlock& block : test_.blocks) decoded_.push_back(primitives::decode_block(block.rlp));
    }

    void run(const TestBench::Mode& mode) {
        const bool is_first = outcomes_.empty();
        TestChain chain(test_, test_.checks_seals ? &seals_ : nullptr);
        for (size_t i = 0; i < test_.blocks.size() && out_.error.empty(); ++i) {
            if (!decoded_[i] || test_.blocks[i].refused) {
                if (!is_first) continue;
                outcomes_.emplace_back();
                judge_refusal(i, test_.blocks[i].refused,
                              decoded_[i] ? "by the Engine API" : "RLP: " + to_string(decoded_[i].error()));
                continue;
            }
            Block block = *decoded_[i];
            Outcome outcome = import(chain, block, test_.blocks[i], mode);
            if (is_first) {
                judge(i, block.header, outcome);
                outcomes_.push_back(std::move(outcome));
            } else if (outcome != outcomes_[i]) {
                fail(fmt::format("block {} of the test: the executors disagree: {}: {}", i, mode.name,
                                 differing_part(outcomes_[i], outcome)));
            }
        }
        if (out_.error.empty()) check_head(chain);
    }

    /// ethereum/tests made the headers of blocks with an invalid transaction without that transaction: the
    /// root is put right, so that the transaction is looked at.
    Outcome import(TestChain& chain, Block& block, const TestBlock& expected, const TestBench::Mode& mode) {
        const BlockAccessList* const list = expected.access_list ? &*expected.access_list : nullptr;
        Outcome outcome = chain.import(block, *mode.context, list);
        bench_.count(mode);
        if (outcome || !expected.exception.starts_with("TransactionException.") ||
            outcome.error() !=
                ExecutionError(InvalidBlock{std::nullopt, execution::Reason::wrong_transactions_root}))
            return outcome;
        block.header.transactions_root = trie::transactions_root(block.transactions);
        outcome = chain.import(block, *mode.context, list);
        bench_.count(mode);
        return outcome;
    }

    void judge(size_t i, const Header& header, const Outcome& outcome) {
        const TestBlock& expected = test_.blocks[i];
        if (!outcome) {
            const auto* invalid = std::get_if<InvalidBlock>(&outcome.error());
            if (invalid == nullptr)
                return fail(fmt::format("block {} of the test: {}", i, to_string(outcome.error())));
            return judge_refusal(i, invalid->reason, execution::to_string(outcome.error()));
        }
        if (expected.must_fail)
            return fail(fmt::format("block {} of the test is valid, want it refused{}", i,
                                    expected.exception.empty() ? "" : ": " + expected.exception));
        if (const Hash hash = primitives::header_hash(header); expected.hash && hash != *expected.hash)
            return fail(fmt::format("block {} of the test: hash: got {}, want {}", i, to_hex(hash),
                                    to_hex(*expected.hash)));
        if (expected.header && *expected.header != header)
            fail(fmt::format("block {} of the test: its header is not its blockHeader", i));
    }

    void judge_refusal(size_t i, const std::optional<execution::Reason>& reason, const std::string& words) {
        const TestBlock& expected = test_.blocks[i];
        if (!expected.must_fail) return fail(fmt::format("block {} of the test: {}", i, words));
        switch (compare_refusal(expected.exception, reason)) {
            case Expected::yes:
                ++out_.named_refusals;
                return;
            case Expected::unknown:
                ++out_.unnamed_refusals;
                return;
            case Expected::no:
                if (refusal_ == Refusal::any) return;
                fail(fmt::format("block {} of the test: refused, but not as {}: {}", i, expected.exception,
                                 words));
        }
    }

    /// The head and the state there.
    void check_head(TestChain& chain) {
        if (chain.head() != test_.last_block)
            return fail(fmt::format("last block hash: got {}, want {}", to_hex(chain.head()),
                                    to_hex(test_.last_block)));
        out_.root = (*chain.header(chain.head()))->state_root;
        if (test_.post && chain.head_state() != *test_.post)
            fail("the last state is not the test's postState");
        if (test_.post_root && *out_.root != *test_.post_root)
            fail(fmt::format("post state root: got {}, want {}", to_hex(*out_.root),
                             to_hex(*test_.post_root)));
    }

    const BlockTest& test_;
    Refusal refusal_;
    TestBench& bench_;
    CaseResult& out_;
    TestSeals seals_;
    std::vector<DecodeResult<Block>> decoded_;
    std::vector<Outcome> outcomes_;  ///< the first mode's
};

}  // namespace

RunTest run_block_test(PreAllocGroups& groups, Refusal refusal) {
    return [&groups, refusal](const NamedTest& named, const TestFilter& filter, TestBench& bench,
                              std::vector<CaseResult>& out) {
        return with_block_test(named, groups, filter, out, [&](const BlockTest& test, CaseResult& result) {
            TestRun(test, refusal, bench, result).run();
        });
    };
}

int run_block_tests(const TestOptions& options, std::FILE* out, std::FILE* err) {
    PreAllocGroups groups;
    if (options.export_to.empty()) return run_suite(options, run_block_test(groups), out, err);
    TestOptions exporting = options;
    exporting.executors = TestExecutors::sequential;
    return run_suite(exporting, export_block_to(options.export_to, groups), out, err);
}

}  // namespace weft::cli
