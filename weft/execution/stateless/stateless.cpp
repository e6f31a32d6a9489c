#include "weft/execution/stateless/stateless.hpp"

#include <algorithm>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/execution/validation/verify.hpp"

namespace weft::execution {
namespace {

using state::ReadResult;

std::unexpected<StateError> missing(const char* what, const Hash& hash) {
    return std::unexpected(StateError{std::string(what) + " " + to_hex(hash) + " is missing", {}});
}

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
    [[nodiscard]] ReadResult<std::vector<Hash>> ommers(const Hash& block) const override {
        return source_.ommers(block);
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
};

// --- What a witness answers ---

class WitnessCodes final : public CodeSource {
public:
    explicit WitnessCodes(const Witness& witness) : codes_(witness.codes) {}
    [[nodiscard]] ReadResult<Bytes> code(const Hash& hash) const override {
        const Bytes* const found = codes_.find(hash);
        if (found == nullptr) return missing("code", hash);
        return *found;
    }

private:
    trie::ByHash codes_;
};

class WitnessAncestors final : public Ancestors {
public:
    /// is_merged: see verify_from_witness.
    WitnessAncestors(const Witness& witness, bool is_merged) : is_merged_(is_merged) {
        for (const Header& header : witness.headers)
            headers_.emplace(primitives::header_hash(header), &header);
    }
    [[nodiscard]] ReadResult<std::optional<Header>> header(const Hash& block) const override {
        const auto found = headers_.find(block);
        if (found == headers_.end()) return missing("header of the ancestor", block);
        return *found->second;
    }
    [[nodiscard]] ReadResult<uint256> total_difficulty(const Hash& /*block*/) const override {
        return is_merged_ ? uint256::max() : uint256{};
    }
    [[nodiscard]] ReadResult<std::vector<Hash>> ommers(const Hash& block) const override {
        return missing("list of ommers of the ancestor", block);
    }

private:
    std::map<Hash, const Header*> headers_;
    bool is_merged_;
};

/// Whether the headers are a chain that ends with the block's parent.
std::optional<StateError> check_chain(const Witness& witness, const Hash& parent) {
    Hash expected = parent;
    for (const Header& header : witness.headers) {
        if (primitives::header_hash(header) != expected)
            return missing("header of the ancestor", expected).error();
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
    const AncestorRecorder ancestors(state.ancestors);
    options.executor = ExecutorKind::sequential;
    options.codes = nullptr;  // codes that an older context knows would not be asked for
    ExecutionContext context(std::move(options));
    AskedKeys keys;
    auto result = run(block, config, {nodes, codes, ancestors}, &keys, context, {});
    if (!result) return std::unexpected(std::move(result.error()));
    return Witness{.state = nodes.take(),
                   .codes = codes.take(),
                   .keys = keys.take(),
                   .headers = ancestors.chain_from(block.header.parent_hash)};
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
