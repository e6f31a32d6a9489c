// Each rule of a header at its boundary.
#include "weft/execution/validation/header.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/base/hex.hpp"
#include "weft/execution/block_env.hpp"
#include "weft/execution/validation/formulas.hpp"

namespace weft::execution {
namespace {

constexpr uint64_t gwei = 1'000'000'000;

ChainConfig chain(std::string_view fork) { return primitives::named_chain(fork).value(); }

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// A parent and a valid header after it.
class HeaderRules : public testing::Test {
protected:
    HeaderRules() { use("Osaka"); }

    void use(std::string_view fork, bool merged = true) {
        config_ = chain(fork);
        merged_ = merged;
        parent_ = {};
        parent_.number = 99;
        parent_.timestamp = 1'000;
        parent_.gas_limit = 30'720'000;  // 1024 * 30000
        parent_.gas_used = 15'360'000;
        parent_.ommers_hash = primitives::empty_ommers_hash;
        parent_.difficulty = merged ? 0 : 1'000'000;
        complete(parent_, 12);
        header_ = parent_;
        header_.number = 100;
        header_.timestamp = 1'012;
        if (!merged) header_.difficulty = next_difficulty(parent_, header_.timestamp, config_);
        complete(header_, 12);
    }
    /// Gives a header the fields of its fork.
    void complete(Header& header, uint64_t excess_blobs) const {
        const Revision revision = config_.revision(header.number, header.timestamp, merged_);
        if (revision >= Revision::london) header.base_fee_per_gas = gwei;
        if (revision >= Revision::shanghai) header.withdrawals_root.emplace();
        if (revision >= Revision::cancun) {
            header.blob_gas_used = gas_per_blob * config_.blob_params(header.timestamp)->target;
            header.excess_blob_gas = gas_per_blob * excess_blobs;
            header.parent_beacon_block_root.emplace();
        }
        if (revision >= Revision::prague) header.requests_hash.emplace();
        if (revision >= Revision::amsterdam) header.block_access_list_hash.emplace();
    }
    [[nodiscard]] std::optional<Reason> verdict() const {
        return validate_header(header_, parent_, config_, merged_);
    }
    /// The verdict on a header that differs in one way.
    template <class Change>
    [[nodiscard]] std::optional<Reason> with(Change&& change) const {
        Header changed = header_;
        change(changed);
        return validate_header(changed, parent_, config_, merged_);
    }

    ChainConfig config_;
    bool merged_ = true;
    Header parent_, header_;
};

constexpr std::nullopt_t valid = std::nullopt;

TEST_F(HeaderRules, HoldForWhatEveryForkBuilds) {
    for (const char* fork : {"Frontier", "Homestead", "EIP150", "EIP158", "Byzantium", "Constantinople",
                             "Istanbul", "MuirGlacier", "Berlin", "London", "ArrowGlacier", "GrayGlacier"}) {
        use(fork, false);
        EXPECT_EQ(verdict(), valid) << fork;
    }
    for (const char* fork : {"Paris", "Shanghai", "Cancun", "Prague"}) {
        use(fork);
        EXPECT_EQ(verdict(), valid) << fork;
    }
}

TEST_F(HeaderRules, NumberFollowsTheParents) {
    use("Prague");
    EXPECT_EQ(with([](Header& h) { h.number = 99; }), Reason::wrong_number);
    EXPECT_EQ(with([](Header& h) { h.number = 101; }), Reason::wrong_number);
}

TEST_F(HeaderRules, TimestampIsLaterThanTheParents) {
    use("Prague");
    EXPECT_EQ(with([](Header& h) { h.timestamp = 999; }), Reason::timestamp_not_after_parent);
    EXPECT_EQ(with([](Header& h) { h.timestamp = 1'000; }), Reason::timestamp_not_after_parent);
    EXPECT_EQ(with([](Header& h) { h.timestamp = 1'001; }), valid);
}

TEST_F(HeaderRules, ExtraDataHasAtMost32Bytes) {
    use("Prague");
    EXPECT_EQ(with([](Header& h) { h.extra_data.resize(32); }), valid);
    EXPECT_EQ(with([](Header& h) { h.extra_data.resize(33); }), Reason::extra_data_too_long);
}

TEST_F(HeaderRules, Eip779ExtraDataOfTenBlocks) {
    for (const bool support : {true, false}) {
        use("Homestead", false);
        config_.dao_fork_block = 95;
        config_.dao_fork_support = support;
        const auto at = [&](uint64_t number, std::string_view extra_data) {
            parent_.number = number - 1;
            return with([&](Header& h) {
                h.number = number;
                h.extra_data = bytes_of(extra_data);
            });
        };
        const std::optional<Reason> follower =
            support ? std::nullopt : std::optional(Reason::wrong_dao_extra_data);
        const std::optional<Reason> other =
            support ? std::optional(Reason::wrong_dao_extra_data) : std::nullopt;
        EXPECT_EQ(at(94, "anything"), valid);
        for (const uint64_t number : {95, 104}) {
            EXPECT_EQ(at(number, "dao-hard-fork"), follower) << number;
            EXPECT_EQ(at(number, "dao-hard-forks"), other) << number;
            EXPECT_EQ(at(number, ""), other) << number;
        }
        EXPECT_EQ(at(105, "anything"), valid);
        EXPECT_EQ(at(105, "dao-hard-fork"), valid);
    }
}

TEST_F(HeaderRules, DifficultyIsTheFormulas) {
    use("Byzantium", false);
    EXPECT_EQ(with([](Header& h) { h.difficulty += 1; }), Reason::wrong_difficulty);
    EXPECT_EQ(with([](Header& h) { h.difficulty -= 1; }), Reason::wrong_difficulty);
    EXPECT_EQ(with([](Header& h) { h.difficulty = 0; }), Reason::wrong_difficulty);
}

TEST_F(HeaderRules, Eip3675ConstantFields) {
    use("Paris");
    EXPECT_EQ(with([](Header& h) { h.difficulty = 1; }), Reason::difficulty_not_zero);
    EXPECT_EQ(with([](Header& h) { h.nonce[7] = 1; }), Reason::nonce_not_zero);
    EXPECT_EQ(with([](Header& h) { h.ommers_hash[0] ^= 1; }), Reason::ommers_not_empty);
    EXPECT_EQ(with([](Header& h) { h.mix_hash[0] = 1; }), valid) << "prevRandao";
    use("Byzantium", false);
    EXPECT_EQ(with([](Header& h) { h.nonce[7] = 1; }), valid);
}

TEST_F(HeaderRules, GasLimitMovesByLessThanA1024th) {
    use("Prague");
    const auto at = [&](uint64_t limit) { return with([&](Header& h) { h.gas_limit = limit; }); };
    EXPECT_EQ(at(30'720'000 + 29'999), valid);
    EXPECT_EQ(at(30'720'000 + 30'000), Reason::gas_limit_moves_too_far);
    EXPECT_EQ(at(30'720'000 - 29'999), valid);
    EXPECT_EQ(at(30'720'000 - 30'000), Reason::gas_limit_moves_too_far);
}

TEST_F(HeaderRules, GasLimitHasBounds) {
    use("Byzantium", false);
    const auto at = [&](uint64_t limit, uint64_t before) {
        parent_.gas_limit = before;
        return with([&](Header& h) {
            h.gas_limit = limit;
            h.gas_used = 0;
        });
    };
    EXPECT_EQ(at(5'000, 5'001), valid);
    EXPECT_EQ(at(4'999, 5'000), Reason::gas_limit_too_low);
    constexpr uint64_t cap = 0x7fff'ffff'ffff'ffff;
    EXPECT_EQ(at(cap, cap), valid);
    EXPECT_EQ(at(cap + 1, cap), Reason::gas_limit_above_cap);
}

TEST_F(HeaderRules, Eip1559DoublesTheGasLimitOnce) {
    use("London", false);
    parent_.base_fee_per_gas.reset();  // the parent is the last block before London
    const auto at = [&](uint64_t limit) { return with([&](Header& h) { h.gas_limit = limit; }); };
    EXPECT_EQ(at(61'440'000), valid);
    EXPECT_EQ(at(61'440'000 + 59'999), valid);
    EXPECT_EQ(at(61'440'000 + 60'000), Reason::gas_limit_moves_too_far);
    EXPECT_EQ(at(30'720'000), Reason::gas_limit_moves_too_far);
    EXPECT_EQ(with([](Header& h) {
                  h.gas_limit = 61'440'000;
                  h.base_fee_per_gas = gwei + 1;
              }),
              Reason::wrong_base_fee);
}

TEST_F(HeaderRules, GasUsedFitsTheLimit) {
    use("Prague");
    EXPECT_EQ(with([](Header& h) { h.gas_used = h.gas_limit; }), valid);
    EXPECT_EQ(with([](Header& h) { h.gas_used = h.gas_limit + 1; }), Reason::gas_used_above_limit);
}

TEST_F(HeaderRules, FieldsComeWithTheirFork) {
    struct Field {
        const char *before, *since;
        void (*set)(Header&);
        void (*clear)(Header&);
        Reason unexpected, missing;
    };
    const Field fields[] = {
        {"Berlin", "London", [](Header& h) { h.base_fee_per_gas = gwei; },
         [](Header& h) { h.base_fee_per_gas.reset(); }, Reason::unexpected_base_fee,
         Reason::missing_base_fee},
        {"Paris", "Shanghai", [](Header& h) { h.withdrawals_root.emplace(); },
         [](Header& h) { h.withdrawals_root.reset(); }, Reason::unexpected_withdrawals_root,
         Reason::missing_withdrawals_root},
        {"Shanghai", "Cancun", [](Header& h) { h.blob_gas_used = 0; },
         [](Header& h) { h.blob_gas_used.reset(); }, Reason::unexpected_blob_gas_used,
         Reason::missing_blob_gas_used},
        {"Shanghai", "Cancun", [](Header& h) { h.excess_blob_gas = 0; },
         [](Header& h) { h.excess_blob_gas.reset(); }, Reason::unexpected_excess_blob_gas,
         Reason::missing_excess_blob_gas},
        {"Shanghai", "Cancun", [](Header& h) { h.parent_beacon_block_root.emplace(); },
         [](Header& h) { h.parent_beacon_block_root.reset(); }, Reason::unexpected_parent_beacon_block_root,
         Reason::missing_parent_beacon_block_root},
        {"Cancun", "Prague", [](Header& h) { h.requests_hash.emplace(); },
         [](Header& h) { h.requests_hash.reset(); }, Reason::unexpected_requests_hash,
         Reason::missing_requests_hash},
        {"Osaka", "Amsterdam", [](Header& h) { h.block_access_list_hash.emplace(); },
         [](Header& h) { h.block_access_list_hash.reset(); }, Reason::unexpected_access_list_hash,
         Reason::missing_access_list_hash},
    };
    for (const Field& field : fields) {
        SCOPED_TRACE(to_string(field.missing));
        const auto merged = [](std::string_view fork) { return fork != "Berlin" && fork != "London"; };
        use(field.before, merged(field.before));
        EXPECT_EQ(with(field.set), field.unexpected);
        use(field.since, merged(field.since));
        EXPECT_EQ(with(field.clear), field.missing);
    }
}

TEST_F(HeaderRules, Eip1559BaseFeeIsTheFormulas) {
    use("London", false);
    EXPECT_EQ(with([](Header& h) { h.base_fee_per_gas = gwei + 1; }), Reason::wrong_base_fee);
    EXPECT_EQ(with([](Header& h) { h.base_fee_per_gas = gwei - 1; }), Reason::wrong_base_fee);
}

TEST_F(HeaderRules, Eip4844BlobGasOfTheBlock) {
    use("Prague");
    const auto at = [&](uint64_t gas) { return with([&](Header& h) { h.blob_gas_used = gas; }); };
    EXPECT_EQ(at(0), valid);
    EXPECT_EQ(at(9 * gas_per_blob), valid);  // EIP-7691
    EXPECT_EQ(at(10 * gas_per_blob), Reason::blob_gas_used_above_limit);
    EXPECT_EQ(at(9 * gas_per_blob - 1), Reason::blob_gas_used_no_multiple);
    EXPECT_EQ(with([](Header& h) { *h.excess_blob_gas += 1; }), Reason::wrong_excess_blob_gas);
    use("Cancun");
    EXPECT_EQ(at(6 * gas_per_blob), valid);
    EXPECT_EQ(at(7 * gas_per_blob), Reason::blob_gas_used_above_limit);
}

TEST_F(HeaderRules, Eip7892BlobParametersOfTheTime) {
    config_ = chain("OsakaToBPO1AtTime15k");
    parent_.timestamp = 14'998;
    parent_.excess_blob_gas = 100 * gas_per_blob;
    parent_.blob_gas_used = 0;
    parent_.base_fee_per_gas = 1;
    parent_.gas_used = parent_.gas_limit / 2;
    header_.base_fee_per_gas = 1;
    const auto at = [&](uint64_t timestamp, uint64_t blobs, uint64_t excess_blobs) {
        return with([&](Header& h) {
            h.timestamp = timestamp;
            h.blob_gas_used = blobs * gas_per_blob;
            h.excess_blob_gas = excess_blobs * gas_per_blob;
        });
    };
    EXPECT_EQ(at(14'999, 9, 94), valid);
    EXPECT_EQ(at(14'999, 10, 94), Reason::blob_gas_used_above_limit);
    EXPECT_EQ(at(14'999, 9, 90), Reason::wrong_excess_blob_gas);
    EXPECT_EQ(at(15'000, 15, 90), valid);
    EXPECT_EQ(at(15'000, 16, 90), Reason::blob_gas_used_above_limit);
    EXPECT_EQ(at(15'000, 9, 94), Reason::wrong_excess_blob_gas);
}

// ---- Formulas

TEST(Formulas, DifficultyOfMainnetsFirstBlock) {
    Header genesis;
    genesis.difficulty = 17'179'869'184;
    genesis.ommers_hash = primitives::empty_ommers_hash;
    EXPECT_EQ(next_difficulty(genesis, 1'438'269'988, primitives::mainnet()), uint256{17'171'480'576});
}

TEST(Formulas, DifficultyNeverFallsBelowTheLeast) {
    Header parent;
    parent.difficulty = least_difficulty;
    parent.ommers_hash = primitives::empty_ommers_hash;
    for (const char* fork : {"Frontier", "Homestead", "Byzantium"})
        EXPECT_EQ(next_difficulty(parent, 100'000, chain(fork)), uint256{least_difficulty}) << fork;
}

// EIP-1559's formula on the values of go-ethereum's TestCalcBaseFee, and mainnet's second London block.
TEST(Formulas, Eip1559BaseFee) {
    Header parent;
    parent.gas_limit = 20'000'000;
    const auto after = [&](uint64_t base_fee, uint64_t used) {
        parent.base_fee_per_gas = base_fee;
        parent.gas_used = used;
        return next_base_fee(parent);
    };
    EXPECT_EQ(after(gwei, 10'000'000), uint256{gwei});
    EXPECT_EQ(after(gwei, 9'000'000), uint256{987'500'000});
    EXPECT_EQ(after(gwei, 11'000'000), uint256{1'012'500'000});
    EXPECT_EQ(after(7, 10'000'001), uint256{8}) << "it rises by one at least";
    EXPECT_EQ(after(7, 9'999'999), uint256{7});
    parent.gas_limit = 30'029'122;
    EXPECT_EQ(after(gwei, 30'025'257), uint256{1'124'967'822});
    parent.base_fee_per_gas.reset();
    EXPECT_EQ(next_base_fee(parent), uint256{gwei});
}

// The values of go-ethereum's TestCalcExcessBlobGas (target 3).
TEST(Formulas, Eip4844ExcessBlobGas) {
    const ChainConfig config = chain("Cancun");
    const auto after = [&](uint64_t excess, uint64_t blobs) {
        Header parent;
        parent.excess_blob_gas = excess;
        parent.blob_gas_used = blobs * gas_per_blob;
        return next_excess_blob_gas(parent, 1, config);
    };
    constexpr uint64_t target = 3 * gas_per_blob;
    EXPECT_EQ(after(0, 0), 0U);
    EXPECT_EQ(after(0, 1), 0U);
    EXPECT_EQ(after(0, 3), 0U);
    EXPECT_EQ(after(0, 4), gas_per_blob);
    EXPECT_EQ(after(1, 4), gas_per_blob + 1);
    EXPECT_EQ(after(target, 3), target);
    EXPECT_EQ(after(target, 2), target - gas_per_blob);
    EXPECT_EQ(after(gas_per_blob - 1, 2), 0U);
    EXPECT_EQ(next_excess_blob_gas(Header{}, 1, config), 0U) << "the parent is the last before Cancun";
}

// Up to the last that 256 bits hold the price is what unbounded integers give.
TEST(Formulas, Eip4844BlobBaseFeeOfAnyExcess) {
    const auto price = [](uint64_t excess, uint64_t fraction) {
        return base::to_quantity(
            blob_base_fee(excess, {.target = 3, .max = 6, .base_fee_update_fraction = fraction}));
    };
    EXPECT_EQ(price(0, 3338477), "0x1");
    EXPECT_EQ(price(2314057, 3338477), "0x1");
    EXPECT_EQ(price(2314058, 3338477), "0x2");
    EXPECT_EQ(price(470'000'000, 3338477), "0x89d096906a1fa49777aeebcbc1d3b8a3e42abcf49d216c74b07");
    EXPECT_EQ(price(500'000'000, 3338477), "0x10ce22ab45809aee5874013c7c5cc21a469b331be0702f60719a490");
    EXPECT_EQ(price(uint64_t{1} << 63, uint64_t{1} << 56),
              "0x195e54c5dd42177f53f33f365ea905440efa13de5f31787");
    EXPECT_EQ(price(177, 1), "0xa3ef3f14b98c47625f22f1693ec89c27052649a6d9530006ce9c8bca6b7b6379");
    EXPECT_EQ(price(178, 1), base::to_quantity(uint256::max()));
    EXPECT_EQ(price(592'400'000, 3338477), base::to_quantity(uint256::max()));
    EXPECT_EQ(price(~uint64_t{0}, 1), base::to_quantity(uint256::max()));
    EXPECT_EQ(price(~uint64_t{0}, ~uint64_t{0}), "0x2");
}

// EIP-7918: while 2^13 times the base fee exceeds a blob's price, the excess falls no more, and rises by a
// third of what is used (max 9, target 6).
TEST(Formulas, Eip7918ReservePrice) {
    Header parent;
    parent.excess_blob_gas = 10 * gas_per_blob;  // a blob base fee of 1
    parent.blob_gas_used = 3 * gas_per_blob;
    parent.base_fee_per_gas = 16;  // 2^13 * 16 == 2^17 * 1
    EXPECT_EQ(next_excess_blob_gas(parent, 1, chain("Osaka")), 7 * gas_per_blob);
    parent.base_fee_per_gas = 17;
    EXPECT_EQ(next_excess_blob_gas(parent, 1, chain("Osaka")), 11 * gas_per_blob);
    EXPECT_EQ(next_excess_blob_gas(parent, 1, chain("Prague")), 7 * gas_per_blob);
    parent.excess_blob_gas = 2 * gas_per_blob;  // below the target together: zero comes first
    EXPECT_EQ(next_excess_blob_gas(parent, 1, chain("Osaka")), 0U);
}

}  // namespace
}  // namespace weft::execution
