#include "weft/execution/optimistic/segment_source.hpp"

#include "weft/execution/optimistic/record.hpp"

namespace weft::execution::optimistic {

/// Once in a run: what asks whether it is due is on the way of every read, and stays small.
[[gnu::noinline]] bool SegmentSource::holds_so_far() noexcept {
    const Record record = make_record(*watched_, versions_, memory_, position_, Footing::speculative);
    watched_ = nullptr;
    // They are not published: no earlier ones are found from them.
    for (AccountUse& use : record.accounts) use.version = nullptr;
    for (SlotUse& use : record.slots) use.version = nullptr;
    is_refuted_ = !holds(record, versions_, position_);
    return !is_refuted_;
}

bool SegmentSource::load(state::AccountEntry& account) noexcept {
    if (interleaving_ != nullptr) [[unlikely]]
        interleaving_->reached(worker_, Point::load);
    if (!goes_on()) return false;
    if (account.origin == nullptr)
        account.origin = versions_.locate(account.address, memory_, VersionedState::Base::read);
    auto& location = *static_cast<AccountLocation*>(account.origin);
    if (const AccountState* known = versions_.known(location, position_)) {
        account.seen = known;
        account.base = known->account;
        account.base_exists = known->exists;
        return true;
    }
    AccountState spare;
    auto read = versions_.read(location, position_, spare);
    if (keep_error(read)) return false;
    const AccountState& found = **read;
    account.seen = &found != &spare ? &found : nullptr;
    account.base = found.account;
    account.base_exists = found.exists;
    return true;
}

bool SegmentSource::load(state::SlotEntry& slot) noexcept {
    if (interleaving_ != nullptr) [[unlikely]]
        interleaving_->reached(worker_, Point::load);
    if (!goes_on()) return false;
    if (slot.origin == nullptr) {
        // The first reader of a place needs both the place and what the state has there: two misses at a
        // time.
        if (expects_misses_) {
            const state::Location place{slot.account->address, slot.key};
            versions_.reader().prefetch({&place, 1});
        }
        // A slot is only ever asked for after its account was.
        slot.origin = versions_.locate(static_cast<AccountLocation*>(slot.account->origin), slot.key, memory_,
                                       VersionedState::Base::read);
    }
    auto& location = *static_cast<SlotLocation*>(slot.origin);
    const uint256* const known = versions_.known(location, position_);
    slot.seen = known;
    if (known != nullptr) {
        slot.base = *known;
    } else if (auto read = versions_.read(location, position_, slot.base); keep_error(read)) {
        return false;
    }
    // Whether there is something at all decides what an SSTORE costs, so that nothing floats from zero.
    slot.may_commute = commuting_ != Commuting::none && !slot.base.is_zero() &&
                       (commuting_ == Commuting::all || location.may_commute());
    return true;
}

std::optional<bool> SegmentSource::has_storage(state::AccountEntry& account) noexcept {
    auto read = versions_.has_storage(*static_cast<AccountLocation*>(account.origin), position_);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

const Code* SegmentSource::code(const state::AccountEntry& account) noexcept {
    auto& location = *static_cast<AccountLocation*>(account.origin);
    const Hash& hash = account.now.code_hash;
    const Code* code = location.code.load(std::memory_order_acquire);
    if (code != nullptr && code->hash() == hash) return code;
    AccountState spare;
    auto before_block = versions_.read_base(location, spare);
    if (keep_error(before_block)) return nullptr;
    code = hash != (*before_block)->account.code_hash ? codes_.find(hash) : nullptr;
    if (code == nullptr) {
        auto read = codes_.get(hash, versions_.reader());
        if (keep_error(read)) return nullptr;
        code = *read;
    }
    location.code.store(code, std::memory_order_release);
    return code;
}

std::optional<Hash> SegmentSource::block_hash(uint64_t number) noexcept {
    auto read = versions_.reader().block_hash(number);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

}  // namespace weft::execution::optimistic
