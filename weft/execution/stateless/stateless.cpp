#include "weft/execution/stateless/stateless.hpp"

#include <algorithm>
#include <map>

#include "weft/execution/stateless/witness_ancestors.hpp"
#include "weft/execution/validation/verify.hpp"
#include "weft/primitives/ommers.hpp"

namespace weft::execution {
namespace {

using state::ReadResult;

// --- What is asked for, kept ---

class CodeRecorder final : public CodeSource {
public:
    explicit CodeRecorder(const CodeSource& source) : source_(source) {}
    [[nodiscard]] ReadResult<Bytes> code(const Hash& hash) const override {
        auto read = source_.code(hash);
        if (read) {
            const std::lock_guard lock(mutex_);
            codes_.try_emplace(hash, *read);
        }
        return read;
    }
    [[nodiscard]] std::vector<Bytes> take() {
        std::vector<Bytes> out;
        for (auto& [hash, code] : codes_) out.push_back(std::move(code));
        return out;
    }

private:
    const CodeSource& source_;
    mutable std::mutex mutex_;
    mutable std::map<Hash, Bytes> codes_;
};

class AncestorRecorder final : public Ancestors {
public:
    explicit AncestorRecorder(const Ancestors& source) : source_(source) {}
    [[nodiscard]] ReadResult<std::optional<Header>> header(const Hash& block) const override {
        auto read = source_.header(block);
        if (read && *read) {
            const std::lock_guard lock(mutex_);
            headers_.try_emplace(block, **read);
        }
        return read;
    }
    [[nodiscard]] ReadResult<uint256> total_difficulty(const Hash& block) const override {
        return source_.total_difficulty(block);
    }
    [[nodiscard]] ReadResult<std::vector<Header>> ommers(const Hash& block) const override {
        auto read = source_.ommers(block);
        if (read && !read->empty()) {
            const std::lock_guard lock(mutex_);
            Bytes list = primitives::encode_ommers(*read);
            const Hash hash = crypto::keccak256(list);
            ommers_.try_emplace(hash, std::move(list));
        }
        return read;
    }
    [[nodiscard]] std::vector<Bytes> take_ommers() {
        std::vector<Bytes> out;
        for (auto& [hash, list] : ommers_) out.push_back(std::move(list));
        return out;
    }
    /// From this block back as far as the chain was followed.
    [[nodiscard]] std::vector<Header> chain_from(const Hash& block) const {
        std::vector<Header> out;
        for (auto at = headers_.find(block); at != headers_.end(); at = headers_.find(at->second.parent_hash))
            out.push_back(at->second);
        return out;
    }

private:
    const Ancestors& source_;
    mutable std::mutex mutex_;
    mutable std::map<Hash, Header> headers_;
    mutable std::map<Hash, Bytes> ommers_;
};

// --- What a witness answers ---

class WitnessCodes final : public CodeSource {
public:
    explicit WitnessCodes(const Witness& witness) : codes_(witness.codes) {}
    [[nodiscard]] ReadResult<Bytes> code(const Hash& hash) const override {
        const Bytes* const found = codes_.find(hash);
        if (found == nullptr) return std::unexpected(missing("code", hash));
        return *found;
    }

private:
    trie::ByHash codes_;
};

/// Whether the headers are a chain that ends with the block's parent.
std::optional<StateError> check_chain(const Witness& witness, const Hash& parent) {
    Hash expected = parent;
    for (const Header& header : witness.headers) {
        if (primitives::header_hash(header) != expected) return missing("header of the ancestor", expected);
        expected = header.parent_hash;
    }
    return std::nullopt;
}

// --- The road, the same with a whole state and with a witness ---

std::expected<BlockResult, ExecutionError> run(Block& block, const ChainConfig& config,
                                               const FullState& sources, AskedKeys* asked,
                                               ExecutionContext& context, const ExecutionOptions& options) {
    const Hash& parent_hash = block.header.parent_hash;
    auto parent = sources.ancestors.header(parent_hash);
    if (!parent) return std::unexpected<ExecutionError>(std::move(parent.error()));
    if (!*parent) return std::unexpected<ExecutionError>(InvalidBlock{std::nullopt, Reason::unknown_parent});

    const Hash& root = (*parent)->state_root;
    const trie::TrieOptions from{.pool = context.pool(), .source = &sources.nodes};
    trie::StateTrie commitment(root, from);
    // A root after each transaction moves the commitment on while the state before is still read.
    std::optional<trie::StateTrie> standing;
    if (make_block_env(block, config).revision < Revision::byzantium) standing.emplace(root, from);
    const TrieState state(standing ? *standing : commitment, sources.codes, sources.ancestors, parent_hash,
                          asked);
    const Ground ground{
        .config = config, .ancestors = sources.ancestors, .state = state, .commitment = commitment};
    return verify_block(block, ground, context, options);
}

}  // namespace

std::expected<Witness, ExecutionError> make_witness(Block& block, const ChainConfig& config,
                                                    const FullState& state, ContextOptions options) {
    trie::NodeRecorder nodes(state.nodes);
    CodeRecorder codes(state.codes);
    AncestorRecorder ancestors(state.ancestors);
    options.executor = ExecutorKind::sequential;
    options.codes = nullptr;  // codes that an older context knows would not be asked for
    ExecutionContext context(std::move(options));
    AskedKeys keys;
    auto result = run(block, config, {nodes, codes, ancestors}, &keys, context, {});
    if (!result) return std::unexpected(std::move(result.error()));
    return Witness{.state = nodes.take(),
                   .codes = codes.take(),
                   .keys = keys.take(),
                   .headers = ancestors.chain_from(block.header.parent_hash),
                   .ommers = ancestors.take_ommers()};
}

std::expected<BlockResult, ExecutionError> verify_from_witness(Block& block, const Witness& witness,
                                                               const ChainConfig& config,
                                                               ExecutionContext& context,
                                                               const ExecutionOptions& options) {
    if (auto broken = check_chain(witness, block.header.parent_hash))
        return std::unexpected<ExecutionError>(std::move(*broken));
    const trie::WitnessNodes nodes(witness);
    const WitnessCodes codes(witness);
    const WitnessAncestors ancestors(witness, block.header.difficulty.is_zero());
    return run(block, config, {nodes, codes, ancestors}, nullptr, context, options);
}

}  // namespace weft::execution
