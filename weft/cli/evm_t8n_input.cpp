#include "weft/cli/evm_t8n_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "weft/cli/evm_inputs.hpp"
#include "weft/cli/evm_rejection.hpp"
#include "weft/crypto/secp256k1.hpp"
#include "weft/primitives/json.hpp"
#include "weft/state/json.hpp"

namespace weft::cli::evm_tool {
namespace {

using primitives::json::Array;
using primitives::json::Error;
using primitives::json::Fields;
using primitives::json::Object;
using primitives::json::Result;
using primitives::json::Value;

Result<void> read_block_hashes(Value value, std::map<uint64_t, Hash>& out) {
    Object hashes;
    if (auto read = primitives::json::read(value, hashes); !read) return read;
    for (const auto& [key, text] : hashes) {
        const auto number = primitives::json::quantity(key);
        if (!number || !number->is_u64())
            return std::unexpected(Error{std::string(key), "not a block number"});
        if (auto read = primitives::json::read(text, out[number->low()]); !read)
            return std::unexpected(std::move(read.error()).within(key));
    }
    return {};
}

Result<void> read_ommers(Value value, std::vector<TransitionEnv::Ommer>& out) {
    Array ommers;
    if (auto read = primitives::json::read(value, ommers); !read) return read;
    for (const Value ommer : ommers) {
        Fields fields(ommer);
        auto& one = out.emplace_back();
        fields.required("delta", one.delta);
        fields.required("address", one.address);
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(out.size() - 1));
    }
    return {};
}

Result<TransitionEnv> read_env(Value value) {
    TransitionEnv env;
    Fields fields(value);
    fields.required("currentCoinbase", env.coinbase);
    fields.required("currentGasLimit", env.gas_limit);
    fields.required("currentNumber", env.number);
    fields.required("currentTimestamp", env.timestamp);
    fields.optional("currentDifficulty", env.difficulty);
    fields.optional("currentRandom", env.random);
    fields.optional("currentBaseFee", env.base_fee);
    fields.optional("currentExcessBlobGas", env.excess_blob_gas);
    fields.optional("parentBeaconBlockRoot", env.parent_beacon_block_root);
    fields.with("blockHashes",
                [&](Value hashes) { return read_block_hashes(hashes, env.block_hashes.emplace()); });
    fields.with("ommers", [&](Value ommers) { return read_ommers(ommers, env.ommers); });
    fields.optional("withdrawals", env.withdrawals);
    fields.optional("parentDifficulty", env.parent_difficulty);
    fields.optional("parentBaseFee", env.parent_base_fee);
    fields.optional("parentExcessBlobGas", env.parent_excess_blob_gas);
    fields.optional("parentBlobGasUsed", env.parent_blob_gas_used);
    fields.optional("parentGasUsed", env.parent_gas_used);
    fields.optional("parentGasLimit", env.parent_gas_limit);
    fields.optional("parentTimestamp", env.parent_timestamp);
    fields.optional("parentUncleHash", env.parent_ommers_hash);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return env;
}

/// Signs a transaction as the key's owner would; geth's tool does so with what has no signature.
Result<void> sign(Transaction& tx, const Hash& key, bool is_protected, uint64_t chain_id) {
    if (tx.type != TxType::legacy && tx.chain_id && *tx.chain_id != chain_id)
        return std::unexpected(Error{"chainId", "not the chain's, for which the key would sign"});
    if (tx.type != TxType::legacy || is_protected)
        tx.chain_id = chain_id;
    else
        tx.chain_id.reset();
    const auto signature = crypto::sign(primitives::signing_hash(tx), key);
    if (!signature) return std::unexpected(Error{"secretKey", "not a key of secp256k1"});
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    return {};
}

Result<Transaction> read_transaction(Value value, uint64_t chain_id) {
    auto tx = primitives::json::parse_transaction_without_sender(value);
    if (!tx) return tx;
    Fields fields(value);
    uint256 v, y_parity;
    Hash key;
    bool is_protected = true;
    const bool has_key = fields.optional("secretKey", key);
    fields.optional("protected", is_protected);
    fields.optional("v", v);
    fields.optional("yParity", y_parity);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    if (has_key && v.is_zero() && y_parity.is_zero() && tx->r.is_zero() && tx->s.is_zero())
        if (auto status = sign(*tx, key, is_protected, chain_id); !status)
            return std::unexpected(std::move(status.error()));
    return tx;
}

Result<std::vector<InputTransaction>> read_transactions(Value value, uint64_t chain_id) {
    Array array;
    if (auto read = primitives::json::read(value, array); !read)
        return std::unexpected(std::move(read.error()));
    std::vector<InputTransaction> out;
    for (const Value item : array) {
        auto tx = read_transaction(item, chain_id);
        if (!tx) return std::unexpected(std::move(tx.error()).within(out.size()));
        out.emplace_back(std::move(*tx));
    }
    return out;
}

/// geth's name for a type whose transactions always have a receiver; nullptr: of others.
const char* type_that_calls(const Transaction& tx) noexcept {
    if (tx.type == TxType::blob) return "BlobTx";
    return tx.type == TxType::set_code ? "SetCodeTx" : nullptr;
}

/// A body as a block holds it; what is no transaction is left out, like one that is invalid.
Outcome<std::vector<InputTransaction>> decode_body(BytesView body) {
    std::vector<InputTransaction> out;
    if (body.empty()) return out;
    rlp::Decoder decoder(body);
    const auto list = decoder.begin_list("transactions");
    while (decoder.more() && !decoder.failed()) {
        const BytesView item = decoder.raw("transaction");
        if (decoder.failed()) break;
        rlp::Decoder one(item);
        Transaction tx = primitives::decode_from_body(one);
        if (auto done = one.finish(); !done)
            out.emplace_back(std::unexpected(describe_undecodable(item, to_string(done.error()))));
        else if (const char* const type = type_that_calls(tx); type != nullptr && !tx.to)
            out.emplace_back(
                std::unexpected(fmt::format("rlp: input string too short for common.Address, decoding into "
                                            "(types.Transaction)(types.{}).To",
                                            type)));
        else
            out.emplace_back(std::move(tx));
    }
    decoder.end_list(list, "transactions");
    if (auto done = decoder.finish(); !done)
        return failure(Exit::rlp, "failed decoding the transactions: " + to_string(done.error()));
    return out;
}

Outcome<std::vector<InputTransaction>> read_body(Value value, const char* what) {
    Bytes body;
    if (auto read = primitives::json::read(value, body); !read)
        return failure(Exit::json, fmt::format("failed unmarshalling {}: {}", what, read.error().message));
    return decode_body(body);
}

Outcome<std::vector<InputTransaction>> load_transactions(Inputs& inputs, const TransitionOptions& options) {
    const std::string& place = options.input_txs;
    if (place == "stdin" && inputs.stdin_has("txsRlp")) {
        auto value = inputs.find(place, "txsRlp", "txs");
        if (!value) return std::unexpected(std::move(value.error()));
        return read_body(*value, "stdin: txsRlp");
    }
    // Inputs without transactions are those of an empty block.
    if (place == "stdin") {
        if (auto read = inputs.read_stdin(); !read) return std::unexpected(std::move(read.error()));
        if (inputs.stdin_lacks("txs")) return std::vector<InputTransaction>{};
    }
    auto value = inputs.find(place, "txs", "txs");
    if (!value) return std::unexpected(std::move(value.error()));
    if (place.ends_with(".rlp")) return read_body(*value, "txs file");
    auto read = read_transactions(*value, options.chain_id);
    if (!read)
        return failure(Exit::json,
                       "failed unmarshalling txs: " + to_string(std::move(read.error()).within("txs")));
    return std::move(*read);
}

/// Who sent each transaction; without a sender it is no transaction.
void recover_senders(std::vector<InputTransaction>& transactions, Revision revision) {
    for (auto& tx : transactions) {
        if (!tx) continue;
        for (auto& authorization : tx->authorization_list) {
            authorization.authority = primitives::recover_authority(authorization);
            authorization.authority_recovered = true;
        }
        const auto sender = primitives::recover_sender(*tx);
        if (!sender || (revision >= Revision::homestead && !primitives::is_low_s(tx->s)))
            tx = std::unexpected("invalid transaction v, r, s values");
        else
            tx->sender = *sender;
    }
}

/// The EIPs that geth can add to a fork, and where they belong.
struct NamedEip {
    unsigned number;
    Revision revision;
};
constexpr NamedEip known_eips[] = {
    {1153, Revision::cancun},   {1344, Revision::istanbul}, {1884, Revision::istanbul},
    {2200, Revision::istanbul}, {2929, Revision::berlin},   {3198, Revision::london},
    {3529, Revision::london},   {3855, Revision::shanghai}, {3860, Revision::shanghai},
    {5656, Revision::cancun},   {6780, Revision::cancun},   {7702, Revision::prague},
    {7939, Revision::osaka},
};

Outcome<void> check_eip(std::string_view eip, std::string_view fork, const ChainConfig& config) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(eip.data(), eip.data() + eip.size(), number);
    const auto* const known = std::ranges::find(known_eips, number, &NamedEip::number);
    if (error != std::errc{} || end != eip.data() + eip.size() || known == std::end(known_eips))
        return failure(Exit::config,
                       fmt::format("failed constructing chain configuration: syntax error, invalid eip "
                                   "number {}",
                                   eip));
    constexpr uint64_t late = uint64_t{1} << 62;
    if (config.revision(late, late, /*merged=*/true) < known->revision)
        return failure(Exit::config,
                       fmt::format("failed constructing chain configuration: Weft has EIP-{} from {} on, "
                                   "and can't add it to {}",
                                   number, primitives::name_of(known->revision), fork));
    return {};
}

}  // namespace

Outcome<ChainConfig> chain_named(const std::string& fork) {
    const size_t plus = fork.find('+');
    const std::string name = fork.substr(0, plus);
    auto config = primitives::named_chain(name);
    if (!config)
        return failure(Exit::config,
                       fmt::format("failed constructing chain configuration: unsupported fork \"{}\"", name));
    for (size_t at = plus; at != std::string::npos;) {
        const size_t next = fork.find('+', at + 1);
        const std::string eip = fork.substr(at + 1, next == std::string::npos ? next : next - at - 1);
        if (auto checked = check_eip(eip, name, *config); !checked)
            return std::unexpected(std::move(checked.error()));
        at = next;
    }
    return std::move(*config);
}

Outcome<TransitionInput> read_transition_input(const TransitionOptions& options) {
    TransitionInput out;
    Inputs inputs;
    auto env = inputs.find(options.input_env, "env", "env");
    if (!env) return std::unexpected(std::move(env.error()));
    auto parsed = read_env(*env);
    if (!parsed) return failure(Exit::json, "failed unmarshalling env: " + to_string(parsed.error()));
    out.env = std::move(*parsed);

    auto alloc = inputs.find(options.input_alloc, "alloc", "alloc");
    if (!alloc) return std::unexpected(std::move(alloc.error()));
    if (auto read = state::json::read_alloc(*alloc, out.pre); !read)
        return failure(Exit::json, "failed unmarshalling alloc: " + to_string(read.error()));

    auto config = chain_named(options.fork);
    if (!config) return std::unexpected(std::move(config.error()));
    out.config = std::move(*config);
    out.config.chain_id = options.chain_id;

    auto transactions = load_transactions(inputs, options);
    if (!transactions) return std::unexpected(std::move(transactions.error()));
    out.transactions = std::move(*transactions);
    recover_senders(out.transactions, out.config.revision(out.env.number, out.env.timestamp,
                                                          /*merged=*/out.env.random.has_value()));
    return out;
}

}  // namespace weft::cli::evm_tool
