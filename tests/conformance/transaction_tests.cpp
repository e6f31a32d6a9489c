// TransactionTests: a transaction's bytes, and for each fork its hash, sender and intrinsic gas, or why it is
// invalid.
#include <fmt/format.h>

#include <map>

#include "vectors.hpp"
#include "weft/base/hex.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/primitives/chain_config.hpp"

namespace weft::conformance {
namespace {

using execution::Reason;

/// What Weft makes of a transaction under a fork.
struct Verdict {
    std::string invalid;  ///< why, in words; empty: it is valid
    Hash hash;
    Address sender;
    uint64_t intrinsic_gas = 0;
};

Verdict judge(BytesView encoded, const ChainConfig& config) {
    Verdict verdict;
    const auto invalid = [&](std::string_view why) {
        verdict.invalid = why;
        return verdict;
    };
    const auto decoded = primitives::decode_transaction(encoded);
    if (!decoded) return invalid("undecodable: " + to_string(decoded.error()));
    Transaction tx = *decoded;
    execution::BlockEnv env;
    env.revision = config.revision(0, 0, config.terminal_total_difficulty.has_value());
    env.eip155 = config.is_eip155(0);
    env.context.chain_id = config.chain_id;
    env.blobs = config.blob_params(0).value_or(BlobParams{});
    const auto sender = primitives::recover_sender(tx);
    if (!sender || (env.revision >= Revision::homestead && !primitives::is_low_s(tx.s)))
        return invalid(execution::to_string(Reason::invalid_signature));
    verdict.hash = primitives::transaction_hash(tx);
    tx.value = 0;  // the tests ask whether the price of the gas alone can be paid by anyone
    execution::Terms terms;
    if (const auto reason = execution::MainnetRules::validate(tx, env, {}, terms))
        return invalid(execution::to_string(*reason));
    if (terms.cost_overflows) return invalid(execution::to_string(Reason::insufficient_balance));
    verdict.sender = *sender;
    verdict.intrinsic_gas = terms.intrinsic_gas;
    return verdict;
}

/// The reasons that the tests' names of what only a whole transaction shows stand for; the names of
/// encodings stand for bytes that can't be decoded.
bool is_as_expected(std::string_view exception, const Verdict& verdict) {
    using enum Reason;
    static const std::multimap<std::string_view, Reason> reasons{
        {"INVALID_CHAINID", wrong_chain_id},
        {"INVALID_CHAINID", invalid_signature},  // a v that no chain's transaction has
        {"INVALID_SIGNATURE_VRS", invalid_signature},
        {"EC_RECOVERY_FAIL", invalid_signature},
        {"TYPE_NOT_SUPPORTED", type_not_supported},
        {"INTRINSIC_GAS_TOO_LOW", intrinsic_gas_too_low},
        {"NONCE_TOO_BIG", nonce_overflow},
        {"GASLIMIT_PRICE_PRODUCT_OVERFLOW", insufficient_balance},
        {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2", priority_fee_above_max_fee},
        {"INITCODE_SIZE_EXCEEDED", init_code_too_large},
    };
    constexpr std::string_view prefix = "TransactionException.";
    if (exception.starts_with(prefix)) exception.remove_prefix(prefix.size());
    const auto [first, last] = reasons.equal_range(exception);
    for (auto row = first; row != last; ++row)
        if (verdict.invalid == execution::to_string(row->second)) return true;
    // Other names are of encodings, and a field that is out of range may be seen there already.
    return verdict.invalid.starts_with("undecodable");
}

json::Result<void> check(json::Value value, const Verdict& verdict, std::string& why) {
    json::Fields fields(value);
    std::string_view exception;
    if (fields.optional("exception", exception)) {
        if (verdict.invalid.empty()) {
            why = fmt::format("valid, want {}", exception);
        } else if (!is_as_expected(exception, verdict)) {
            why = fmt::format("refused, but not as {}: {}", exception, verdict.invalid);
        }
        return fields.status();
    }
    Verdict expected;
    fields.required("hash", expected.hash);
    fields.required("sender", expected.sender);
    fields.required("intrinsicGas", expected.intrinsic_gas);
    if (!verdict.invalid.empty()) {
        why = "refused: " + verdict.invalid;
    } else if (verdict.hash != expected.hash) {
        why = "hash: got " + to_hex(verdict.hash);
    } else if (verdict.sender != expected.sender) {
        why = "sender: got " + to_hex(verdict.sender);
    } else if (verdict.intrinsic_gas != expected.intrinsic_gas) {
        why = fmt::format("intrinsic gas: got {}", verdict.intrinsic_gas);
    }
    return fields.status();
}

}  // namespace

json::Result<void> run_transaction_tests(json::Value root, std::string_view, Tally& tally) {
    json::Object tests;
    if (auto read = json::read(root, tests); !read) return read;
    for (const auto& [name, test] : tests) {
        json::Fields fields(test);
        Bytes encoded;
        json::Object results;
        fields.required("txbytes", encoded);
        fields.required("result", results);
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(name));
        for (const auto& [fork, result] : results) {
            const auto config = primitives::named_chain(fork);
            if (!config) return std::unexpected(json::Error{std::string(name), config.error()});
            std::string why;
            if (auto read = check(result, judge(encoded, *config), why); !read)
                return std::unexpected(std::move(read.error()).within(fork).within(name));
            tally.add(fmt::format("{} ({})", name, fork), why);
        }
    }
    return {};
}

}  // namespace weft::conformance
