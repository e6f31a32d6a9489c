#include "weft/primitives/json.hpp"

namespace weft::primitives::json {

namespace {

void write_access_list(Writer& out, const std::vector<AccessTuple>& access_list) {
    out.key("accessList").begin_array();
    for (const AccessTuple& entry : access_list) {
        out.begin_object().key("address").bytes(entry.address.view()).key("storageKeys").begin_array();
        for (const uint256& key : entry.storage_keys) out.bytes(base::to_hash(key).view());
        out.end_array().end_object();
    }
    out.end_array();
}

void write_authorization_list(Writer& out, const std::vector<Authorization>& authorizations) {
    out.key("authorizationList").begin_array();
    for (const Authorization& entry : authorizations) {
        out.begin_object();
        out.key("chainId").quantity(entry.chain_id);
        out.key("address").bytes(entry.address.view());
        out.key("nonce").quantity(entry.nonce);
        out.key("yParity").quantity(entry.y_parity);
        out.key("r").quantity(entry.r);
        out.key("s").quantity(entry.s);
        out.end_object();
    }
    out.end_array();
}

void write_fees(Writer& out, const Transaction& tx) {
    if (tx.type >= TxType::dynamic_fee) {
        out.key("maxFeePerGas").quantity(tx.max_fee_per_gas);
        out.key("maxPriorityFeePerGas").quantity(tx.max_priority_fee_per_gas);
    } else {
        out.key("gasPrice").quantity(tx.max_fee_per_gas);
    }
}

/// The fields of a header without the object around them, so that a block can go on.
void write_fields(Writer& out, const Header& header) {
    out.key("hash").bytes(header_hash(header).view());
    out.key("parentHash").bytes(header.parent_hash.view());
    out.key("sha3Uncles").bytes(header.ommers_hash.view());
    out.key("miner").bytes(header.coinbase.view());
    out.key("stateRoot").bytes(header.state_root.view());
    out.key("transactionsRoot").bytes(header.transactions_root.view());
    out.key("receiptsRoot").bytes(header.receipts_root.view());
    out.key("logsBloom").bytes(header.logs_bloom.view());
    out.key("difficulty").quantity(header.difficulty);
    out.key("number").quantity(header.number);
    out.key("gasLimit").quantity(header.gas_limit);
    out.key("gasUsed").quantity(header.gas_used);
    out.key("timestamp").quantity(header.timestamp);
    out.key("extraData").bytes(header.extra_data);
    out.key("mixHash").bytes(header.mix_hash.view());
    out.key("nonce").bytes(header.nonce);
    const auto quantity = [&](const char* key, const auto& value) {
        if (value) out.key(key).quantity(*value);
    };
    const auto hash = [&](const char* key, const std::optional<Hash>& value) {
        if (value) out.key(key).bytes(value->view());
    };
    quantity("baseFeePerGas", header.base_fee_per_gas);
    hash("withdrawalsRoot", header.withdrawals_root);
    quantity("blobGasUsed", header.blob_gas_used);
    quantity("excessBlobGas", header.excess_blob_gas);
    hash("parentBeaconBlockRoot", header.parent_beacon_block_root);
    hash("requestsHash", header.requests_hash);
    hash("blockAccessListHash", header.block_access_list_hash);
}

}  // namespace

void write(Writer& out, const Transaction& tx) {
    out.begin_object();
    out.key("type").quantity(static_cast<uint64_t>(tx.type));
    out.key("hash").bytes(transaction_hash(tx).view());
    if (tx.chain_id) out.key("chainId").quantity(*tx.chain_id);
    out.key("nonce").quantity(tx.nonce);
    out.key("from").bytes(tx.sender.view());
    out.key("to");
    tx.to ? out.bytes(tx.to->view()) : out.null();
    out.key("value").quantity(tx.value);
    out.key("gas").quantity(tx.gas_limit);
    write_fees(out, tx);
    out.key("input").bytes(tx.data);
    if (tx.type != TxType::legacy) write_access_list(out, tx.access_list);
    if (tx.type == TxType::blob) {
        out.key("maxFeePerBlobGas")
            .quantity(tx.max_fee_per_blob_gas)
            .key("blobVersionedHashes")
            .begin_array();
        for (const Hash& hash : tx.blob_versioned_hashes) out.bytes(hash.view());
        out.end_array();
    }
    if (tx.type == TxType::set_code) write_authorization_list(out, tx.authorization_list);
    out.key("v").quantity(tx.type == TxType::legacy ? legacy_v(tx) : tx.y_parity);
    if (tx.type != TxType::legacy) out.key("yParity").quantity(tx.y_parity);
    out.key("r").quantity(tx.r);
    out.key("s").quantity(tx.s);
    out.end_object();
}

void write(Writer& out, const Header& header) {
    out.begin_object();
    write_fields(out, header);
    out.end_object();
}

void write(Writer& out, const Block& block) {
    out.begin_object();
    write_fields(out, block.header);
    out.key("size").quantity(encode(block).size());
    out.key("uncles").begin_array();
    for (const Header& ommer : block.ommers) out.bytes(header_hash(ommer).view());
    out.end_array();
    out.key("transactions").begin_array();
    for (const Transaction& tx : block.transactions) {
        write(out, tx);
        out.newline();
    }
    out.end_array();
    if (block.withdrawals) {
        out.key("withdrawals").begin_array();
        for (const Withdrawal& withdrawal : *block.withdrawals) {
            out.begin_object();
            out.key("index").quantity(withdrawal.index);
            out.key("validatorIndex").quantity(withdrawal.validator_index);
            out.key("address").bytes(withdrawal.address.view());
            out.key("amount").quantity(withdrawal.amount);
            out.end_object();
        }
        out.end_array();
    }
    out.end_object();
}

std::string to_json(const Block& block) {
    Writer out;
    write(out, block);
    return out.newline().take();
}

}  // namespace weft::primitives::json
