#include "weft/cli/exceptions.hpp"

#include <span>
#include <utility>

namespace weft::cli {
namespace {

using execution::Reason;

/// An exception's name and one reason that it stands for; no reason: the block can't be decoded.
struct Row {
    std::string_view name;
    std::optional<Reason> reason;
};

constexpr std::optional<Reason> undecodable = std::nullopt;

constexpr Row transaction_exceptions[] = {
    {"INTRINSIC_GAS_TOO_LOW", Reason::intrinsic_gas_too_low},
    {"INTRINSIC_GAS_TOO_LOW", Reason::floor_gas_too_low},
    {"INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", Reason::floor_gas_too_low},
    {"INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", Reason::intrinsic_gas_too_low},
    {"INSUFFICIENT_ACCOUNT_FUNDS", Reason::insufficient_balance},
    {"INSUFFICIENT_MAX_FEE_PER_GAS", Reason::max_fee_below_base_fee},
    {"INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", Reason::max_blob_fee_too_low},
    {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS", Reason::priority_fee_above_max_fee},
    {"GAS_ALLOWANCE_EXCEEDED", Reason::gas_limit_reached},
    {"GAS_LIMIT_EXCEEDS_MAXIMUM", Reason::gas_limit_too_high},
    {"NONCE_IS_MAX", Reason::nonce_overflow},
    {"NONCE_MISMATCH_TOO_LOW", Reason::nonce_too_low},
    {"NONCE_MISMATCH_TOO_HIGH", Reason::nonce_too_high},
    {"SENDER_NOT_EOA", Reason::sender_has_code},
    {"INITCODE_SIZE_EXCEEDED", Reason::init_code_too_large},
    {"INVALID_CHAINID", Reason::wrong_chain_id},
    {"INVALID_SIGNATURE_VRS", Reason::invalid_signature},
    {"TYPE_NOT_SUPPORTED", Reason::type_not_supported},
    {"TYPE_1_TX_PRE_FORK", Reason::type_not_supported},
    {"TYPE_2_TX_PRE_FORK", Reason::type_not_supported},
    {"TYPE_3_TX_PRE_FORK", Reason::type_not_supported},
    {"TYPE_4_TX_PRE_FORK", Reason::type_not_supported},
    {"TYPE_3_TX_ZERO_BLOBS", Reason::no_blobs},
    {"TYPE_3_TX_CONTRACT_CREATION", Reason::blob_transaction_creates},
    {"TYPE_3_TX_CONTRACT_CREATION", undecodable},
    {"TYPE_3_TX_WITH_FULL_BLOBS", undecodable},
    {"TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH", Reason::invalid_blob_version},
    {"TYPE_3_TX_BLOB_COUNT_EXCEEDED", Reason::too_many_blobs},
    {"TYPE_3_TX_BLOB_COUNT_EXCEEDED", Reason::blob_gas_used_above_limit},
    {"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED", Reason::too_many_blobs},
    {"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED", Reason::blob_gas_limit_reached},
    {"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED", Reason::blob_gas_used_above_limit},
    {"TYPE_4_EMPTY_AUTHORIZATION_LIST", Reason::no_authorizations},
    {"TYPE_4_TX_CONTRACT_CREATION", Reason::set_code_transaction_creates},
    {"TYPE_4_TX_CONTRACT_CREATION", undecodable},
};

constexpr Row block_exceptions[] = {
    {"UNKNOWN_PARENT", Reason::unknown_parent},
    {"UNKNOWN_PARENT_ZERO", Reason::unknown_parent},
    {"INVALID_BLOCK_NUMBER", Reason::wrong_number},
    {"INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", Reason::timestamp_not_after_parent},
    {"EXTRA_DATA_TOO_BIG", Reason::extra_data_too_long},
    {"EXTRA_DATA_INVALID_DAO", Reason::wrong_dao_extra_data},
    {"INVALID_DIFFICULTY", Reason::wrong_difficulty},
    {"INVALID_DIFFICULTY", Reason::difficulty_not_zero},
    {"IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS", Reason::difficulty_not_zero},
    {"IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS", Reason::ommers_not_empty},
    {"IMPORT_IMPOSSIBLE_PARIS_WRONG_POW", Reason::difficulty_not_zero},
    {"IMPORT_IMPOSSIBLE_PARIS_WRONG_POS", Reason::wrong_difficulty},
    {"IMPORT_IMPOSSIBLE_LEGACY", Reason::missing_base_fee},
    {"IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT", Reason::missing_base_fee},
    {"IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT", Reason::unexpected_base_fee},
    {"IMPORT_IMPOSSIBLE_SHANGHAI", Reason::unexpected_withdrawals_root},
    {"IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI", Reason::missing_withdrawals_root},
    {"UNCLE_PARENT_INCORRECT", Reason::ommer_not_related},
    {"INVALID_GASLIMIT", Reason::gas_limit_above_cap},
    {"INVALID_GASLIMIT", Reason::gas_limit_too_low},
    {"INVALID_GASLIMIT", Reason::gas_limit_moves_too_far},
    {"GASLIMIT_TOO_BIG", Reason::gas_limit_above_cap},
    {"INVALID_GAS_USED_ABOVE_LIMIT", Reason::gas_used_above_limit},
    {"INVALID_BASEFEE_PER_GAS", Reason::wrong_base_fee},
    {"BLOB_GAS_USED_ABOVE_LIMIT", Reason::blob_gas_used_above_limit},
    {"INCORRECT_BLOB_GAS_USED", Reason::wrong_blob_gas_used},
    {"INCORRECT_BLOB_GAS_USED", Reason::blob_gas_used_no_multiple},
    {"INCORRECT_BLOB_GAS_USED", Reason::blob_gas_used_above_limit},
    {"INCORRECT_EXCESS_BLOB_GAS", Reason::wrong_excess_blob_gas},
    {"RLP_BLOCK_LIMIT_EXCEEDED", Reason::block_too_large},
    {"INVALID_TRANSACTIONS_ROOT", Reason::wrong_transactions_root},
    {"INVALID_WITHDRAWALS_ROOT", Reason::wrong_withdrawals_root},
    {"INVALID_GAS_USED", Reason::wrong_gas_used},
    {"INVALID_GAS_USED", Reason::gas_used_above_limit},
    {"GAS_USED_OVERFLOW", Reason::gas_limit_reached},
    {"GAS_USED_OVERFLOW", Reason::gas_used_above_limit},
    {"INVALID_RECEIPTS_ROOT", Reason::wrong_receipts_root},
    {"INVALID_LOG_BLOOM", Reason::wrong_logs_bloom},
    {"INVALID_REQUESTS", Reason::wrong_requests_hash},
    {"INVALID_VERSIONED_HASHES", Reason::invalid_blob_version},
    {"INVALID_STATE_ROOT", Reason::wrong_state_root},
    {"INVALID_BLOCK_HASH", Reason::wrong_block_hash},
    {"INVALID_BAL_HASH", Reason::wrong_access_list_hash},
    {"INVALID_BLOCK_ACCESS_LIST", Reason::wrong_access_list_hash},
    {"INVALID_BLOCK_ACCESS_LIST", Reason::access_list_differs},
    {"INVALID_BLOCK_ACCESS_LIST", Reason::malformed_access_list},
    {"BLOCK_ACCESS_LIST_GAS_LIMIT_EXCEEDED", Reason::access_list_too_large},
    // A field is missing, of a fork that has not come, or not what it should be.
    {"INCORRECT_BLOCK_FORMAT", undecodable},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_base_fee},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_base_fee},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_withdrawals_root},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_withdrawals_root},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_blob_gas_used},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_blob_gas_used},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_excess_blob_gas},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_excess_blob_gas},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_parent_beacon_block_root},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_parent_beacon_block_root},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_requests_hash},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_requests_hash},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_access_list_hash},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_access_list_hash},
    {"INCORRECT_BLOCK_FORMAT", Reason::missing_withdrawals},
    {"INCORRECT_BLOCK_FORMAT", Reason::unexpected_withdrawals},
    // How the tests name a list out of order: a payload's shows it, of a block's there is only the hash.
    {"INCORRECT_BLOCK_FORMAT", Reason::malformed_access_list},
    {"INCORRECT_BLOCK_FORMAT", Reason::wrong_access_list_hash},
    {"INVALID_DEPOSIT_EVENT_LAYOUT", Reason::invalid_deposit_log},
    {"SYSTEM_CONTRACT_EMPTY", Reason::system_contract_missing},
    {"SYSTEM_CONTRACT_CALL_FAILED", Reason::system_call_failed},
    {"RLP_STRUCTURES_ENCODING", undecodable},
    {"RLP_STRUCTURES_ENCODING", Reason::missing_withdrawals},
    {"RLP_INVALID_FIELD_OVERFLOW_64", undecodable},
    {"RLP_INVALID_ADDRESS", undecodable},
    {"RLP_WITHDRAWALS_NOT_READ", undecodable},
    {"RLP_WITHDRAWALS_NOT_READ", Reason::missing_withdrawals},
};

/// legacytests' names.
constexpr Row old_exceptions[] = {
    {"UnknownParent", Reason::unknown_parent},
    {"InvalidNumber", Reason::wrong_number},
    {"InvalidNumber", undecodable},  // a number of more than 64 bits
    {"InvalidTimestamp", Reason::timestamp_not_after_parent},
    {"InvalidTimestamp", undecodable},
    {"ExtraDataTooBig", Reason::extra_data_too_long},
    {"InvalidDifficulty", Reason::wrong_difficulty},
    {"InvalidDifficulty", Reason::difficulty_not_zero},
    {"InvalidDifficulty", undecodable},  // of more than 256 bits
    {"InvalidBlockNonce", Reason::invalid_seal},
    {"InvalidGasLimit", Reason::gas_limit_too_low},
    {"InvalidGasLimit", Reason::gas_limit_above_cap},
    {"InvalidGasLimit", Reason::gas_limit_moves_too_far},
    {"InvalidGasLimit", undecodable},
    {"TooMuchGasUsed", Reason::gas_used_above_limit},
    {"TooMuchGasUsed", Reason::gas_limit_too_low},
    {"TooMuchGasUsed", undecodable},
    {"InvalidUnclesHash", Reason::wrong_ommers_hash},
    {"InvalidTransactionsRoot", Reason::wrong_transactions_root},
    {"InvalidTransactionsRoot", undecodable},  // cpp-ethereum read past an item's end
    {"TooManyUncles", Reason::too_many_ommers},
    {"UncleInChain", Reason::duplicate_ommer},
    {"UncleInChain", Reason::ommer_is_ancestor},
    {"UncleIsBrother", Reason::ommer_not_related},
    {"UncleIsBrother", Reason::duplicate_ommer},
    {"UncleTooOld", Reason::ommer_not_related},
    {"InvalidUncleParentHash", Reason::ommer_not_related},
    {"InvalidUncleParentHash", Reason::ommer_is_ancestor},
    {"BlockGasLimitReached", Reason::gas_limit_reached},
    {"InvalidGasUsed", Reason::wrong_gas_used},
    {"InvalidReceiptsStateRoot", Reason::wrong_receipts_root},
    // Where execution differs cpp-ethereum met the receipts' root first.
    {"InvalidReceiptsStateRoot", Reason::wrong_gas_used},
    {"InvalidReceiptsStateRoot", Reason::wrong_logs_bloom},
    {"InvalidLogBloom", Reason::wrong_logs_bloom},
    {"InvalidStateRoot", Reason::wrong_state_root},
};

Expected compare_one(std::string_view name, const std::optional<Reason>& reason) {
    std::span<const Row> table = old_exceptions;
    for (const auto& [prefix, rows] :
         {std::pair<std::string_view, std::span<const Row>>{"TransactionException.", transaction_exceptions},
          {"BlockException.", block_exceptions}}) {
        if (!name.starts_with(prefix)) continue;
        name.remove_prefix(prefix.size());
        table = rows;
        break;
    }
    Expected verdict = Expected::unknown;
    for (const Row& row : table) {
        if (row.name != name) continue;
        if (row.reason == reason) return Expected::yes;
        verdict = Expected::no;
    }
    return verdict;
}

}  // namespace

Expected compare_refusal(std::string_view exception, const std::optional<Reason>& reason) {
    Expected verdict = exception.empty() ? Expected::unknown : Expected::no;
    while (!exception.empty()) {
        const size_t end = exception.find('|');
        const Expected one = compare_one(exception.substr(0, end), reason);
        if (one == Expected::yes) return one;
        if (one == Expected::unknown) verdict = one;
        exception.remove_prefix(end == std::string_view::npos ? exception.size() : end + 1);
    }
    return verdict;
}

}  // namespace weft::cli
