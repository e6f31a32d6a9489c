#include "weft/primitives/transaction.hpp"

#include "weft/crypto/keccak.hpp"

namespace weft::primitives {

namespace {

void read_access_list(rlp::Decoder& decoder, std::vector<AccessTuple>& access_list) {
    const auto list = decoder.begin_list("accessList");
    while (decoder.more()) {
        AccessTuple& entry = access_list.emplace_back();
        const auto tuple = decoder.begin_list("accessList");
        decoder.read(entry.address, "accessList.address");
        const auto keys = decoder.begin_list("accessList.storageKeys");
        while (decoder.more()) {
            Hash key;
            decoder.read(key, "accessList.storageKeys");
            entry.storage_keys.push_back(base::to_uint256(key));
        }
        decoder.end_list(keys, "accessList.storageKeys");
        decoder.end_list(tuple, "accessList");
    }
    decoder.end_list(list, "accessList");
}

void read_authorization_list(rlp::Decoder& decoder, std::vector<Authorization>& authorizations) {
    const auto list = decoder.begin_list("authorizationList");
    while (decoder.more()) {
        Authorization& entry = authorizations.emplace_back();
        const auto tuple = decoder.begin_list("authorizationList");
        decoder.read(entry.chain_id, "authorizationList.chainId");
        decoder.read(entry.address, "authorizationList.address");
        decoder.read(entry.nonce, "authorizationList.nonce");
        decoder.read(entry.y_parity, "authorizationList.yParity");
        if (entry.y_parity > uint256{255})
            decoder.fail(DecodeErrorCode::number_too_large, "authorizationList.yParity");
        decoder.read(entry.r, "authorizationList.r");
        decoder.read(entry.s, "authorizationList.s");
        decoder.end_list(tuple, "authorizationList");
    }
    decoder.end_list(list, "authorizationList");
}

void read_blob_hashes(rlp::Decoder& decoder, std::vector<Hash>& hashes) {
    const auto list = decoder.begin_list("blobVersionedHashes");
    while (decoder.more()) decoder.read(hashes.emplace_back(), "blobVersionedHashes");
    decoder.end_list(list, "blobVersionedHashes");
}

/// The readers fill in the fields that the type has; the others stay.
void read_legacy(rlp::Decoder& decoder, Transaction& tx) {
    uint256 v;
    const auto list = decoder.begin_list("transaction");
    decoder.read(tx.nonce, "nonce");
    decoder.read(tx.max_fee_per_gas, "gasPrice");
    tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    decoder.read(tx.gas_limit, "gas");
    decoder.read(tx.to, "to");
    decoder.read(tx.value, "value");
    decoder.read(tx.data, "input");
    decoder.read(v, "v");
    decoder.read(tx.r, "r");
    decoder.read(tx.s, "s");
    decoder.end_list(list, "transaction");
    set_legacy_v(tx, v);
}

/// Reads what follows the type's byte.
void read_typed(rlp::Decoder& decoder, TxType type, Transaction& tx) {
    tx.type = type;
    const auto list = decoder.begin_list("transaction");
    if (type == TxType::blob && decoder.next_is_list())
        decoder.fail(DecodeErrorCode::blob_sidecar, "transaction");
    decoder.read(tx.chain_id.emplace(), "chainId");
    decoder.read(tx.nonce, "nonce");
    decoder.read(tx.max_priority_fee_per_gas,
                 type == TxType::access_list ? "gasPrice" : "maxPriorityFeePerGas");
    if (type == TxType::access_list)
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas;
    else
        decoder.read(tx.max_fee_per_gas, "maxFeePerGas");
    decoder.read(tx.gas_limit, "gas");
    decoder.read(tx.to, "to");
    decoder.read(tx.value, "value");
    decoder.read(tx.data, "input");
    read_access_list(decoder, tx.access_list);
    if (type == TxType::blob) {
        decoder.read(tx.max_fee_per_blob_gas, "maxFeePerBlobGas");
        read_blob_hashes(decoder, tx.blob_versioned_hashes);
    }
    if (type == TxType::set_code) read_authorization_list(decoder, tx.authorization_list);
    decoder.read(tx.y_parity, "yParity");
    decoder.read(tx.r, "r");
    decoder.read(tx.s, "s");
    decoder.end_list(list, "transaction");
}

bool is_known_type(uint8_t type) noexcept {
    return type >= 1 && type <= static_cast<uint8_t>(TxType::set_code);
}

/// Appends the fields before the signature.
void append_unsigned_fields(Bytes& out, const Transaction& tx) {
    if (tx.type != TxType::legacy) rlp::append(out, tx.chain_id.value_or(0));
    rlp::append(out, tx.nonce);
    if (tx.type >= TxType::dynamic_fee) rlp::append(out, tx.max_priority_fee_per_gas);
    rlp::append(out, tx.max_fee_per_gas);
    rlp::append(out, tx.gas_limit);
    rlp::append(out, tx.to);
    rlp::append(out, tx.value);
    rlp::append(out, BytesView{tx.data});
    if (tx.type == TxType::legacy) return;
    encode(out, tx.access_list);
    if (tx.type == TxType::blob) {
        rlp::append(out, tx.max_fee_per_blob_gas);
        const size_t start = out.size();
        for (const Hash& hash : tx.blob_versioned_hashes) rlp::append(out, hash);
        rlp::wrap_list(out, start);
    }
    if (tx.type == TxType::set_code) {
        const size_t start = out.size();
        for (const Authorization& entry : tx.authorization_list) {
            const size_t tuple = out.size();
            rlp::append(out, entry.chain_id);
            rlp::append(out, entry.address);
            rlp::append(out, entry.nonce);
            rlp::append(out, entry.y_parity);
            rlp::append(out, entry.r);
            rlp::append(out, entry.s);
            rlp::wrap_list(out, tuple);
        }
        rlp::wrap_list(out, start);
    }
}

}  // namespace

std::expected<void, DecodeError> decode_transaction(BytesView encoded, Transaction& tx) {
    rlp::Decoder decoder(encoded);
    if (!encoded.empty() && encoded[0] < 0xc0) {
        if (!is_known_type(encoded[0]))
            return std::unexpected(DecodeError{DecodeErrorCode::unknown_type, "type", 0});
        decoder.string("type");  // a byte below 0x80 is its own RLP
        read_typed(decoder, static_cast<TxType>(encoded[0]), tx);
    } else {
        read_legacy(decoder, tx);
    }
    return decoder.finish();
}

DecodeResult<Transaction> decode_transaction(BytesView encoded) {
    DecodeResult<Transaction> out;
    if (auto decoded = decode_transaction(encoded, *out); !decoded)
        out = std::unexpected(std::move(decoded.error()));
    return out;
}

Transaction decode_from_body(rlp::Decoder& decoder) {
    Transaction tx;
    if (decoder.next_is_list()) {
        read_legacy(decoder, tx);
        return tx;
    }
    const BytesView typed = decoder.string("transaction");
    if (decoder.failed()) return {};
    // A list inside the string would be a legacy transaction in the wrong form.
    if (typed.empty() || !is_known_type(typed[0])) {
        decoder.fail(DecodeErrorCode::unknown_type, "type");
        return {};
    }
    const auto decoded = decode_transaction(typed, tx);
    if (decoded) return tx;
    decoder.fail(decoded.error().code, decoded.error().field);
    return {};
}

void encode(Bytes& out, const std::vector<AccessTuple>& access_list) {
    const size_t start = out.size();
    for (const AccessTuple& entry : access_list) {
        const size_t tuple = out.size();
        rlp::append(out, entry.address);
        const size_t keys = out.size();
        for (const uint256& key : entry.storage_keys) rlp::append(out, base::to_hash(key));
        rlp::wrap_list(out, keys);
        rlp::wrap_list(out, tuple);
    }
    rlp::wrap_list(out, start);
}

void encode(Bytes& out, const Transaction& tx) {
    if (tx.type != TxType::legacy) out.push_back(static_cast<uint8_t>(tx.type));
    const size_t start = out.size();
    append_unsigned_fields(out, tx);
    rlp::append(out, tx.type == TxType::legacy ? legacy_v(tx) : tx.y_parity);
    rlp::append(out, tx.r);
    rlp::append(out, tx.s);
    rlp::wrap_list(out, start);
}

Bytes encode(const Transaction& transaction) {
    Bytes out;
    out.reserve(transaction.data.size() + 256);
    encode(out, transaction);
    return out;
}

void encode_in_body(Bytes& out, const Transaction& transaction) {
    const size_t start = out.size();
    encode(out, transaction);
    if (transaction.type != TxType::legacy) rlp::wrap_string(out, start);
}

uint256 legacy_v(const Transaction& tx) noexcept {
    if (!tx.chain_id) return tx.y_parity + uint256{27};
    return (uint256{*tx.chain_id} << 1) + uint256{35} + tx.y_parity;
}

void set_legacy_v(Transaction& tx, const uint256& v) noexcept {
    const uint256 chain_id = (v - uint256{35}) >> 1;
    if (v >= uint256{35} && chain_id.is_u64()) {
        tx.chain_id = chain_id.low();
        tx.y_parity = (v - uint256{35}) & uint256{1};
    } else {
        tx.chain_id.reset();
        tx.y_parity = v - uint256{27};
    }
}

Hash transaction_hash(const Transaction& transaction) { return crypto::keccak256(encode(transaction)); }

void append_signing_message(Bytes& out, const Transaction& tx) {
    if (tx.type != TxType::legacy) out.push_back(static_cast<uint8_t>(tx.type));
    const size_t start = out.size();
    append_unsigned_fields(out, tx);
    if (tx.type == TxType::legacy && tx.chain_id) {  // EIP-155
        rlp::append(out, *tx.chain_id);
        rlp::append(out, uint64_t{0});
        rlp::append(out, uint64_t{0});
    }
    rlp::wrap_list(out, start);
}

void append_signing_message(Bytes& out, const Transaction& tx, BytesView encoded) {
    const bool legacy = tx.type == TxType::legacy;
    rlp::Decoder decoder(encoded.subspan(legacy ? 0 : 1));
    decoder.begin_list("transaction");
    BytesView fields = decoder.rest();
    // Numbers have one encoding only, so their values say where the signature starts.
    fields = fields.first(fields.size() - rlp::size_of(legacy ? legacy_v(tx) : tx.y_parity) -
                          rlp::size_of(tx.r) - rlp::size_of(tx.s));
    const bool eip155 = legacy && tx.chain_id;
    const size_t tail_size = eip155 ? rlp::size_of(uint256{*tx.chain_id}) + 2 : 0;
    if (!legacy) out.push_back(static_cast<uint8_t>(tx.type));
    rlp::append_list_header(out, fields.size() + tail_size);
    out.insert(out.end(), fields.begin(), fields.end());
    if (!eip155) return;
    rlp::append(out, *tx.chain_id);
    rlp::append(out, uint64_t{0});
    rlp::append(out, uint64_t{0});
}

void append_signing_message(Bytes& out, const Authorization& authorization) {
    out.push_back(0x05);
    const size_t start = out.size();
    rlp::append(out, authorization.chain_id);
    rlp::append(out, authorization.address);
    rlp::append(out, authorization.nonce);
    rlp::wrap_list(out, start);
}

Hash signing_hash(const Transaction& tx) {
    Bytes out;
    out.reserve(tx.data.size() + 192);
    append_signing_message(out, tx);
    return crypto::keccak256(out);
}

Hash signing_hash(const Authorization& authorization) {
    Bytes out;
    append_signing_message(out, authorization);
    return crypto::keccak256(out);
}

}  // namespace weft::primitives
