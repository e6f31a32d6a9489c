#pragma once

#include <map>

#include "weft/cli/block_test_file.hpp"
#include "weft/execution/validation/verify.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::cli {

/// Ethash for the blocks of one test, which each executor imports: a header is looked at once.
class TestSeals final : public execution::SealVerifier {
public:
    [[nodiscard]] bool verify(const Header& header) const override;

private:
    mutable std::map<Hash, bool> verdicts_;
};

/// The blocks of a test that were imported, side chains too, and the state after whichever of them is needed.
class TestChain final : public execution::Ancestors {
public:
    /// `seals` nullptr: seals are not checked.
    TestChain(const BlockTest& test, const execution::SealVerifier* seals);

    [[nodiscard]] state::ReadResult<std::optional<Header>> header(const Hash& block) const override;
    [[nodiscard]] state::ReadResult<uint256> total_difficulty(const Hash& block) const override;
    [[nodiscard]] state::ReadResult<std::vector<Header>> ommers(const Hash& block) const override;

    /// Verifies a block, and makes it part of the chain if it is valid. access_list: the block's, where it is
    /// known.
    [[nodiscard]] std::expected<execution::BlockResult, execution::ExecutionError> import(
        Block& block, execution::ExecutionContext& context, const BlockAccessList* access_list = nullptr,
        evm::Inspector* inspector = nullptr);

    /// The canonical head: of proof-of-work blocks the one with the largest total difficulty, the first seen
    /// of equals; every valid proof-of-stake block, as if a fork choice followed it.
    [[nodiscard]] const Hash& head() const noexcept { return head_; }
    /// The state after the head.
    [[nodiscard]] const MemoryState& head_state() {
        stand_on(head_);
        return state_;
    }

private:
    struct Node {
        Header header;
        uint256 total_difficulty;
        std::vector<Header> ommers;
        StateDiff diff;
    };

    void stand_on(const Hash& block);
    void append(const Block& block, const StateDiff& diff);

    const BlockTest& test_;
    const execution::SealVerifier* seals_;
    std::map<Hash, Node> nodes_;
    Hash genesis_, head_;
    Hash at_;  ///< the block that state_ comes after
    MemoryState state_;
    std::optional<StateTrie> commitment_;  ///< of state_; absent after a block that failed
};

}  // namespace weft::cli
