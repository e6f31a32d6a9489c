#include "weft/execution/validation/header.hpp"

#include <algorithm>

#include "weft/execution/block_env.hpp"
#include "weft/execution/validation/formulas.hpp"

namespace weft::execution {
namespace {

constexpr size_t longest_extra_data = 32;
constexpr std::string_view dao_extra_data = "dao-hard-fork";  ///< EIP-779
constexpr uint64_t dao_extra_data_blocks = 10;                ///< EIP-779

bool has_extra_data(const Header& header, std::string_view text) noexcept {
    return std::ranges::equal(header.extra_data, text, {}, {},
                              [](char c) { return static_cast<uint8_t>(c); });
}

/// EIP-779: ten blocks from the fork on say "dao-hard-fork", and only they on a chain that follows the fork.
bool is_dao_extra_data_right(const Header& header, const ChainConfig& config) noexcept {
    if (!config.dao_fork_block || header.number < *config.dao_fork_block ||
        header.number - *config.dao_fork_block >= dao_extra_data_blocks)
        return true;
    return has_extra_data(header, dao_extra_data) == config.dao_fork_support;
}

/// EIP-3675 makes constants of what proof of work needed.
std::optional<Reason> validate_proof_of_stake(const Header& header) noexcept {
    if (!header.difficulty.is_zero()) return Reason::difficulty_not_zero;
    if (std::ranges::any_of(header.nonce, [](uint8_t byte) { return byte != 0; }))
        return Reason::nonce_not_zero;
    if (header.ommers_hash != primitives::empty_ommers_hash) return Reason::ommers_not_empty;
    return std::nullopt;
}

std::optional<Reason> validate_gas(const Header& header, const Header& parent, Revision revision) noexcept {
    if (header.gas_limit > largest_gas_limit) return Reason::gas_limit_above_cap;
    if (header.gas_limit < least_gas_limit) return Reason::gas_limit_too_low;
    if (!may_follow(header.gas_limit, parent, revision)) return Reason::gas_limit_moves_too_far;
    if (header.gas_used > header.gas_limit) return Reason::gas_used_above_limit;
    return std::nullopt;
}

/// Each fork's fields are there from it on, and not before.
std::optional<Reason> validate_presence(const Header& header, Revision revision) noexcept {
    struct Field {
        bool present;
        Revision since;
        Reason missing, unexpected;
    };
    const Field fields[] = {
        {header.base_fee_per_gas.has_value(), Revision::london, Reason::missing_base_fee,
         Reason::unexpected_base_fee},
        {header.withdrawals_root.has_value(), Revision::shanghai, Reason::missing_withdrawals_root,
         Reason::unexpected_withdrawals_root},
        {header.blob_gas_used.has_value(), Revision::cancun, Reason::missing_blob_gas_used,
         Reason::unexpected_blob_gas_used},
        {header.excess_blob_gas.has_value(), Revision::cancun, Reason::missing_excess_blob_gas,
         Reason::unexpected_excess_blob_gas},
        {header.parent_beacon_block_root.has_value(), Revision::cancun,
         Reason::missing_parent_beacon_block_root, Reason::unexpected_parent_beacon_block_root},
        {header.requests_hash.has_value(), Revision::prague, Reason::missing_requests_hash,
         Reason::unexpected_requests_hash},
        {header.block_access_list_hash.has_value(), Revision::amsterdam, Reason::missing_access_list_hash,
         Reason::unexpected_access_list_hash},
    };
    for (const Field& field : fields) {
        const bool expected = revision >= field.since;
        if (expected && !field.present) return field.missing;
        if (!expected && field.present) return field.unexpected;
    }
    return std::nullopt;
}

/// EIP-4844. Precondition: the fields are there.
std::optional<Reason> validate_blob_gas(const Header& header, const Header& parent,
                                        const ChainConfig& config) {
    const BlobParams params = config.blob_params(header.timestamp).value_or(BlobParams{});
    if (*header.blob_gas_used > gas_per_blob * params.max) return Reason::blob_gas_used_above_limit;
    if (*header.blob_gas_used % gas_per_blob != 0) return Reason::blob_gas_used_no_multiple;
    if (*header.excess_blob_gas != next_excess_blob_gas(parent, header.timestamp, config))
        return Reason::wrong_excess_blob_gas;
    return std::nullopt;
}

}  // namespace

std::optional<Reason> validate_header(const Header& header, const Header& parent, const ChainConfig& config,
                                      bool merged) {
    if (header.number != parent.number + 1) return Reason::wrong_number;
    if (header.timestamp <= parent.timestamp) return Reason::timestamp_not_after_parent;
    if (header.extra_data.size() > longest_extra_data) return Reason::extra_data_too_long;
    if (!is_dao_extra_data_right(header, config)) return Reason::wrong_dao_extra_data;
    if (merged) {
        if (const auto reason = validate_proof_of_stake(header)) return reason;
    } else if (header.difficulty != next_difficulty(parent, header.timestamp, config)) {
        return Reason::wrong_difficulty;
    }
    const Revision revision = config.revision(header.number, header.timestamp, merged);
    if (const auto reason = validate_gas(header, parent, revision)) return reason;
    if (const auto reason = validate_presence(header, revision)) return reason;
    if (revision >= Revision::london && *header.base_fee_per_gas != next_base_fee(parent))
        return Reason::wrong_base_fee;
    if (revision >= Revision::cancun) return validate_blob_gas(header, parent, config);
    return std::nullopt;
}

}  // namespace weft::execution
