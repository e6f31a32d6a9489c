#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/trie/node_pool.hpp"

namespace weft::trie {

/// Storage that an account no longer has, but may get back.
struct Detached {
    NodeRef ref = none;
    Hash hash{};  ///< where not dirty
    bool is_dirty = false;
    mutable bool is_attached = false;  ///< an account has got it back
};

/// What updates have overwritten, in the order in which one thread did it.
class UndoLog {
public:
    /// account: a key of the account trie, which had this value; empty: no account.
    void add_account(BytesView account, uint32_t round, BytesView before) {
        append({.what = What::account, .round = round}, account, {}, before);
    }
    /// slot: a key of the account's storage trie.
    void add_slot(BytesView account, BytesView slot, uint32_t round, BytesView before) {
        append({.what = What::slot, .round = round}, account, slot, before);
    }
    void add_storage(BytesView account, uint32_t round, const Detached& storage) {
        append({.what = What::storage, .round = round, .storage = static_cast<uint32_t>(detached_.size())},
               account, {}, {});
        detached_.push_back(storage);
    }
    /// Forgets everything, and keeps the memory.
    void clear() noexcept {
        entries_.clear();
        detached_.clear();
        bytes_.clear();
    }

    /// Calls drop(ref) for all storage that no account has got back.
    template <class Drop>
    void drop_detached(Drop&& drop) const {
        for (const Detached& storage : detached_)
            if (storage.ref != none && !storage.is_attached) drop(storage.ref);
    }

private:
    friend class UndoBatch;

    enum class What : uint8_t { account, storage, slot };
    struct Entry {
        What what{};
        uint32_t round = 0;  ///< the update's number: what an earlier one overwrote goes further back
        uint32_t begin = 0;  ///< the value before, in bytes_
        uint32_t end = 0;
        uint32_t storage = 0;  ///< of a storage its place in detached_
        Hash account{};
        Hash slot{};
    };
    void append(Entry entry, BytesView account, BytesView slot, BytesView before) {
        std::memcpy(entry.account.data(), account.data(), Hash::size());
        if (!slot.empty()) std::memcpy(entry.slot.data(), slot.data(), Hash::size());
        entry.begin = static_cast<uint32_t>(bytes_.size());
        bytes_.insert(bytes_.end(), before.begin(), before.end());
        entry.end = static_cast<uint32_t>(bytes_.size());
        entries_.push_back(entry);
    }

    std::vector<Entry> entries_;
    std::vector<Detached> detached_;
    Bytes bytes_;
};

}  // namespace weft::trie
