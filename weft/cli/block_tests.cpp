#include "weft/cli/block_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/cli/block_checks.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"
#include "weft/trie/roots.hpp"

namespace weft::cli {
namespace {

using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Result;
using primitives::json::Value;

/// A block that was executed, and the state after it. Tests hold side chains, so every block keeps its own.
struct Node {
    Header header;
    std::shared_ptr<const MemoryState> state;
};

/// All blocks of a test by hash.
using Chain = std::map<Hash, Node>;

/// The state after a block; BLOCKHASH walks back from it.
class ChainState final : public StateReader {
public:
    ChainState(const Chain& chain, const Hash& tip, const Node& node)
        : chain_(chain), tip_(tip), state_(*node.state) {}
    [[nodiscard]] state::ReadResult<std::optional<Account>> account(const Address& address) const override {
        return state_.account(address);
    }
    [[nodiscard]] state::ReadResult<uint256> storage(const Address& address,
                                                     const uint256& key) const override {
        return state_.storage(address, key);
    }
    [[nodiscard]] state::ReadResult<bool> has_storage(const Address& address) const override {
        return state_.has_storage(address);
    }
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& code_hash) const override {
        return state_.code(code_hash);
    }
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override {
        Hash hash = tip_;
        for (auto node = chain_.find(hash); node != chain_.end(); node = chain_.find(hash)) {
            if (node->second.header.number == number) return hash;
            hash = node->second.header.parent_hash;
        }
        return Hash{};
    }

private:
    const Chain& chain_;
    Hash tip_;
    const MemoryState& state_;
};

/// One block of a test.
struct TestBlock {
    Bytes rlp;
    bool must_fail = false;
};

struct BlockTest {
    std::string_view network;
    ChainConfig config;
    Header genesis;
    MemoryState pre;
    std::vector<TestBlock> blocks;
};

Result<void> read_block(Value value, TestBlock& out) {
    Fields fields(value);
    Value rlp;
    fields.required("rlp", rlp);
    if (auto status = fields.status(); !status) return status;
    out.must_fail = !fields.has("blockHeader");  // how older tests say it
    for (const auto& [key, ignored] : fields.object())
        if (key.starts_with("expectException")) out.must_fail = true;
    if (auto read = primitives::json::read(rlp, out.rlp); !read && !out.must_fail)
        return std::unexpected(std::move(read.error()).within("rlp"));
    return {};
}

Result<void> read_blocks(Value value, std::vector<TestBlock>& out) {
    primitives::json::Array array;
    if (auto read = primitives::json::read(value, array); !read) return read;
    for (const Value block : array)
        if (auto read = read_block(block, out.emplace_back()); !read)
            return std::unexpected(std::move(read.error()).within(out.size() - 1));
    return {};
}

Result<BlockTest> parse_block_test(Value value) {
    BlockTest test;
    Fields fields(value);
    fields.required("network", test.network);
    if (fields.failed()) return std::unexpected(fields.status().error());
    auto config = primitives::named_chain(test.network);
    if (!config) return std::unexpected(Error{"network", std::move(config.error())});
    test.config = std::move(*config);
    fields.with("config", [&](Value inner) {
        Fields chain(inner);
        chain.optional("chainid", test.config.chain_id);
        chain.with("blobSchedule", [&](Value schedule) {
            return primitives::json::read_blob_schedule(schedule, test.config);
        });
        return chain.status();
    });
    const bool complete = fields.with("genesisBlockHeader", [&](Value header) -> Result<void> {
        auto parsed = primitives::json::parse_header(header);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        test.genesis = std::move(*parsed);
        return {};
    }) && fields.with("pre", [&](Value pre) {
        return state::json::read_alloc(pre, test.pre);
    }) && fields.with("blocks", [&](Value blocks) { return read_blocks(blocks, test.blocks); });
    if (!complete) fields.fail("", "genesisBlockHeader, pre or blocks missing");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return test;
}

/// Fills in who sent the transactions; the index of the first without a valid signature otherwise.
std::optional<size_t> recover_senders(Block& block, Revision revision) {
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        Transaction& tx = block.transactions[i];
        const auto sender = primitives::recover_sender(tx);
        if (!sender || (revision >= Revision::homestead && !primitives::is_low_s(tx.s))) return i;
        tx.sender = *sender;
    }
    return std::nullopt;
}

/// A test's blocks, executed one after another.
class ChainRun {
public:
    ChainRun(const BlockTest& test, TestBench& bench) : test_(test), bench_(bench) {}

    void run(CaseResult& out) {
        const Hash root = trie::state_root(test_.pre);
        if (root != test_.genesis.state_root) {
            out.error = fmt::format("genesis state root: got {}, want {}", to_hex(root),
                                    to_hex(test_.genesis.state_root));
            return;
        }
        chain_[primitives::header_hash(test_.genesis)] = {test_.genesis,
                                                          std::make_shared<MemoryState>(test_.pre)};
        for (size_t i = 0; i < test_.blocks.size() && out.error.empty(); ++i) {
            const std::string problem = add(test_.blocks[i]);
            if (test_.blocks[i].must_fail) {
                if (problem.starts_with(differing)) out.error = problem;
            } else if (!problem.empty()) {
                out.error = fmt::format("block {} of the test: {}", i, problem);
            }
        }
        out.root = last_root_;
    }

private:
    static constexpr std::string_view differing = "the executors disagree: ";

    /// Executes a block on its parent's state. What is wrong with it; empty: nothing.
    std::string add(const TestBlock& encoded) {
        auto block = primitives::decode_block(encoded.rlp);
        if (!block) return "RLP: " + to_string(block.error());
        const auto parent = chain_.find(block->header.parent_hash);
        if (parent == chain_.end()) return "its parent is unknown";
        const execution::BlockEnv env = execution::make_block_env(*block, test_.config);
        if (const auto unsigned_one = recover_senders(*block, env.revision))
            return fmt::format("transaction {}: no valid signature", *unsigned_one);

        const ChainState state(chain_, parent->first, parent->second);
        TestBench::Outcome outcome = bench_.execute(env, block->transactions, state, {});
        if (!outcome.difference.empty()) return std::string(differing) + outcome.difference;
        if (!outcome.result) return execution::to_string(outcome.result.error());
        const HeaderChecks checks = check_header(block->header, *outcome.result, env.revision);
        if (!checks.ok()) return checks.failures() + " differ from the header's";
        auto after = std::make_shared<MemoryState>(*parent->second.state);
        after->apply(outcome.result->diff);
        last_root_ = trie::state_root(*after);
        if (*last_root_ != block->header.state_root)
            return fmt::format("state root: got {}, want {}", to_hex(*last_root_),
                               to_hex(block->header.state_root));
        if (!encoded.must_fail)
            chain_[primitives::header_hash(block->header)] = {block->header, std::move(after)};
        return {};
    }

    const BlockTest& test_;
    TestBench& bench_;
    Chain chain_;
    std::optional<Hash> last_root_;
};

Result<void> run_test(std::string_view name, Value value, const TestFilter& filter, TestBench& bench,
                      std::vector<CaseResult>& out) {
    const auto test = parse_block_test(value);
    if (!test) return std::unexpected(test.error());
    if (!filter.wants_fork(test->network)) return {};
    CaseResult& result =
        out.emplace_back(CaseResult{std::string(name), std::string(test->network), {}, {}, {}});
    ChainRun(*test, bench).run(result);
    return {};
}

}  // namespace

int run_block_tests(const TestOptions& options, std::FILE* out, std::FILE* err) {
    return run_suite(options, run_test, out, err);
}

}  // namespace weft::cli
