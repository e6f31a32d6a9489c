#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "weft/base/arena.hpp"
#include "weft/base/bytes.hpp"
#include "weft/trie/node_pool.hpp"
#include "weft/trie/path.hpp"

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
        entries_.emplace_back(nullptr, keep(before), static_cast<uint32_t>(before.size()), round,
                              What::account, hash_of(account));
    }
    /// slot: a key of the account's storage trie.
    void add_slot(BytesView account, BytesView slot, uint32_t round, BytesView before) {
        if (owner_ == nullptr || !same_bytes(owner_->view(), account)) [[unlikely]]
            owner_ = values_.make<Hash>(hash_of(account));
        entries_.emplace_back(owner_, keep(before), static_cast<uint32_t>(before.size()), round, What::slot,
                              hash_of(slot));
    }
    void add_storage(BytesView account, uint32_t round, const Detached& storage) {
        const auto place = static_cast<uint32_t>(detached_.size());
        entries_.emplace_back(nullptr, nullptr, place, round, What::storage, hash_of(account));
        detached_.push_back(storage);
    }
    /// Forgets everything, and keeps the memory.
    void clear() noexcept {
        entries_.clear();
        detached_.clear();
        values_.reset();
        owner_ = nullptr;
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
        const Hash* owner;      ///< of a slot its account, in values_; else nullptr
        const uint8_t* before;  ///< the value, in values_
        uint32_t number;        ///< the value's size; of a storage its place in detached_
        uint32_t round;         ///< the update's number: what an earlier one overwrote goes further back
        What what;
        Hash key;  ///< the slot's, else the account's
        [[nodiscard]] const Hash& account() const noexcept { return owner != nullptr ? *owner : key; }
        [[nodiscard]] BytesView value() const noexcept { return {before, number}; }
    };
    static Hash hash_of(BytesView key) noexcept {
        Hash hash;
        std::memcpy(hash.data(), key.data(), Hash::size());
        return hash;
    }
    const uint8_t* keep(BytesView value) noexcept {
        auto* const kept = static_cast<uint8_t*>(values_.allocate(value.size(), 1));
        if (!value.empty()) std::memcpy(kept, value.data(), value.size());
        return kept;
    }

    std::vector<Entry> entries_;
    std::vector<Detached> detached_;
    base::Arena values_;
    const Hash* owner_ = nullptr;  ///< of the latest slot
};

}  // namespace weft::trie
