#include "weft/cli/state_test_file.hpp"

#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"

namespace weft::cli {
namespace {

using primitives::json::Array;
using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Result;
using primitives::json::Value;

/// The transaction of a test: what all variants share, and the values that vary.
struct Template {
    std::expected<Transaction, std::string> shared;
    std::optional<uint256> gas_price;  ///< beside a fee cap or a tip: it counts before London, as in geth
    Array data, gas_limits, values;
    std::optional<Array> access_lists;
};

/// The values of a transaction that doesn't exist ("0x:bigint 0x1000…") are no error of the file.
template <class T>
bool fits(Fields& fields, std::string_view key, T& out,
          std::expected<Transaction, std::string>& transaction) {
    Value value;
    if (!fields.optional(key, value) || fields.failed()) return false;
    if (auto read = primitives::json::read(value, out); !read && transaction)
        transaction = std::unexpected(to_string(std::move(read.error()).within(key)));
    return true;
}

void read_receiver(Fields& fields, Transaction& tx) {
    std::string_view to;
    if (!fields.optional("to", to) || to.empty() || fields.failed()) return;
    auto address = primitives::json::address(to);
    if (address) {
        tx.to = *address;
    } else {
        fields.fail("to", std::move(address.error().message));
    }
}

void read_prices(Fields& fields, Transaction& tx, Template& out) {
    uint256 gas_price;
    const bool has_price = fits(fields, "gasPrice", gas_price, out.shared);
    const bool has_cap = fits(fields, "maxFeePerGas", tx.max_fee_per_gas, out.shared);
    const bool has_tip = fits(fields, "maxPriorityFeePerGas", tx.max_priority_fee_per_gas, out.shared);
    if (!has_cap) tx.max_fee_per_gas = gas_price;
    if (!has_tip) tx.max_priority_fee_per_gas = tx.max_fee_per_gas;  // as go-ethereum has it
    if (has_price && !has_cap && !has_tip) return;
    tx.type = TxType::dynamic_fee;
    if (has_price) out.gas_price = gas_price;
}

void read_typed_fields(Fields& fields, Transaction& tx, Template& out) {
    read_prices(fields, tx, out);
    if (fields.optional("blobVersionedHashes", tx.blob_versioned_hashes)) tx.type = TxType::blob;
    fits(fields, "maxFeePerBlobGas", tx.max_fee_per_blob_gas, out.shared);
    if (fields.optional("authorizationList", tx.authorization_list)) tx.type = TxType::set_code;
    for (auto& authorization : tx.authorization_list) {
        authorization.authority = primitives::recover_authority(authorization);
        authorization.authority_recovered = true;
    }
}

/// The sender, or the key that it signs with: older tests and fuzzers name the key only.
void read_sender(Fields& fields, Transaction& tx) {
    Hash key;
    if (fields.optional("sender", tx.sender) || fields.failed() || !fields.optional("secretKey", key)) {
        if (!fields.failed()) fields.required("sender", tx.sender);
        return;
    }
    const auto signature = crypto::sign(Hash{}, key);
    if (!signature) return fields.fail("secretKey", "not a key of secp256k1");
    tx.sender = *crypto::recover_address(Hash{}, signature->r, signature->s, signature->y_parity);
}

Result<Template> parse_template(Value value, uint64_t chain_id) {
    Template out;
    Transaction tx;
    Fields fields(value);
    read_sender(fields, tx);
    fits(fields, "nonce", tx.nonce, out.shared);
    read_receiver(fields, tx);
    read_typed_fields(fields, tx, out);
    if (tx.type != TxType::legacy) tx.chain_id = chain_id;
    fields.required("data", out.data);
    fields.required("gasLimit", out.gas_limits);
    fields.required("value", out.values);
    Array lists;
    if (fields.optional("accessLists", lists)) out.access_lists = lists;
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    if (out.shared) out.shared = std::move(tx);
    return out;
}

/// array[index]
Result<Value> item(const Array& array, const char* key, uint64_t index) {
    const auto out = array.at(index);
    if (!out) return std::unexpected(Error{key, "index out of range"});
    return *out;
}

struct Indexes {
    uint64_t data = 0, gas = 0, value = 0;
};

/// Outer error: of the file. Inner: there is no such transaction.
Result<std::expected<Transaction, std::string>> make_variant(const Template& from, const Indexes& at,
                                                             uint64_t chain_id) {
    const auto data = item(from.data, "data", at.data);
    if (!data) return std::unexpected(data.error());
    const auto gas = item(from.gas_limits, "gasLimit", at.gas);
    if (!gas) return std::unexpected(gas.error());
    const auto value = item(from.values, "value", at.value);
    if (!value) return std::unexpected(value.error());
    if (!from.shared) return from.shared;

    Transaction tx = *from.shared;
    const auto no_transaction = [](const Error& error) {
        return std::expected<Transaction, std::string>(std::unexpected(to_string(error)));
    };
    if (auto read = primitives::json::read(*data, tx.data); !read)
        return no_transaction(std::move(read.error()).within("data"));
    if (auto read = primitives::json::read(*gas, tx.gas_limit); !read)
        return no_transaction(std::move(read.error()).within("gasLimit"));
    if (auto read = primitives::json::read(*value, tx.value); !read)
        return no_transaction(std::move(read.error()).within("value"));
    if (from.access_lists) {
        if (const auto list = from.access_lists->at(at.data); list && !list->is_null()) {
            if (auto read = primitives::json::read(*list, tx.access_list); !read)
                return std::unexpected(std::move(read.error()).within("accessLists"));
            if (tx.type == TxType::legacy) tx.type = TxType::access_list;
            tx.chain_id = chain_id;
        }
    }
    return std::expected<Transaction, std::string>(std::move(tx));
}

Result<void> read_receipt(Value value, StateTest::Case& out) {
    Fields fields(value);
    fields.optional("cumulativeGasUsed", out.cumulative_gas);
    Value status;
    if (fields.optional("status", status) && !fields.failed()) out.success = status.boolean();
    return fields.status();
}

/// "txbytes", the transaction as a block holds it: it must be one, signed by the test's sender.
Result<void> check_bytes(BytesView encoded, const Transaction& transaction) {
    const auto decoded = primitives::decode_transaction(encoded);
    if (!decoded) return std::unexpected(Error{"txbytes", to_string(decoded.error())});
    const auto sender = primitives::recover_sender(*decoded);
    if (!sender || *sender != transaction.sender)
        return std::unexpected(Error{"txbytes", "not signed by the transaction's sender"});
    return {};
}

Result<StateTest::Case> parse_case(Value value, const Template& transaction, uint64_t chain_id) {
    StateTest::Case out;
    Fields fields(value);
    Indexes at;
    Bytes encoded;
    fields.required("hash", out.post_root);
    fields.required("logs", out.logs_hash);
    std::string_view exception;
    if (fields.optional("expectException", exception) && !exception.empty()) out.exception = exception;
    fields.optional("txbytes", encoded);
    fields.with("receipt", [&](Value receipt) { return read_receipt(receipt, out); });
    if (!fields.with("indexes", [&](Value indexes) {
            Fields inner(indexes);
            inner.required("data", at.data);
            inner.required("gas", at.gas);
            inner.required("value", at.value);
            return inner.status();
        }))
        fields.fail("indexes", "missing");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    auto variant = make_variant(transaction, at, chain_id);
    if (!variant) return std::unexpected(std::move(variant.error()).within("transaction"));
    out.transaction = std::move(*variant);
    if (out.exception) return out;
    if (!out.transaction) return std::unexpected(Error{"transaction", out.transaction.error()});
    if (!encoded.empty())
        if (auto checked = check_bytes(encoded, *out.transaction); !checked)
            return std::unexpected(std::move(checked.error()));
    return out;
}

Result<void> read_environment(Value value, StateTest& test) {
    Fields fields(value);
    fields.required("currentNumber", test.block.number);
    fields.required("currentTimestamp", test.block.timestamp);
    fields.required("currentGasLimit", test.block.gas_limit);
    fields.required("currentCoinbase", test.block.coinbase);
    fields.optional("currentDifficulty", test.block.difficulty);
    uint256 random;  // written as a hash or as a number
    if (fields.optional("currentRandom", random) && !fields.failed())
        test.block.prev_randao = base::to_hash(random);
    fields.optional("currentBaseFee", test.base_fee);
    fields.optional("currentExcessBlobGas", test.excess_blob_gas);
    return fields.status();
}

/// Of a test that has a price beside a fee cap or a tip: before London the price counts.
void price_before_london(const StateTest& test, const uint256& gas_price, StateTest::Case& one) {
    const auto chain = primitives::named_chain(one.fork);
    if (!chain || !one.transaction || one.transaction->type != TxType::dynamic_fee) return;
    if (chain->revision(test.block.number, test.block.timestamp, uint256{}) >= Revision::london) return;
    Transaction& tx = *one.transaction;
    tx.type = tx.access_list.empty() ? TxType::legacy : TxType::access_list;
    if (tx.type == TxType::legacy) tx.chain_id.reset();  // which a signature before EIP-155 can't name
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = gas_price;
}

Result<void> read_post(Value value, const Template& transaction, std::string_view wanted, StateTest& test) {
    primitives::json::Object forks;
    if (auto read = primitives::json::read(value, forks); !read) return read;
    for (const auto& [fork, expectations] : forks) {
        if (!wanted.empty() && fork != wanted) continue;
        Array array;
        if (auto read = primitives::json::read(expectations, array); !read)
            return std::unexpected(std::move(read.error()).within(fork));
        size_t index = 0;
        for (const Value expectation : array) {
            auto one = parse_case(expectation, transaction, test.block.chain_id);
            if (!one) return std::unexpected(std::move(one.error()).within(index).within(fork));
            one->fork = fork;
            one->index = index++;
            if (transaction.gas_price) price_before_london(test, *transaction.gas_price, *one);
            test.cases.push_back(std::move(*one));
        }
    }
    return {};
}

}  // namespace

Result<StateTest> parse_state_test(Value value, std::string_view fork) {
    StateTest test;
    Fields fields(value);
    Value transaction, post;
    fields.with("config", [&](Value config) {
        Fields inner(config);
        inner.optional("chainid", test.block.chain_id);
        inner.optional("blobSchedule", test.blob_schedule);
        return inner.status();
    });
    if (!fields.with("env", [&](Value env) { return read_environment(env, test); }))
        fields.fail("env", "missing");
    if (!fields.with("pre", [&](Value pre) { return state::json::read_alloc(pre, test.pre); }))
        fields.fail("pre", "missing");
    fields.required("transaction", transaction);
    fields.required("post", post);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    auto parsed = parse_template(transaction, test.block.chain_id);
    if (!parsed) return std::unexpected(std::move(parsed.error()).within("transaction"));
    if (auto read = read_post(post, *parsed, fork, test); !read)
        return std::unexpected(std::move(read.error()).within("post"));
    return test;
}

Result<execution::BlockEnv> block_env(const StateTest& test, std::string_view fork) {
    constexpr uint64_t default_base_fee = 10;  // what geth takes where a test has none
    auto config = primitives::named_chain(fork);
    if (!config) return std::unexpected(Error{"post", config.error()});
    if (test.blob_schedule)
        if (auto read = primitives::json::read_blob_schedule(*test.blob_schedule, *config); !read)
            return std::unexpected(std::move(read.error()).within("config.blobSchedule"));
    execution::BlockEnv env;
    env.context = test.block;
    env.revision = config->revision(test.block.number, test.block.timestamp, uint256{});
    env.eip155 = config->is_eip155(test.block.number);
    env.system_calls = false;
    env.reward = uint256{};
    env.blobs = config->blob_params(test.block.timestamp).value_or(BlobParams{});
    env.deposit_contract = config->deposit_contract;
    if (env.revision >= Revision::london) env.context.base_fee = test.base_fee.value_or(default_base_fee);
    if (env.revision >= Revision::cancun)
        env.context.blob_base_fee = execution::blob_base_fee(test.excess_blob_gas.value_or(0), env.blobs);
    return env;
}

}  // namespace weft::cli
