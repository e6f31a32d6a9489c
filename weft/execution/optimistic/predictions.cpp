#include "weft/execution/optimistic/predictions.hpp"

#include <algorithm>

#include "weft/crypto/keccak.hpp"

namespace weft::execution::optimistic {
namespace {

/// Accounts that a worker takes at once.
constexpr size_t grain = 16;

/// A version at `position`: the one just made, if it is of the same segment.
template <class V>
V& version_at(V*& last, Position position, BlockMemory& memory, std::atomic<V*>& newest) {
    if (last != nullptr && last->position == position) return *last;
    if (last != nullptr) insert(newest, last);
    last = memory.arena.make<V>();
    last->position = position;
    last->state.store(VersionState::predicted, std::memory_order_relaxed);
    return *last;
}

/// Walks the changes of a balance, a nonce and a code in the order of their steps.
class Steps {
public:
    explicit Steps(const primitives::AccountChanges& account) : account_(account) {}
    /// The next step at which something changes.
    [[nodiscard]] std::optional<primitives::BlockAccessIndex> next() const noexcept {
        std::optional<primitives::BlockAccessIndex> least;
        const auto note = [&](const auto& changes, size_t at) {
            if (at < changes.size() && (!least || changes[at].index < *least)) least = changes[at].index;
        };
        note(account_.balance_changes, balance_);
        note(account_.nonce_changes, nonce_);
        note(account_.code_changes, code_);
        return least;
    }
    /// The changes at that step; nullptr where there is none. Goes on to the one after it.
    [[nodiscard]] const primitives::BalanceChange* balance(primitives::BlockAccessIndex step) noexcept {
        return take(account_.balance_changes, balance_, step);
    }
    [[nodiscard]] const primitives::NonceChange* nonce(primitives::BlockAccessIndex step) noexcept {
        return take(account_.nonce_changes, nonce_, step);
    }
    [[nodiscard]] const primitives::CodeChange* code(primitives::BlockAccessIndex step) noexcept {
        return take(account_.code_changes, code_, step);
    }

private:
    template <class Changes>
    static const typename Changes::value_type* take(const Changes& changes, size_t& at,
                                                    primitives::BlockAccessIndex step) noexcept {
        if (at == changes.size() || changes[at].index != step) return nullptr;
        return &changes[at++];
    }
    const primitives::AccountChanges& account_;
    size_t balance_ = 0, nonce_ = 0, code_ = 0;
};

Hash add_code(CodeCache& codes, BytesView code) {
    if (code.empty()) return crypto::empty_code_hash;
    const Hash hash = crypto::keccak256(code);
    static_cast<void>(codes.insert(hash, code));
    return hash;
}

}  // namespace

bool Predictions::publish_some(VersionedState& versions, BlockMemory& memory, CodeCache& codes) {
    if (positions_.empty()) return false;
    const size_t first = next_.fetch_add(grain, std::memory_order_relaxed);
    if (first >= list_->size()) return false;
    const size_t last = std::min(list_->size(), first + grain);
    for (size_t i = first; i < last; ++i) publish((*list_)[i], versions, memory, codes);
    return true;
}

void Predictions::publish(const primitives::AccountChanges& account, VersionedState& versions,
                          BlockMemory& memory, CodeCache& codes) const {
    AccountLocation* const location = versions.locate(account.address, memory);
    AccountVersion* last = nullptr;
    Steps steps(account);
    while (const auto step = steps.next()) {
        const auto* const balance = steps.balance(*step);
        const auto* const nonce = steps.nonce(*step);
        const auto* const code = steps.code(*step);
        const Position position = position_of(*step);
        if (position == 0) continue;
        AccountVersion& version = version_at(last, position, memory, location->newest);
        if (balance != nullptr) {
            version.changes |= AccountVersion::balance_set;
            version.after.account.balance = balance->balance;
            if (!balance->balance.is_zero()) version.changes |= AccountVersion::made_to_exist;
        }
        if (nonce != nullptr) {
            version.changes |= AccountVersion::nonce_set | AccountVersion::made_to_exist;
            version.after.account.nonce = nonce->nonce;
        }
        if (code != nullptr) {
            version.changes |= AccountVersion::code_set;
            version.after.account.code_hash = add_code(codes, code->code);
        }
    }
    if (last != nullptr) insert(location->newest, last);
    publish_slots(account, location, versions, memory);
}

void Predictions::publish_slots(const primitives::AccountChanges& account, AccountLocation* location,
                                VersionedState& versions, BlockMemory& memory) const {
    SlotLocation* slot = nullptr;
    SlotVersion* last = nullptr;
    for (const primitives::SlotChange& change : account.storage_changes) {
        const Position position = position_of(change.index);
        if (position == 0) continue;
        if (slot == nullptr || slot->key != change.slot) {
            if (last != nullptr) insert(slot->newest, last);
            last = nullptr;
            slot = versions.locate(location, change.slot, memory);
        }
        version_at(last, position, memory, slot->newest).value = change.value;
    }
    if (last != nullptr) insert(slot->newest, last);
}

}  // namespace weft::execution::optimistic
