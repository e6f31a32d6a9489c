#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "weft/base/arena.hpp"
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
        entries_.emplace_back(What::account, round, 0U, hash_of(account), Hash{}, keep(before));
    }
    /// slot: a key of the account's storage trie.
    void add_slot(BytesView account, BytesView slot, uint32_t round, BytesView before) {
        entries_.emplace_back(What::slot, round, 0U, hash_of(account), hash_of(slot), keep(before));
    }
    void add_storage(BytesView account, uint32_t round, const Detached& storage) {
        const auto place = static_cast<uint32_t>(detached_.size());
        entries_.emplace_back(What::storage, round, place, hash_of(account), Hash{}, BytesView{});
        detached_.push_back(storage);
    }
    /// Forgets everything, and keeps the memory.
    void clear() noexcept {
        entries_.clear();
        detached_.clear();
        values_.reset();
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
        What what;
        uint32_t round;    ///< the update's number: what an earlier one overwrote goes further back
        uint32_t storage;  ///< of a storage its place in detached_
        Hash account;
        Hash slot;
        BytesView before;  ///< the value, in values_
    };
    static Hash hash_of(BytesView key) noexcept {
        Hash hash;
        std::memcpy(hash.data(), key.data(), Hash::size());
        return hash;
    }
    BytesView keep(BytesView value) noexcept {
        if (value.empty()) return {};
        auto* const kept = static_cast<uint8_t*>(values_.allocate(value.size(), 1));
        std::memcpy(kept, value.data(), value.size());
        return {kept, value.size()};
    }

    std::vector<Entry> entries_;
    std::vector<Detached> detached_;
    base::Arena values_;
};

}  // namespace weft::trie
