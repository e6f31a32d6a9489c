// round_trip PATH...: the blocks of official blockchain tests, each made into a witness on the whole state,
// then verified from the witness alone; and from witnesses that lack something, which must fail.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "tests/stateless/full_node.hpp"
#include "weft/base/hex.hpp"
#include "weft/cli/block_test_file.hpp"
#include "weft/trie/roots.hpp"

namespace weft::tests {
namespace {

using execution::ExecutionError;
using primitives::json::Document;

struct Counts {
    std::atomic<size_t> passed{0}, failed{0}, with_ommers{0}, refused{0}, reduced{0}, bytes{0}, nodes{0};
};

constexpr size_t memory_budget = size_t{4} << 30;  // as much as deep calls with large memory take

/// One after another; the results are the same for each, so that every executor sees a part of the blocks.
class Contexts {
public:
    execution::ExecutionContext& next() { return contexts_[turn_++ % 2]; }
    execution::ExecutionContext& fresh() {
        return fresh_.emplace(execution::ContextOptions{
            .executor = execution::ExecutorKind::sequential, .threads = 1, .memory_budget = memory_budget});
    }

private:
    execution::ExecutionContext contexts_[2] = {
        execution::ExecutionContext(
            {.executor = execution::ExecutorKind::sequential, .threads = 1, .memory_budget = memory_budget}),
        execution::ExecutionContext(
            {.executor = execution::ExecutorKind::optimistic, .threads = 2, .memory_budget = memory_budget})};
    std::optional<execution::ExecutionContext> fresh_;
    size_t turn_ = 0;
};

/// The blocks of one test.
class ChainCheck {
public:
    ChainCheck(const cli::BlockTest& test, Contexts& contexts, Counts& counts)
        : test_(test), contexts_(contexts), counts_(counts), node_(test.genesis, test.pre) {}

    /// What went wrong; empty: nothing.
    std::string run() {
        if (node_.genesis_root() != test_.genesis.state_root) return "genesis state root";
        for (const cli::TestBlock& encoded : test_.blocks) {
            auto block = primitives::decode_block(encoded.rlp);
            if (!block || encoded.must_fail) continue;
            if (std::string wrong = check(*block); !wrong.empty())
                return fmt::format("block {}: {}", block->header.number, wrong);
        }
        return {};
    }

private:
    std::string check(Block& block) {
        const auto witness =
            make_witness(block, test_.config, node_.state(), {.threads = 1, .memory_budget = memory_budget});
        if (!witness) return "no witness: " + to_string(witness.error());
        Block again = block;
        for (Transaction& tx : again.transactions) tx.sender = {};
        const auto result = verify_from_witness(again, *witness, test_.config, contexts_.next());
        if (!result) return "not from its witness: " + to_string(result.error());
        ++counts_.passed;
        counts_.with_ommers += !block.ommers.empty();
        counts_.nodes += witness->state.size();
        counts_.bytes += encode(*witness).size();
        if (counts_.passed % every == 0 || !witness->ommers.empty())
            for (std::string wrong : {check_reduced(block, *witness), check_false_claims(block, *witness)})
                if (!wrong.empty()) return wrong;
        if (node_.append(block, result->diff) != block.header.state_root) return "state root";
        return {};
    }

    /// Without any one of its parts the witness is an error, of the state and not of the block.
    std::string check_reduced(const Block& block, const Witness& witness) {
        const auto refuses = [&](const Witness& reduced, const std::optional<Hash>& node) {
            Block again = block;
            const auto result = verify_from_witness(again, reduced, test_.config, contexts_.fresh());
            ++counts_.reduced;
            const auto* const error = result ? nullptr : std::get_if<StateError>(&result.error());
            return error != nullptr && (!node || error->missing_node == node);
        };
        const auto without = [&](std::vector<Bytes> Witness::* part, const char* name,
                                 bool is_node) -> std::string {
            for (size_t i = 0; i < std::min<size_t>((witness.*part).size(), most_reduced); ++i) {
                Witness reduced = witness;
                const Hash hash = crypto::keccak256((reduced.*part)[i]);
                (reduced.*part).erase((reduced.*part).begin() + static_cast<ptrdiff_t>(i));
                if (!refuses(reduced, is_node ? std::optional(hash) : std::nullopt))
                    return fmt::format("without {} {} it is accepted, or refused for another reason", name,
                                       i);
                reduced = witness;
                Bytes& altered = (reduced.*part)[i];
                altered[counts_.reduced % altered.size()] ^= static_cast<uint8_t>(1U << counts_.reduced % 8);
                if (!refuses(reduced, is_node ? std::optional(hash) : std::nullopt))
                    return fmt::format("with {} {} altered it is accepted, or refused for another reason",
                                       name, i);
            }
            return {};
        };
        if (auto wrong = without(&Witness::state, "node", true); !wrong.empty()) return wrong;
        if (auto wrong = without(&Witness::codes, "code", false); !wrong.empty()) return wrong;
        if (auto wrong = without(&Witness::ommers, "list of ommers", false); !wrong.empty()) return wrong;
        for (size_t i = 0; i < witness.headers.size(); ++i) {
            Witness reduced = witness;
            ++reduced.headers[i].gas_used;
            if (!refuses(reduced, {})) return "with a header altered it is accepted";
            reduced.headers.resize(i);
            if (!refuses(reduced, {})) return "without a header it is accepted";
        }
        return {};
    }

    /// A header that claims something else is an invalid block, whatever the witness says.
    std::string check_false_claims(const Block& block, const Witness& witness) {
        using execution::Reason;
        const auto refused = [&](Reason reason, auto&& alter) {
            Block altered = block;
            alter(altered.header);
            const auto result = verify_from_witness(altered, witness, test_.config, contexts_.next());
            return !result && result.error() == ExecutionError(execution::InvalidBlock{std::nullopt, reason});
        };
        if (!refused(Reason::wrong_state_root, [](Header& header) { header.state_root[7] ^= 1; }))
            return "another state root is accepted";
        if (!refused(Reason::wrong_receipts_root, [](Header& header) { header.receipts_root[7] ^= 1; }))
            return "another receipts root is accepted";
        if (!refused(Reason::wrong_logs_bloom, [](Header& header) { header.logs_bloom[7] ^= 1; }))
            return "another bloom is accepted";
        return {};
    }

    static constexpr size_t every = 64;
    static constexpr size_t most_reduced = 24;

    const cli::BlockTest& test_;
    Contexts& contexts_;
    Counts& counts_;
    FullNode node_;
};

void check_file(const std::string& path, Contexts& contexts, Counts& counts) {
    const auto fail = [&](std::string_view name, std::string_view why) {
        static std::mutex mutex;
        const std::lock_guard lock(mutex);
        ++counts.failed;
        if (counts.failed <= 20) fmt::print(stderr, "{}: {}: {}\n", path, name, why);
    };
    const auto document = Document::load(path);
    if (!document) return fail("", document.error());
    primitives::json::Object tests;
    if (!primitives::json::read(document->root(), tests)) return fail("", "no object");
    cli::PreAllocGroups groups;
    for (const auto& [name, value] : tests) {
        const auto test = cli::parse_block_test({path, name, value}, groups);
        if (!test) return fail(name, to_string(test.error()));
        if (const std::string wrong = ChainCheck(*test, contexts, counts).run(); !wrong.empty())
            fail(name, wrong);
    }
}

std::vector<std::string> files_below(const std::string& path) {
    std::vector<std::string> out;
    if (!std::filesystem::is_directory(path)) return std::filesystem::exists(path) ? std::vector{path} : out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
        if (entry.path().extension() == ".json" && !entry.path().string().contains("/.meta/"))
            out.push_back(entry.path().string());
    std::ranges::sort(out);
    return out;
}

int run(const std::vector<std::string>& paths) {
    Counts counts;
    std::atomic<size_t> skipped{0};
    for (const std::string& path : paths) {
        const std::vector<std::string> files = files_below(path);
        if (files.empty()) {
            fmt::print("skipped: {} is not there\n", path);
            ++skipped;
            continue;
        }
        base::ThreadPool pool(1);
        base::parallel_for(pool, files.size(), 8, [&](size_t begin, size_t end) {
            Contexts contexts;
            for (size_t i = begin; i < end; ++i) check_file(files[i], contexts, counts);
        });
    }
    const size_t blocks = counts.passed;
    if (blocks != 0)
        fmt::print(
            "a block's witness: {} nodes, {} bytes on average; {} reduced or altered ones refused; {} blocks "
            "have ommers\n",
            counts.nodes / blocks, counts.bytes / blocks, counts.reduced.load(), counts.with_ommers.load());
    fmt::print("{} passed, {} failed, {} skipped\n", blocks, counts.failed.load(), skipped.load());
    return counts.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weft::tests

int main(int argc, char** argv) { return weft::tests::run(std::vector<std::string>(argv + 1, argv + argc)); }
