#include "weft/primitives/json.hpp"

#include "weft/base/hex.hpp"

namespace weft::primitives::json {

namespace {

/// The root of a trie without entries: Keccak-256 of the RLP of the empty string.
constexpr Hash empty_trie_root = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"_hash;

/// The type that "type" says, or else the newest one whose own fields are there.
uint64_t type_of(Fields& fields) {
    uint64_t type = 0;
    if (fields.optional("type", type)) return type;
    if (fields.has("authorizationList")) return 4;
    if (fields.has("blobVersionedHashes") || fields.has("maxFeePerBlobGas")) return 3;
    if (fields.has("maxFeePerGas")) return 2;
    return fields.has("accessList") ? 1 : 0;
}

void read_fees(Fields& fields, Transaction& tx) {
    if (tx.type >= TxType::dynamic_fee) {
        fields.required("maxFeePerGas", tx.max_fee_per_gas);
        fields.required("maxPriorityFeePerGas", tx.max_priority_fee_per_gas);
    } else {
        fields.required("gasPrice", tx.max_fee_per_gas);
        tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    }
}

void read_to(Fields& fields, Transaction& tx) {
    fields.with("to", [&](Value value) -> Result<void> {
        std::string_view text;
        if (auto status = read(value, text); !status) return status;
        if (text.empty() || text == "0x") return {};  // the official tests' form of a creation
        return read(value, tx.to);
    });
}

void read_signature(Fields& fields, Transaction& tx) {
    fields.optional("r", tx.r);
    fields.optional("s", tx.s);
    if (tx.type != TxType::legacy) {
        fields.optional("yParity", "v", tx.y_parity);
    } else if (uint256 v; fields.optional("v", v)) {
        set_legacy_v(tx, v);
    }
}

Result<Transaction> parse(Value value, bool& has_sender) {
    Fields fields(value);
    Transaction tx;
    const uint64_t type = type_of(fields);
    if (type > static_cast<uint64_t>(TxType::set_code)) fields.fail("type", "an unknown transaction type");
    tx.type = static_cast<TxType>(type);
    fields.required("nonce", tx.nonce);
    fields.required("gas", "gasLimit", tx.gas_limit);
    read_to(fields, tx);
    fields.required("value", tx.value);
    fields.required("input", "data", tx.data);
    read_fees(fields, tx);
    fields.optional("chainId", tx.chain_id);
    if (tx.type != TxType::legacy) fields.optional("accessList", tx.access_list);
    if (tx.type == TxType::blob) {
        fields.required("maxFeePerBlobGas", tx.max_fee_per_blob_gas);
        fields.required("blobVersionedHashes", tx.blob_versioned_hashes);
    }
    if (tx.type == TxType::set_code) fields.required("authorizationList", tx.authorization_list);
    read_signature(fields, tx);
    if (tx.type != TxType::legacy && !tx.chain_id) fields.fail("chainId", "missing");
    has_sender = fields.optional("from", "sender", tx.sender);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return tx;
}

}  // namespace

Result<Transaction> parse_transaction_without_sender(Value value) {
    bool has_sender = false;
    return parse(value, has_sender);
}

Result<Transaction> parse_transaction(Value value) {
    if (value.is_text()) return std::unexpected(Error{{}, "a hash, where the full transaction is needed"});
    bool has_sender = false;
    auto tx = parse(value, has_sender);
    if (!tx || has_sender) return tx;
    const auto sender = recover_sender(*tx);
    if (!sender) return std::unexpected(Error{{}, "neither \"from\" nor a signature that gives it"});
    tx->sender = *sender;
    return tx;
}

Result<void> read(Value value, AccessTuple& out) {
    Fields fields(value);
    fields.required("address", out.address);
    fields.optional("storageKeys", out.storage_keys);
    return fields.status();
}

Result<void> read(Value value, Authorization& out) {
    Fields fields(value);
    fields.required("chainId", out.chain_id);
    fields.required("address", out.address);
    fields.required("nonce", out.nonce);
    fields.required("yParity", "v", out.y_parity);
    fields.required("r", out.r);
    fields.required("s", out.s);
    return fields.status();
}

Result<void> read(Value value, Withdrawal& out) {
    Fields fields(value);
    fields.required("index", out.index);
    fields.required("validatorIndex", out.validator_index);
    fields.required("address", out.address);
    fields.required("amount", out.amount);
    return fields.status();
}

void read_fields(Fields& fields, Header& header) {
    fields.optional("parentHash", header.parent_hash);
    fields.optional("sha3Uncles", "uncleHash", header.ommers_hash);
    fields.optional("miner", "coinbase", header.coinbase);
    fields.optional("stateRoot", header.state_root);
    fields.optional("transactionsRoot", "transactionsTrie", header.transactions_root);
    fields.optional("receiptsRoot", "receiptTrie", header.receipts_root);
    fields.optional("logsBloom", "bloom", header.logs_bloom);
    fields.optional("difficulty", header.difficulty);
    fields.optional("number", header.number);
    fields.optional("gasLimit", header.gas_limit);
    fields.optional("gasUsed", header.gas_used);
    fields.optional("timestamp", header.timestamp);
    fields.optional("extraData", header.extra_data);
    fields.optional("mixHash", header.mix_hash);
    fields.optional("nonce", header.nonce);
    fields.optional("baseFeePerGas", header.base_fee_per_gas);
    fields.optional("withdrawalsRoot", header.withdrawals_root);
    fields.optional("blobGasUsed", header.blob_gas_used);
    fields.optional("excessBlobGas", header.excess_blob_gas);
    fields.optional("parentBeaconBlockRoot", header.parent_beacon_block_root);
    fields.optional("requestsHash", header.requests_hash);
    fields.optional("blockAccessListHash", header.block_access_list_hash);
}

Result<Header> parse_header(Value value) {
    Fields fields(value);
    Header header;
    header.ommers_hash = empty_ommers_hash;
    header.transactions_root = header.receipts_root = empty_trie_root;
    read_fields(fields, header);
    if (!fields.has("coinbase")) fields.require("miner");
    for (const char* const name : {"number", "gasLimit", "timestamp"}) fields.require(name);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return header;
}

Result<Block> parse_block(Value value) {
    Block block;
    auto header = parse_header(value);
    if (!header) return std::unexpected(std::move(header.error()));
    block.header = std::move(*header);
    Fields fields(value);
    Array transactions;
    fields.required("transactions", transactions);
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    block.transactions.reserve(transactions.size());
    for (const Value item : transactions) {
        auto tx = parse_transaction(item);
        if (!tx)
            return std::unexpected(
                std::move(tx.error()).within(block.transactions.size()).within("transactions"));
        block.transactions.push_back(std::move(*tx));
    }
    fields.optional("withdrawals", block.withdrawals);
    if (Array ommers; fields.optional("uncleHeaders", ommers) && !fields.failed()) {
        for (const Value item : ommers) {
            auto ommer = parse_header(item);
            if (!ommer)
                return std::unexpected(
                    std::move(ommer.error()).within(block.ommers.size()).within("uncleHeaders"));
            block.ommers.push_back(std::move(*ommer));
        }
    }
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    return block;
}

std::expected<Block, std::string> read_block(const std::string& path) {
    const auto document = Document::load(path);
    if (!document) return std::unexpected(document.error());
    return document->read([](Value root) { return parse_block(root); });
}

}  // namespace weft::primitives::json
