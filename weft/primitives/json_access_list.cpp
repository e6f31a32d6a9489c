// Block access lists (EIP-7928) in the official tests' form.
#include "weft/primitives/json.hpp"

namespace weft::primitives::json {
namespace {

/// Reads an array of objects by a function Value -> Result<void>.
template <class Read>
Result<void> read_each(Value value, Read&& read_one) {
    Array array;
    if (auto status = read(value, array); !status) return status;
    size_t index = 0;
    for (const Value item : array) {
        if (Result<void> status = read_one(item); !status)
            return std::unexpected(std::move(status.error()).within(index));
        ++index;
    }
    return {};
}

Result<void> read_index(Fields& fields, BlockAccessIndex& out) {
    uint64_t index = 0;
    fields.required("blockAccessIndex", index);
    if (index != static_cast<BlockAccessIndex>(index)) fields.fail("blockAccessIndex", "out of range");
    out = static_cast<BlockAccessIndex>(index);
    return fields.status();
}

template <class Changes, class Change, class Value_>
Result<void> read_changes(Value value, Changes& out, Value_ Change::* member, const char* key) {
    return read_each(value, [&](Value item) -> Result<void> {
        Fields fields(item);
        Change& change = out.emplace_back();
        fields.required(key, change.*member);
        return read_index(fields, change.index);
    });
}

Result<void> read_slot(Value value, std::vector<SlotChange>& out) {
    Fields fields(value);
    uint256 slot;
    fields.required("slot", slot);
    if (!fields.has("slotChanges")) fields.fail("slotChanges", "missing");
    fields.with("slotChanges", [&](Value changes) {
        return read_each(changes, [&](Value item) -> Result<void> {
            Fields change(item);
            SlotChange& entry = out.emplace_back();
            entry.slot = slot;
            change.required("postValue", entry.value);
            return read_index(change, entry.index);
        });
    });
    return fields.status();
}

template <class Changes, class Change, class Value_>
void write_changes(Writer& out, const char* list, const Changes& changes, const char* key,
                   Value_ Change::* member) {
    out.key(list).begin_array();
    for (const Change& change : changes) {
        out.begin_object().key("blockAccessIndex").quantity(uint64_t{change.index}).key(key);
        if constexpr (std::is_same_v<Value_, Bytes>)
            out.bytes(change.*member);
        else
            out.quantity(change.*member);
        out.end_object();
    }
    out.end_array();
}

void write_slots(Writer& out, const std::vector<SlotChange>& changes) {
    out.key("storageChanges").begin_array();
    for (size_t i = 0; i < changes.size();) {
        const uint256& slot = changes[i].slot;
        out.begin_object().key("slot").quantity(slot).key("slotChanges").begin_array();
        for (; i < changes.size() && changes[i].slot == slot; ++i)
            out.begin_object()
                .key("blockAccessIndex")
                .quantity(uint64_t{changes[i].index})
                .key("postValue")
                .quantity(changes[i].value)
                .end_object();
        out.end_array().end_object();
    }
    out.end_array();
}

}  // namespace

Result<void> read(Value value, AccountChanges& out) {
    Fields fields(value);
    fields.required("address", out.address);
    fields.with("storageChanges", [&](Value slots) {
        return read_each(slots, [&](Value slot) { return read_slot(slot, out.storage_changes); });
    });
    fields.optional("storageReads", out.storage_reads);
    fields.with("balanceChanges", [&](Value changes) {
        return read_changes(changes, out.balance_changes, &BalanceChange::balance, "postBalance");
    });
    fields.with("nonceChanges", [&](Value changes) {
        return read_changes(changes, out.nonce_changes, &NonceChange::nonce, "postNonce");
    });
    fields.with("codeChanges", [&](Value changes) {
        return read_changes(changes, out.code_changes, &CodeChange::code, "newCode");
    });
    return fields.status();
}

Result<BlockAccessList> parse_access_list(Value value) {
    Bytes encoded;
    if (value.is_text()) {
        if (auto status = read(value, encoded); !status) return std::unexpected(std::move(status.error()));
    } else {
        BlockAccessList list;
        if (auto status = read(value, list); !status) return std::unexpected(std::move(status.error()));
        encoded = encode(list);
    }
    // One place judges the order: the RLP decoder.
    auto list = decode_access_list(encoded);
    if (!list) return std::unexpected(Error{{}, primitives::to_string(list.error())});
    return std::move(*list);
}

std::expected<BlockAccessList, std::string> read_access_list(const std::string& path) {
    const auto document = Document::load(path);
    if (!document) return std::unexpected(document.error());
    return document->read([](Value root) { return parse_access_list(root); });
}

void write(Writer& out, const BlockAccessList& list) {
    out.begin_array();
    for (const AccountChanges& account : list) {
        out.begin_object().key("address").bytes(account.address.view());
        write_slots(out, account.storage_changes);
        out.key("storageReads").begin_array();
        for (const uint256& slot : account.storage_reads) out.quantity(slot);
        out.end_array();
        write_changes(out, "balanceChanges", account.balance_changes, "postBalance", &BalanceChange::balance);
        write_changes(out, "nonceChanges", account.nonce_changes, "postNonce", &NonceChange::nonce);
        write_changes(out, "codeChanges", account.code_changes, "newCode", &CodeChange::code);
        out.end_object();
    }
    out.end_array();
}

}  // namespace weft::primitives::json
