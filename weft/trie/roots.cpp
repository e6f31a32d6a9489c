#include "weft/trie/roots.hpp"

#include <algorithm>
#include <numeric>

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::trie {

namespace {

/// Items appended to one buffer, as views once all are there.
class Values {
public:
    Bytes& buffer() noexcept { return buffer_; }
    void end_item() { ends_.push_back(buffer_.size()); }
    [[nodiscard]] std::vector<BytesView> views() const {
        std::vector<BytesView> out;
        out.reserve(ends_.size());
        size_t start = 0;
        for (const size_t end : ends_) {
            out.push_back(BytesView(buffer_).subspan(start, end - start));
            start = end;
        }
        return out;
    }

private:
    Bytes buffer_;
    std::vector<size_t> ends_;
};

/// The ordered root of the items' encodings; size: bytes that are enough for them, if it is known.
template <class Item>
Hash root_of(std::span<const Item> items, size_t size = 0) {
    Values values;
    values.buffer().reserve(size);
    for (const Item& item : items) {
        encode(values.buffer(), item);
        values.end_item();
    }
    return ordered_root(values.views());
}

/// The root of a secure trie: keys are hashed first. values[i] belongs to keys[i].
Hash secure_root(std::span<const BytesView> keys, std::span<const BytesView> values) {
    std::vector<Hash> hashes(keys.size());
    crypto::keccak256_batch(keys, hashes);
    std::vector<uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return hashes[a] < hashes[b]; });
    std::vector<Change> entries;
    entries.reserve(keys.size());
    for (const uint32_t i : order) entries.push_back({hashes[i].view(), values[i]});
    return trie_root(entries);
}

}  // namespace

Hash transactions_root(std::span<const Transaction> transactions) { return root_of(transactions); }

Hash receipts_root(std::span<const Receipt> receipts) {
    size_t size = 0;  // may be megabytes
    for (const Receipt& receipt : receipts) size += primitives::enough_for(receipt);
    return root_of(receipts, size);
}

Hash withdrawals_root(std::span<const Withdrawal> withdrawals) { return root_of(withdrawals); }

Hash storage_root(std::span<const StorageEntry> slots) {
    if (slots.empty()) return empty_root;
    std::vector<Hash> keys;
    std::vector<BytesView> key_views;
    Values values;
    keys.reserve(slots.size());
    key_views.reserve(slots.size());
    for (const StorageEntry& slot : slots) {
        keys.push_back(base::to_hash(slot.key));
        key_views.push_back(keys.back().view());
        primitives::rlp::append(values.buffer(), slot.value);
        values.end_item();
    }
    return secure_root(key_views, values.views());
}

Hash state_root(const state::MemoryState& state) {
    StateTrie trie(state);
    return *trie.root();  // nothing can be missing
}

Header genesis_header(const primitives::json::Genesis& genesis, const state::MemoryState& state) {
    Header header = genesis.header;
    header.state_root = state_root(state);
    header.transactions_root = header.receipts_root = empty_root;
    const Revision revision =
        genesis.config.revision(header.number, header.timestamp, header.difficulty.is_zero());
    if (revision >= Revision::london) {
        if (!header.base_fee_per_gas) header.base_fee_per_gas = 1'000'000'000;  // EIP-1559's INITIAL_BASE_FEE
    } else {
        header.base_fee_per_gas.reset();
    }
    if (revision >= Revision::shanghai) header.withdrawals_root = empty_root;
    if (revision >= Revision::cancun) {
        header.blob_gas_used = header.blob_gas_used.value_or(0);
        header.excess_blob_gas = header.excess_blob_gas.value_or(0);
        header.parent_beacon_block_root = Hash{};
    } else {
        header.blob_gas_used.reset();
        header.excess_blob_gas.reset();
    }
    if (revision >= Revision::prague) header.requests_hash = primitives::requests_hash({});
    if (revision >= Revision::amsterdam) header.block_access_list_hash = primitives::empty_access_list_hash;
    return header;
}

}  // namespace weft::trie
