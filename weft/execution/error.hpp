#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "weft/state/reader.hpp"

namespace weft::execution {

/// Why a transaction or a block breaks the rules. A transaction's and a header's reasons stand in the order
/// in which they are checked.
enum class Reason : uint8_t {
    // Whether the transaction fits the block: needs everything before it.
    gas_limit_reached,       ///< its gas limit exceeds what is left of the block's
    blob_gas_limit_reached,  ///< EIP-4844
    // What the transaction alone shows.
    invalid_signature,
    type_not_supported,   ///< EIP-2718: not (yet) a type of this fork
    wrong_chain_id,       ///< EIP-155
    gas_limit_too_high,   ///< EIP-7825
    init_code_too_large,  ///< EIP-3860
    nonce_overflow,       ///< EIP-2681
    priority_fee_above_max_fee,
    max_fee_below_base_fee,
    blob_transaction_creates,
    no_blobs,
    too_many_blobs,  ///< in one transaction (EIP-7594)
    invalid_blob_version,
    max_blob_fee_too_low,
    set_code_transaction_creates,
    no_authorizations,
    intrinsic_gas_too_low,
    floor_gas_too_low,  ///< EIP-7623
    // What it shows beside its sender's account.
    sender_has_code,  ///< EIP-3607
    nonce_too_low,
    nonce_too_high,
    insufficient_balance,
    // The block's own.
    system_contract_missing,  ///< EIP-7002, EIP-7251
    system_call_failed,
    invalid_deposit_log,    ///< EIP-6110
    malformed_access_list,  ///< EIP-7928: the list given doesn't decode, or not in the only order
    access_list_too_large,  ///< EIP-7928: more items than the gas limit allows
    access_list_differs,    ///< EIP-7928: the list given is not that of the block
    // Its header beside its parent's (yellow paper, section 4.3.4).
    wrong_block_hash,  ///< a payload names another hash than its block's (Engine API)
    unknown_parent,
    wrong_number,
    timestamp_not_after_parent,
    extra_data_too_long,
    wrong_dao_extra_data,  ///< EIP-779
    wrong_difficulty,
    difficulty_not_zero,  ///< EIP-3675
    nonce_not_zero,       ///< EIP-3675
    ommers_not_empty,     ///< EIP-3675
    gas_limit_above_cap,
    gas_limit_too_low,
    gas_limit_moves_too_far,
    gas_used_above_limit,
    // Fields that came with a fork.
    missing_base_fee,
    unexpected_base_fee,
    missing_withdrawals_root,
    unexpected_withdrawals_root,
    missing_blob_gas_used,
    unexpected_blob_gas_used,
    missing_excess_blob_gas,
    unexpected_excess_blob_gas,
    missing_parent_beacon_block_root,
    unexpected_parent_beacon_block_root,
    missing_requests_hash,
    unexpected_requests_hash,
    missing_access_list_hash,
    unexpected_access_list_hash,
    wrong_base_fee,  ///< EIP-1559
    blob_gas_used_above_limit,
    blob_gas_used_no_multiple,  ///< of a blob's gas (EIP-4844)
    wrong_excess_blob_gas,      ///< EIP-4844, 7691, 7892, 7918
    invalid_seal,
    // Its body beside its header.
    block_too_large,  ///< EIP-7934
    wrong_transactions_root,
    wrong_ommers_hash,
    missing_withdrawals,
    unexpected_withdrawals,
    wrong_withdrawals_root,
    wrong_blob_gas_used,
    // Its ommers (yellow paper, section 11.1).
    too_many_ommers,
    duplicate_ommer,
    ommer_is_ancestor,
    ommer_not_related,
    // What came of it beside its header.
    wrong_gas_used,
    wrong_receipts_root,
    wrong_logs_bloom,
    wrong_requests_hash,
    wrong_access_list_hash,  ///< EIP-7928
    wrong_state_root,
};

/// The reason in words.
[[nodiscard]] std::string_view to_string(Reason reason) noexcept;

/// The block breaks a rule; `transaction` is the index of the first transaction that does, where it is one;
/// `ommer` that of the ommer.
struct InvalidBlock {
    std::optional<size_t> transaction;
    Reason reason{};
    std::optional<size_t> ommer = {};
    friend bool operator==(const InvalidBlock&, const InvalidBlock&) = default;
};

/// The stop token was triggered.
struct Cancelled {
    friend bool operator==(const Cancelled&, const Cancelled&) = default;
};

/// The context's memory budget does not suffice.
struct ResourceLimit {
    friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

/// Why a block has no result. Only InvalidBlock says anything about the block.
using ExecutionError = std::variant<InvalidBlock, StateError, Cancelled, ResourceLimit>;

/// The error in one line.
[[nodiscard]] std::string to_string(const ExecutionError& error);

}  // namespace weft::execution
