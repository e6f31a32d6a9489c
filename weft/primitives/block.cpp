#include "weft/primitives/block.hpp"

#include "weft/crypto/keccak.hpp"

namespace weft::primitives {

namespace {

/// Reads an optional field if the list goes on.
template <class T>
void read_optional(rlp::Decoder& decoder, std::optional<T>& out, const char* field) {
    if (decoder.more()) decoder.read(out.emplace(), field);
}

}  // namespace

Header decode_header(rlp::Decoder& decoder) {
    Header header;
    const auto list = decoder.begin_list("header");
    decoder.read(header.parent_hash, "parentHash");
    decoder.read(header.ommers_hash, "sha3Uncles");
    decoder.read(header.coinbase, "miner");
    decoder.read(header.state_root, "stateRoot");
    decoder.read(header.transactions_root, "transactionsRoot");
    decoder.read(header.receipts_root, "receiptsRoot");
    decoder.read(header.logs_bloom, "logsBloom");
    decoder.read(header.difficulty, "difficulty");
    decoder.read(header.number, "number");
    decoder.read(header.gas_limit, "gasLimit");
    decoder.read(header.gas_used, "gasUsed");
    decoder.read(header.timestamp, "timestamp");
    decoder.read(header.extra_data, "extraData");
    decoder.read(header.mix_hash, "mixHash");
    decoder.read(header.nonce, "nonce");
    read_optional(decoder, header.base_fee_per_gas, "baseFeePerGas");
    read_optional(decoder, header.withdrawals_root, "withdrawalsRoot");
    read_optional(decoder, header.blob_gas_used, "blobGasUsed");
    read_optional(decoder, header.excess_blob_gas, "excessBlobGas");
    read_optional(decoder, header.parent_beacon_block_root, "parentBeaconBlockRoot");
    read_optional(decoder, header.requests_hash, "requestsHash");
    read_optional(decoder, header.block_access_list_hash, "blockAccessListHash");
    decoder.end_list(list, "header");
    return header;
}

DecodeResult<Header> decode_header(BytesView encoded) {
    rlp::Decoder decoder(encoded);
    Header header = decode_header(decoder);
    if (auto finished = decoder.finish(); !finished) return std::unexpected(finished.error());
    return header;
}

namespace {

enum class Seal : uint8_t { with, without };

void encode(Bytes& out, const Header& header, Seal seal) {
    const size_t start = out.size();
    rlp::append(out, header.parent_hash);
    rlp::append(out, header.ommers_hash);
    rlp::append(out, header.coinbase);
    rlp::append(out, header.state_root);
    rlp::append(out, header.transactions_root);
    rlp::append(out, header.receipts_root);
    rlp::append(out, header.logs_bloom);
    rlp::append(out, header.difficulty);
    rlp::append(out, header.number);
    rlp::append(out, header.gas_limit);
    rlp::append(out, header.gas_used);
    rlp::append(out, header.timestamp);
    rlp::append(out, BytesView{header.extra_data});
    if (seal == Seal::with) {
        rlp::append(out, header.mix_hash);
        rlp::append(out, BytesView{header.nonce});
    }
    // A field can only stand where all before it do; the first absent one ends the list.
    const auto append_next = [&](const auto& field) {
        if (field) rlp::append(out, *field);
        return field.has_value();
    };
    [[maybe_unused]] const bool all =
        append_next(header.base_fee_per_gas) && append_next(header.withdrawals_root) &&
        append_next(header.blob_gas_used) && append_next(header.excess_blob_gas) &&
        append_next(header.parent_beacon_block_root) && append_next(header.requests_hash) &&
        append_next(header.block_access_list_hash);
    rlp::wrap_list(out, start);
}

}  // namespace

void encode(Bytes& out, const Header& header) { encode(out, header, Seal::with); }

Bytes encode(const Header& header) {
    Bytes out;
    out.reserve(768);
    encode(out, header);
    return out;
}

Withdrawal decode_withdrawal(rlp::Decoder& decoder) {
    Withdrawal withdrawal;
    const auto list = decoder.begin_list("withdrawals");
    decoder.read(withdrawal.index, "withdrawals.index");
    decoder.read(withdrawal.validator_index, "withdrawals.validatorIndex");
    decoder.read(withdrawal.address, "withdrawals.address");
    decoder.read(withdrawal.amount, "withdrawals.amount");
    decoder.end_list(list, "withdrawals");
    return withdrawal;
}

void encode(Bytes& out, const Withdrawal& withdrawal) {
    const size_t start = out.size();
    rlp::append(out, withdrawal.index);
    rlp::append(out, withdrawal.validator_index);
    rlp::append(out, withdrawal.address);
    rlp::append(out, withdrawal.amount);
    rlp::wrap_list(out, start);
}

Bytes encode(const Withdrawal& withdrawal) {
    Bytes out;
    encode(out, withdrawal);
    return out;
}

DecodeResult<Block> decode_block(BytesView encoded) {
    rlp::Decoder decoder(encoded);
    Block block;
    const auto list = decoder.begin_list("block");
    block.header = decode_header(decoder);
    const auto transactions = decoder.begin_list("transactions");
    while (decoder.more()) block.transactions.push_back(decode_from_body(decoder));
    decoder.end_list(transactions, "transactions");
    const auto ommers = decoder.begin_list("uncles");
    while (decoder.more()) block.ommers.push_back(decode_header(decoder));
    decoder.end_list(ommers, "uncles");
    if (decoder.more()) {
        block.withdrawals.emplace();
        const auto withdrawals = decoder.begin_list("withdrawals");
        while (decoder.more()) block.withdrawals->push_back(decode_withdrawal(decoder));
        decoder.end_list(withdrawals, "withdrawals");
    }
    decoder.end_list(list, "block");
    if (auto finished = decoder.finish(); !finished) return std::unexpected(finished.error());
    return block;
}

void encode(Bytes& out, const Block& block) {
    const size_t start = out.size();
    encode(out, block.header);
    const size_t transactions = out.size();
    for (const Transaction& transaction : block.transactions) encode_in_body(out, transaction);
    rlp::wrap_list(out, transactions);
    const size_t ommers = out.size();
    for (const Header& ommer : block.ommers) encode(out, ommer);
    rlp::wrap_list(out, ommers);
    if (block.withdrawals) {
        const size_t withdrawals = out.size();
        for (const Withdrawal& withdrawal : *block.withdrawals) encode(out, withdrawal);
        rlp::wrap_list(out, withdrawals);
    }
    rlp::wrap_list(out, start);
}

Bytes encode(const Block& block) {
    Bytes out;
    out.reserve(1024 + 256 * block.transactions.size());
    encode(out, block);
    return out;
}

Hash header_hash(const Header& header) { return crypto::keccak256(encode(header)); }

Hash seal_hash(const Header& header) {
    Bytes out;
    encode(out, header, Seal::without);
    return crypto::keccak256(out);
}

}  // namespace weft::primitives
