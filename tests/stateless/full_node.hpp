#pragma once

#include <map>

#include "weft/execution/stateless/stateless.hpp"

namespace weft::tests {

/// A node with a whole chain and every state of it: trie nodes and codes by hash.
class FullNode final : public execution::Ancestors, public execution::CodeSource {
public:
    FullNode(const Header& genesis, const MemoryState& state) {
        trie::StateTrie trie(state, {.writer = &nodes_});
        genesis_root_ = *trie.root();
        state.for_each_account([&](const Address&, const Account& account) {
            if (const Bytes* const code = state.find_code(account.code_hash))
                codes_[account.code_hash] = *code;
        });
        const Hash hash = primitives::header_hash(genesis);
        blocks_[hash] = {genesis, genesis.difficulty, {}};
    }

    [[nodiscard]] const Hash& genesis_root() const noexcept { return genesis_root_; }
    [[nodiscard]] const trie::NodeMap& nodes() const noexcept { return nodes_; }
    [[nodiscard]] execution::FullState state() const noexcept { return {nodes_, *this, *this}; }

    /// Takes a valid block in. Returns the root after it.
    Hash append(const Block& block, const StateDiff& diff) {
        const Known& parent = blocks_.at(block.header.parent_hash);
        trie::StateTrie trie(parent.header.state_root, {.source = &nodes_, .writer = &nodes_});
        trie.commit(diff);
        for (const state::CodeDiff& code : diff.codes) codes_[code.hash] = code.code;
        Known known{block.header, parent.total_difficulty + block.header.difficulty, block.ommers};
        blocks_.emplace(primitives::header_hash(block.header), std::move(known));
        return trie.root().value_or(Hash{});
    }

    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& hash) const override {
        const auto found = codes_.find(hash);
        if (found == codes_.end()) return std::unexpected(StateError{"no such code", {}});
        return found->second;
    }
    [[nodiscard]] state::ReadResult<std::optional<Header>> header(const Hash& block) const override {
        const auto found = blocks_.find(block);
        if (found == blocks_.end()) return std::optional<Header>{};
        return std::optional<Header>{found->second.header};
    }
    [[nodiscard]] state::ReadResult<uint256> total_difficulty(const Hash& block) const override {
        return blocks_.at(block).total_difficulty;
    }
    [[nodiscard]] state::ReadResult<std::vector<Header>> ommers(const Hash& block) const override {
        return blocks_.at(block).ommers;
    }

private:
    struct Known {
        Header header;
        uint256 total_difficulty;
        std::vector<Header> ommers;
    };
    trie::NodeMap nodes_;
    Hash genesis_root_;
    std::map<Hash, Bytes> codes_;
    std::map<Hash, Known> blocks_;
};

}  // namespace weft::tests
