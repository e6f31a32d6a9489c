#include "weft/primitives/access_list.hpp"

#include <limits>

#include "weft/crypto/keccak.hpp"

namespace weft::primitives {
namespace {

void append_slot_changes(Bytes& out, const std::vector<SlotChange>& changes) {
    const size_t all = out.size();
    for (auto change = changes.begin(); change != changes.end();) {
        const uint256& slot = change->slot;
        const size_t entry = out.size();
        rlp::append(out, slot);
        const size_t values = out.size();
        for (; change != changes.end() && change->slot == slot; ++change) {
            const size_t start = out.size();
            rlp::append(out, uint64_t{change->index});
            rlp::append(out, change->value);
            rlp::wrap_list(out, start);
        }
        rlp::wrap_list(out, values);
        rlp::wrap_list(out, entry);
    }
    rlp::wrap_list(out, all);
}

/// A list of pairs of an index and a value.
template <class Changes, class Change, class Value>
void append_changes(Bytes& out, const Changes& changes, Value Change::* value) {
    const size_t all = out.size();
    for (const Change& change : changes) {
        const size_t start = out.size();
        rlp::append(out, uint64_t{change.index});
        if constexpr (std::is_same_v<Value, Bytes>)
            rlp::append(out, BytesView{change.*value});
        else
            rlp::append(out, change.*value);
        rlp::wrap_list(out, start);
    }
    rlp::wrap_list(out, all);
}

/// Reads an index, which must exceed the one before; `before` is null for the first.
void read_index(rlp::Decoder& decoder, const BlockAccessIndex* before, BlockAccessIndex& out) {
    uint64_t index = 0;
    decoder.read(index, "blockAccessIndex");
    if (index > std::numeric_limits<BlockAccessIndex>::max())
        decoder.fail(DecodeErrorCode::number_too_large, "blockAccessIndex");
    out = static_cast<BlockAccessIndex>(index);
    if (before != nullptr && out <= *before) decoder.fail(DecodeErrorCode::wrong_order, "blockAccessIndex");
}

template <class Changes, class Change, class Value>
void read_changes(rlp::Decoder& decoder, Changes& out, Value Change::* value, const char* field) {
    const auto list = decoder.begin_list(field);
    while (decoder.more()) {
        const auto pair = decoder.begin_list(field);
        Change change;
        read_index(decoder, out.empty() ? nullptr : &out.back().index, change.index);
        decoder.read(change.*value, field);
        decoder.end_list(pair, field);
        out.push_back(std::move(change));
    }
    decoder.end_list(list, field);
}

void read_slot_changes(rlp::Decoder& decoder, std::vector<SlotChange>& out) {
    const auto list = decoder.begin_list("storageChanges");
    while (decoder.more()) {
        const auto entry = decoder.begin_list("storageChanges");
        uint256 slot;
        decoder.read(slot, "slot");
        if (!out.empty() && !(out.back().slot < slot)) decoder.fail(DecodeErrorCode::wrong_order, "slot");
        const auto changes = decoder.begin_list("slotChanges");
        if (!decoder.more() && !decoder.failed()) decoder.fail(DecodeErrorCode::empty_list, "slotChanges");
        for (bool first = true; decoder.more(); first = false) {
            const auto pair = decoder.begin_list("slotChanges");
            SlotChange change{.slot = slot, .index = 0, .value = {}};
            read_index(decoder, first ? nullptr : &out.back().index, change.index);
            decoder.read(change.value, "postValue");
            decoder.end_list(pair, "slotChanges");
            out.push_back(change);
        }
        decoder.end_list(changes, "slotChanges");
        decoder.end_list(entry, "storageChanges");
    }
    decoder.end_list(list, "storageChanges");
}

/// Precondition: the account's storage_changes are read.
void read_reads(rlp::Decoder& decoder, AccountChanges& account) {
    auto changed = account.storage_changes.begin();
    const auto list = decoder.begin_list("storageReads");
    while (decoder.more()) {
        uint256 slot;
        decoder.read(slot, "storageReads");
        auto& reads = account.storage_reads;
        while (changed != account.storage_changes.end() && changed->slot < slot) ++changed;
        const bool is_changed = changed != account.storage_changes.end() && changed->slot == slot;
        if (is_changed || (!reads.empty() && !(reads.back() < slot)))
            decoder.fail(DecodeErrorCode::wrong_order, "storageReads");
        reads.push_back(slot);
    }
    decoder.end_list(list, "storageReads");
}

}  // namespace

Bytes encode(const BlockAccessList& list) {
    Bytes out;
    for (const AccountChanges& account : list) {
        const size_t start = out.size();
        rlp::append(out, account.address);
        append_slot_changes(out, account.storage_changes);
        const size_t reads = out.size();
        for (const uint256& slot : account.storage_reads) rlp::append(out, slot);
        rlp::wrap_list(out, reads);
        append_changes(out, account.balance_changes, &BalanceChange::balance);
        append_changes(out, account.nonce_changes, &NonceChange::nonce);
        append_changes(out, account.code_changes, &CodeChange::code);
        rlp::wrap_list(out, start);
    }
    rlp::wrap_list(out, 0);
    return out;
}

DecodeResult<BlockAccessList> decode_access_list(BytesView encoded) {
    rlp::Decoder decoder(encoded);
    BlockAccessList out;
    const auto list = decoder.begin_list("blockAccessList");
    while (decoder.more()) {
        const auto entry = decoder.begin_list("blockAccessList");
        AccountChanges account;
        decoder.read(account.address, "address");
        if (!out.empty() && account.address <= out.back().address)
            decoder.fail(DecodeErrorCode::wrong_order, "address");
        read_slot_changes(decoder, account.storage_changes);
        read_reads(decoder, account);
        read_changes(decoder, account.balance_changes, &BalanceChange::balance, "balanceChanges");
        read_changes(decoder, account.nonce_changes, &NonceChange::nonce, "nonceChanges");
        read_changes(decoder, account.code_changes, &CodeChange::code, "codeChanges");
        decoder.end_list(entry, "blockAccessList");
        out.push_back(std::move(account));
    }
    decoder.end_list(list, "blockAccessList");
    if (auto finished = decoder.finish(); !finished) return std::unexpected(finished.error());
    return out;
}

Hash hash(const BlockAccessList& list) { return crypto::keccak256(encode(list)); }

uint64_t item_count(const BlockAccessList& list) noexcept {
    uint64_t items = 0;
    for (const AccountChanges& account : list) {
        items += 1 + account.storage_reads.size();
        const uint256* slot = nullptr;
        for (const SlotChange& change : account.storage_changes) {
            if (slot == nullptr || change.slot != *slot) ++items;
            slot = &change.slot;
        }
    }
    return items;
}

}  // namespace weft::primitives
