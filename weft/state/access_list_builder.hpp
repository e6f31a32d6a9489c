#pragma once

#include <vector>

#include "weft/primitives/access_list.hpp"
#include "weft/state/access_recorder.hpp"

namespace weft::state {

/// Puts a block's accesses and changes into the order of EIP-7928: first all accesses, then order_accounts(),
/// then the changes, those of one place in the order of their steps. What is referred to outlives take().
class AccessListBuilder {
public:
    /// Room for so many.
    void reserve(size_t accounts, size_t slots) {
        accounts_.reserve(accounts);
        reads_.reserve(slots);
    }
    /// An account; each once. `rank` is where the builder notes its place in the list.
    void access(const Address& address, uint32_t& rank) {
        accounts_.push_back({prefix_of(address), &address, &rank});
    }
    /// A slot of the account with this rank; each once. Changed slots are among them.
    void access(const uint32_t& rank, const uint256& key) { reads_.push_back({&rank, &key, 0}); }

    void order_accounts();

    /// Changes; `first` is added to the step's index. Of two with the same index the later counts.
    template <class Place>
    void change(const AccountStep<Place>& step, primitives::BlockAccessIndex first) {
        change(list_[step.account->rank], first + step.index, step.changes, step.balance, step.nonce,
               step.code);
    }
    template <class Place>
    void change(const SlotStep<Place>& step, primitives::BlockAccessIndex first) {
        writes_.push_back(
            {&step.slot->account->rank, &step.slot->key, static_cast<uint32_t>(changes_.size())});
        changes_.push_back({step.slot->key, first + step.index, step.value});
    }

    [[nodiscard]] primitives::BlockAccessList take();

private:
    /// What is sorted: nearly always told apart by the first words.
    struct AccountItem {
        uint64_t prefix;
        const Address* address;
        uint32_t* rank;
    };
    struct SlotItem {
        const uint32_t* rank;
        const uint256* key;
        uint32_t sequence;  ///< among the changes
    };
    static uint64_t prefix_of(const Address& address) noexcept;
    static void change(primitives::AccountChanges& account, primitives::BlockAccessIndex index,
                       uint8_t changes, const uint256& balance, uint64_t nonce, const Code* code);
    /// By account, key and sequence.
    static void sort(std::vector<SlotItem>& items);

    std::vector<AccountItem> accounts_;
    std::vector<SlotItem> reads_;
    std::vector<SlotItem> writes_;
    std::vector<primitives::SlotChange> changes_;
    primitives::BlockAccessList list_;
};

}  // namespace weft::state
