// Each rule of a body and of ommers at its boundary.
#include "weft/execution/validation/body.hpp"

#include <gtest/gtest.h>

#include <map>

#include "weft/execution/block_env.hpp"
#include "weft/execution/validation/formulas.hpp"
#include "weft/trie/roots.hpp"

namespace weft::execution {
namespace {

constexpr std::nullopt_t valid = std::nullopt;

/// Makes the header's roots those of the body.
void seal(Block& block) {
    block.header.transactions_root = trie::transactions_root(block.transactions);
    block.header.ommers_hash = primitives::ommers_hash(block.ommers);
    if (block.withdrawals) block.header.withdrawals_root = trie::withdrawals_root(*block.withdrawals);
}

Block block_with(size_t transactions) {
    Block block;
    block.header.base_fee_per_gas = 1;
    for (size_t i = 0; i < transactions; ++i) {
        Transaction& tx = block.transactions.emplace_back();
        tx.nonce = i;
        tx.to.emplace();
    }
    block.withdrawals.emplace();
    seal(block);
    return block;
}

TEST(BodyRules, RootsAreTheHeaders) {
    Block block = block_with(2);
    EXPECT_EQ(validate_body(block, Revision::shanghai), valid);
    std::swap(block.transactions[0], block.transactions[1]);
    EXPECT_EQ(validate_body(block, Revision::shanghai), Reason::wrong_transactions_root);
    seal(block);
    block.ommers.emplace_back();
    EXPECT_EQ(validate_body(block, Revision::shanghai), Reason::wrong_ommers_hash);
}

TEST(BodyRules, Eip4895Withdrawals) {
    Block block = block_with(0);
    block.withdrawals->push_back({.index = 1, .validator_index = 2, .address = {}, .amount = 3});
    EXPECT_EQ(validate_body(block, Revision::shanghai), Reason::wrong_withdrawals_root);
    seal(block);
    EXPECT_EQ(validate_body(block, Revision::shanghai), valid);
    block.withdrawals.reset();
    EXPECT_EQ(validate_body(block, Revision::shanghai), Reason::missing_withdrawals);
    block.header.withdrawals_root.reset();
    EXPECT_EQ(validate_body(block, Revision::paris), valid);
    block.withdrawals.emplace();
    EXPECT_EQ(validate_body(block, Revision::paris), Reason::unexpected_withdrawals);
}

TEST(BodyRules, Eip4844BlobGasIsThatOfTheTransactions) {
    Block block = block_with(2);
    for (Transaction& tx : block.transactions) {
        tx.type = TxType::blob;
        tx.chain_id = 1;
        tx.blob_versioned_hashes.resize(2);
    }
    seal(block);
    block.header.excess_blob_gas = 0;
    block.header.blob_gas_used = 4 * gas_per_blob;
    EXPECT_EQ(validate_body(block, Revision::cancun), valid);
    for (const uint64_t blobs : {3, 5}) {
        block.header.blob_gas_used = blobs * gas_per_blob;
        EXPECT_EQ(validate_body(block, Revision::cancun), Reason::wrong_blob_gas_used);
    }
    block.header.excess_blob_gas.reset();
    block.header.blob_gas_used.reset();
    EXPECT_EQ(validate_body(block, Revision::shanghai), valid);  // execution names the transaction
}

TEST(BodyRules, Eip7934BlockSize) {
    Block block = block_with(1);
    block.transactions[0].data.resize(8'380'000);
    seal(block);
    block.transactions[0].data.resize(8'380'000 + 8'388'608 - primitives::encode(block).size());
    seal(block);
    ASSERT_EQ(primitives::encode(block).size(), 8'388'608U);
    EXPECT_EQ(validate_body(block, Revision::osaka), valid);
    block.transactions[0].data.push_back(0);
    seal(block);
    EXPECT_EQ(validate_body(block, Revision::osaka), Reason::block_too_large);
    EXPECT_EQ(validate_body(block, Revision::prague), valid);
}

// ---- Ommers

/// A Byzantium chain of twelve blocks, each with a sibling that no one includes.
class OmmerRules : public testing::Test, public Ancestors {
protected:
    struct Entry {
        Header header;
        std::vector<Header> ommers;
    };

    OmmerRules() {
        Header genesis;
        genesis.gas_limit = 1'000'000;
        genesis.difficulty = 1'000'000;
        genesis.ommers_hash = primitives::empty_ommers_hash;
        line_.push_back(genesis);
        siblings_.push_back(genesis);
        for (int i = 1; i <= 12; ++i) {
            const Header& parent = line_.back();
            siblings_.push_back(child(parent, 0x51));
            line_.push_back(child(parent, 0x11));
        }
        for (const Header& header : line_) known_[primitives::header_hash(header)] = {header, {}};
    }

    Header child(const Header& parent, uint8_t mark) const {
        Header header = parent;
        header.parent_hash = primitives::header_hash(parent);
        header.number = parent.number + 1;
        header.timestamp = parent.timestamp + 10;
        header.extra_data = {mark};
        header.difficulty = next_difficulty(parent, header.timestamp, config_);
        return header;
    }
    /// The verdict on block 12 with these ommers.
    [[nodiscard]] std::optional<ExecutionError> with(std::vector<Header> ommers,
                                                     const SealVerifier* seals = nullptr) const {
        Block block;
        block.header = line_[12];
        block.ommers = std::move(ommers);
        return validate_ommers(block, config_, *this, seals);
    }
    static std::optional<ExecutionError> invalid(Reason reason, size_t ommer = 0) {
        return InvalidBlock{std::nullopt, reason, ommer};
    }

    state::ReadResult<std::optional<Header>> header(const Hash& block) const override {
        if (failing_) return std::unexpected(StateError{"the disk failed"});
        const auto entry = known_.find(block);
        return entry == known_.end() ? std::nullopt : std::optional(entry->second.header);
    }
    state::ReadResult<uint256> total_difficulty(const Hash&) const override { return uint256{}; }
    state::ReadResult<std::vector<Header>> ommers(const Hash& block) const override {
        return known_.at(block).ommers;
    }

    ChainConfig config_ = primitives::named_chain("Byzantium").value();
    std::vector<Header> line_, siblings_;  ///< by number; siblings have the same parent
    std::map<Hash, Entry> known_;
    bool failing_ = false;
};

TEST_F(OmmerRules, AreSiblingsOfTheSixGenerationsBefore) {
    EXPECT_EQ(with({siblings_[12]}), invalid(Reason::ommer_not_related)) << "the block's own sibling";
    for (size_t number = 6; number <= 11; ++number)
        EXPECT_EQ(with({siblings_[number]}), valid) << "of generation " << 12 - number;
    EXPECT_EQ(with({siblings_[5]}), invalid(Reason::ommer_not_related)) << "of the seventh";
    EXPECT_EQ(with({child(siblings_[10], 0)}), invalid(Reason::ommer_not_related)) << "a side chain's second";
}

TEST_F(OmmerRules, AreTwoAtMost) {
    EXPECT_EQ(with({siblings_[11], siblings_[10]}), valid);
    EXPECT_EQ(with({siblings_[11], siblings_[10], siblings_[9]}),
              ExecutionError(InvalidBlock{std::nullopt, Reason::too_many_ommers}));
}

TEST_F(OmmerRules, AreIncludedOnce) {
    EXPECT_EQ(with({siblings_[11], siblings_[11]}), invalid(Reason::duplicate_ommer, 1));
    known_.at(primitives::header_hash(line_[8])).ommers = {siblings_[7]};
    EXPECT_EQ(with({siblings_[7]}), invalid(Reason::duplicate_ommer));
}

TEST_F(OmmerRules, AreNoAncestors) {
    EXPECT_EQ(with({line_[11]}), invalid(Reason::ommer_is_ancestor));
    EXPECT_EQ(with({line_[6]}), invalid(Reason::ommer_is_ancestor));
    EXPECT_EQ(with({line_[12]}), invalid(Reason::ommer_not_related)) << "the block itself";
}

TEST_F(OmmerRules, HaveValidHeaders) {
    Header ommer = siblings_[9];
    ommer.difficulty += 1;
    EXPECT_EQ(with({siblings_[11], ommer}), invalid(Reason::wrong_difficulty, 1));
    ommer = siblings_[9];
    ommer.extra_data.resize(33);
    EXPECT_EQ(with({ommer}), invalid(Reason::extra_data_too_long));
}

TEST_F(OmmerRules, HaveValidSealsWhereTheyAreAskedFor) {
    struct OnlyOdd final : SealVerifier {
        bool verify(const Header& header) const override { return header.number % 2 == 1; }
    } const seals;
    EXPECT_EQ(with({siblings_[11], siblings_[9]}, &seals), valid);
    EXPECT_EQ(with({siblings_[11], siblings_[10]}, &seals), invalid(Reason::invalid_seal, 1));
    EXPECT_EQ(with({siblings_[11], siblings_[10]}), valid);
}

TEST_F(OmmerRules, AFailedReadIsNoVerdict) {
    failing_ = true;
    EXPECT_EQ(with({siblings_[11]}), ExecutionError(StateError{"the disk failed"}));
    EXPECT_EQ(with({}), valid);
}

}  // namespace
}  // namespace weft::execution
