#include "weft/cli/evm_rejection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weft/cli/evm.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::cli::evm_tool {
namespace {

using execution::Reason;

std::string decimal(const uint256& value) { return base::to_string(value); }

size_t first_bad_blob(const Transaction& tx) {
    const auto& hashes = tx.blob_versioned_hashes;
    return static_cast<size_t>(
        std::ranges::find_if(hashes, [](const Hash& hash) { return hash[0] != 0x01; }) - hashes.begin());
}

/// Reasons that geth meets before it looks at blobs one by one: the block's allowance.
std::string blob_allowance(const Transaction& tx, const execution::BlockEnv& env, const RejectedAt& at) {
    return fmt::format("blob gas ({}) would exceed maximum allowance {}",
                       at.blob_gas_used + execution::gas_per_blob * tx.blob_versioned_hashes.size(),
                       execution::gas_per_blob * env.blobs.max);
}

std::string details(Reason reason, const Transaction& tx, const execution::BlockEnv& env,
                    const RejectedAt& at) {
    const std::string sender = checksummed(tx.sender);
    execution::Terms terms;
    (void)execution::MainnetRules::validate(tx, env, {}, terms);
    switch (reason) {
        case Reason::wrong_chain_id:
            return fmt::format(": have {} want {}", tx.chain_id.value_or(0), env.context.chain_id);
        case Reason::gas_limit_too_high:
            return fmt::format(" (cap: {}, tx: {})", uint64_t{1} << 24, tx.gas_limit);
        case Reason::init_code_too_large:
            return fmt::format(": code size {} limit {}", tx.data.size(), 49152);
        case Reason::nonce_overflow:
            return fmt::format(": address {}, nonce: {}", sender, tx.nonce);
        case Reason::priority_fee_above_max_fee:
            return fmt::format(": address {}, maxPriorityFeePerGas: {}, maxFeePerGas: {}", sender,
                               decimal(tx.max_priority_fee_per_gas), decimal(tx.max_fee_per_gas));
        case Reason::max_fee_below_base_fee:
            return fmt::format(": address {}, maxFeePerGas: {}, baseFee: {}", sender,
                               decimal(tx.max_fee_per_gas), decimal(env.context.base_fee));
        case Reason::max_blob_fee_too_low:
            return fmt::format(": address {} blobGasFeeCap: {}, blobBaseFee: {}", sender,
                               decimal(tx.max_fee_per_blob_gas), decimal(env.context.blob_base_fee));
        case Reason::no_authorizations:
            return fmt::format(" (sender {})", sender);
        case Reason::intrinsic_gas_too_low:
            return fmt::format(": have {}, want {}", tx.gas_limit, terms.intrinsic_gas);
        case Reason::floor_gas_too_low:
            return fmt::format(": have {}, want {}", tx.gas_limit, terms.floor_gas);
        case Reason::sender_has_code:
            return fmt::format(": address {}, len(code): {}", sender, at.code_size);
        case Reason::nonce_too_low:
        case Reason::nonce_too_high:
            return fmt::format(": address {}, tx: {} state: {}", sender, tx.nonce, at.sender.nonce);
        case Reason::insufficient_balance:
            if (terms.cost_overflows)
                return fmt::format(": address {} required balance exceeds 256 bits", sender);
            return fmt::format(": address {} have {} want {}", sender, decimal(at.sender.balance),
                               decimal(terms.max_cost));
        default:
            return {};
    }
}

/// Where geth's words are not ours.
std::string_view words(Reason reason) noexcept {
    switch (reason) {
        case Reason::invalid_signature:
            return "invalid transaction v, r, s values";
        case Reason::wrong_chain_id:
            return "invalid chain id for signer";
        case Reason::blob_transaction_creates:
            return "input string too short for common.Address, decoding into (types.BlobTx).To";
        case Reason::set_code_transaction_creates:
            return "input string too short for common.Address, decoding into (types.SetCodeTx).To";
        case Reason::no_authorizations:
            return "EIP-7702 transaction with empty auth list";
        default:
            return execution::to_string(reason);
    }
}

}  // namespace

std::string describe_rejection(Reason reason, const Transaction& tx, const execution::BlockEnv& env,
                               const RejectedAt& at) {
    if (reason == Reason::blob_gas_limit_reached ||
        (reason == Reason::too_many_blobs && env.revision < Revision::osaka))
        return blob_allowance(tx, env, at);
    if (reason == Reason::invalid_blob_version)
        return fmt::format("blob {} has invalid hash version", first_bad_blob(tx));
    return std::string(words(reason)) + details(reason, tx, env, at);
}

bool needs_sender(Reason reason) noexcept {
    return reason == Reason::sender_has_code || reason == Reason::nonce_too_low ||
           reason == Reason::nonce_too_high || reason == Reason::insufficient_balance;
}

std::string describe_undecodable(BytesView item, const std::string& error) {
    static constexpr const char* types[] = {"AccessListTx", "DynamicFeeTx", "BlobTx", "SetCodeTx"};
    if (!item.empty() && item[0] < 0xc0) {
        rlp::Decoder decoder(item);
        const BytesView payload = decoder.string("transaction");
        if (payload.size() <= 1) return "typed transaction too short";
        if (payload[0] == 0 || payload[0] > std::size(types)) return "transaction type not supported";
        if (payload[1] < 0xc0)
            return fmt::format("rlp: expected input list for types.{}", types[payload[0] - 1]);
    }
    return "rlp: " + error;
}

}  // namespace weft::cli::evm_tool
