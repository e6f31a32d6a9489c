#include "weft/cli/evm_t9n.hpp"

#include <fmt/format.h>

#include "weft/cli/evm_inputs.hpp"
#include "weft/cli/evm_rejection.hpp"
#include "weft/cli/evm_t8n_input.hpp"
#include "weft/execution/intrinsic_gas.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::cli::evm_tool {
namespace {

using execution::BlockEnv;
using execution::Reason;
using primitives::json::Writer;

/// What geth's tool says of one transaction. What it can't tell is left out.
struct Verdict {
    std::string error;
    std::optional<Address> sender;
    std::optional<Hash> hash;
    uint64_t intrinsic_gas = 0;
};

/// Whether the fees, once multiplied, still are numbers, and in order.
std::string check_fees(const Transaction& tx) {
    if (tx.nonce == ~uint64_t{0}) return "nonce exceeds 2^64-1";
    if (tx.max_fee_per_gas < tx.max_priority_fee_per_gas) return "maxFeePerGas < maxPriorityFeePerGas";
    const uint256 gas = tx.gas_limit;
    if (!gas.is_zero() && base::divide(tx.max_fee_per_gas * gas, gas).quotient != tx.max_fee_per_gas)
        return "gas * gasPrice exceeds 256 bits";
    return {};
}

/// Type, chain and signature: what must be right before there is a sender.
std::string check_signature(const Transaction& tx, const BlockEnv& env) {
    execution::Terms terms;
    const auto reason = execution::MainnetRules::validate(tx, env, {}, terms);
    if (reason == Reason::type_not_supported || reason == Reason::wrong_chain_id ||
        reason == Reason::invalid_signature)
        return describe_rejection(*reason, tx, env, {});
    if (!primitives::recover_sender(tx) ||
        (env.revision >= Revision::homestead && !primitives::is_low_s(tx.s)))
        return describe_rejection(Reason::invalid_signature, tx, env, {});
    return {};
}

Verdict judge(BytesView item, const BlockEnv& env) {
    Verdict out;
    rlp::Decoder decoder(item);
    const Transaction tx = primitives::decode_from_body(decoder);
    if (auto done = decoder.finish(); !done) {
        out.error = describe_undecodable(item, to_string(done.error()));
        return out;
    }
    if (!tx.to && tx.type >= TxType::blob) {
        out.error = fmt::format("rlp: input string too short for common.Address, decoding into (types.{}).To",
                                tx.type == TxType::blob ? "BlobTx" : "SetCodeTx");
        return out;
    }
    out.hash = primitives::transaction_hash(tx);
    out.error = check_signature(tx, env);
    if (!out.error.empty()) return out;
    out.sender = primitives::recover_sender(tx);
    execution::Terms terms;
    execution::count_intrinsic_gas(tx, env.revision, terms);
    out.intrinsic_gas = terms.intrinsic_gas;
    if (tx.gas_limit < terms.intrinsic_gas) {
        out.error = fmt::format("intrinsic gas too low: have {}, want {}", tx.gas_limit, terms.intrinsic_gas);
    } else if (tx.gas_limit < terms.floor_gas) {
        out.error = fmt::format("insufficient gas for floor data gas cost: have {}, want {}", tx.gas_limit,
                                terms.floor_gas);
    } else {
        out.error = check_fees(tx);
        const auto reason = execution::MainnetRules::validate(tx, env, {}, terms);
        if (reason == Reason::init_code_too_large) out.error = describe_rejection(*reason, tx, env, {});
        if (reason == Reason::gas_limit_too_high) out.error = "gas limit exceeds maximum";
    }
    return out;
}

void write(Writer& out, const Verdict& verdict) {
    out.begin_object();
    if (!verdict.error.empty()) out.key("error").string(verdict.error);
    if (verdict.sender) out.key("address").bytes(verdict.sender->view());
    if (verdict.hash) out.key("hash").bytes(verdict.hash->view());
    if (verdict.intrinsic_gas != 0) out.key("intrinsicGas").quantity(verdict.intrinsic_gas);
    out.end_object();
}

BlockEnv first_block(const ChainConfig& config) {
    BlockEnv env;
    env.revision = config.revision(0, 0, /*merged=*/config.terminal_total_difficulty.has_value());
    env.eip155 = config.is_eip155(0);
    env.context.chain_id = config.chain_id;
    env.blobs = config.blob_params(0).value_or(BlobParams{});
    return env;
}

Outcome<Bytes> read_body(const CheckOptions& options) {
    Inputs inputs;
    if (options.input_txs != "stdin" && !options.input_txs.ends_with(".rlp"))
        return failure(Exit::io, options.input_txs + ": only rlp supported");
    const auto value = inputs.find(options.input_txs, "txsRlp", "txs");
    if (!value) return std::unexpected(value.error());
    Bytes body;
    if (auto read = primitives::json::read(*value, body); !read)
        return failure(Exit::json, fmt::format("failed unmarshalling txs: {}", read.error().message));
    return body;
}

}  // namespace

Outcome<void> check_transactions(const CheckOptions& options, const Streams& streams) {
    auto config = chain_named(options.fork);
    if (!config) return std::unexpected(std::move(config.error()));
    config->chain_id = options.chain_id;
    const auto body = read_body(options);
    if (!body) return std::unexpected(body.error());
    const BlockEnv env = first_block(*config);
    Writer out;
    out.begin_array();
    rlp::Decoder decoder(*body);
    const auto list = decoder.begin_list("transactions");
    while (decoder.more() && !decoder.failed()) {
        const BytesView item = decoder.raw("transaction");
        if (!decoder.failed()) write(out, judge(item, env));
    }
    decoder.end_list(list, "transactions");
    out.end_array();
    if (auto done = decoder.finish(); !done) return failure(Exit::io, "rlp: " + to_string(done.error()));
    fmt::print(streams.out, "{}\n", out.str() == "[]" ? "null" : indented(out.str(), 2));  // as Go has it
    return {};
}

}  // namespace weft::cli::evm_tool
