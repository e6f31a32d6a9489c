#include "weft/cli/test_chain.hpp"

#include <ranges>

#include "weft/cli/state_before.hpp"

namespace weft::cli {
namespace {

/// The state after a block of a chain; BLOCKHASH walks back from it.
class ChainState final : public StateBefore {
public:
    ChainState(const execution::Ancestors& chain, const Hash& tip, const MemoryState& state)
        : StateBefore(state), chain_(chain), tip_(tip) {}
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override {
        Hash hash = tip_;
        for (auto header = chain_.header(hash); header && *header; header = chain_.header(hash)) {
            if ((*header)->number == number) return hash;
            hash = (*header)->parent_hash;
        }
        return Hash{};
    }

private:
    const execution::Ancestors& chain_;
    const Hash& tip_;
};

}  // namespace

bool TestSeals::verify(const Header& header) const {
    // One for all tests: an epoch's cache takes a second to make.
    static const execution::EthashVerifier ethash;
    const auto [entry, is_new] = verdicts_.try_emplace(primitives::header_hash(header));
    if (is_new) entry->second = ethash.verify(header);
    return entry->second;
}

TestChain::TestChain(const BlockTest& test, const execution::SealVerifier* seals)
    : test_(test),
      seals_(seals),
      genesis_(primitives::header_hash(test.genesis)),
      head_(genesis_),
      at_(genesis_),
      state_(test.pre),
      commitment_(test.pre) {
    nodes_.emplace(genesis_, Node{test.genesis, test.genesis.difficulty, {}, {}});
}

state::ReadResult<std::optional<Header>> TestChain::header(const Hash& block) const {
    const auto node = nodes_.find(block);
    return node == nodes_.end() ? std::nullopt : std::optional(node->second.header);
}

state::ReadResult<uint256> TestChain::total_difficulty(const Hash& block) const {
    return nodes_.at(block).total_difficulty;
}

state::ReadResult<std::vector<Header>> TestChain::ommers(const Hash& block) const {
    return nodes_.at(block).ommers;
}

/// Makes state_ the state after `block`: forward along the chain where it stands before it, else anew from
/// the first block.
void TestChain::stand_on(const Hash& block) {
    std::vector<const StateDiff*> diffs;
    Hash hash = block;
    while (hash != at_ && hash != genesis_) {
        const Node& node = nodes_.at(hash);
        diffs.push_back(&node.diff);
        hash = node.header.parent_hash;
    }
    if (hash != at_) state_ = test_.pre;
    if (at_ != block) commitment_.reset();
    for (const StateDiff* diff : diffs | std::views::reverse) state_.apply(*diff);
    at_ = block;
}

std::expected<execution::BlockResult, execution::ExecutionError> TestChain::import(
    Block& block, execution::ExecutionContext& context, const BlockAccessList* access_list,
    evm::Inspector* inspector) {
    if (nodes_.contains(block.header.parent_hash)) stand_on(block.header.parent_hash);
    if (!commitment_) commitment_.emplace(state_);
    const ChainState state(*this, block.header.parent_hash, state_);
    execution::ExecutionOptions options;
    options.access_list = access_list;
    options.inspector = inspector;
    const execution::Ground ground{test_.config, *this, state, *commitment_, seals_};
    auto result = execution::verify_block(block, ground, context, options);
    if (result) {
        append(block, result->diff);
    } else {
        commitment_.reset();
    }
    return result;
}

void TestChain::append(const Block& block, const StateDiff& diff) {
    const Hash hash = primitives::header_hash(block.header);
    const uint256 total = nodes_.at(block.header.parent_hash).total_difficulty + block.header.difficulty;
    if (block.header.difficulty.is_zero() || total > nodes_.at(head_).total_difficulty) head_ = hash;
    nodes_.try_emplace(hash, Node{block.header, total, block.ommers, diff});
    state_.apply(diff);
    at_ = hash;
}

}  // namespace weft::cli
