#include "weft/execution/optimistic/segment_source.hpp"

namespace weft::execution::optimistic {

bool SegmentSource::load(state::AccountEntry& account) noexcept {
    if (interleaving_ != nullptr) [[unlikely]]
        interleaving_->reached(worker_, Point::load);
    AccountLocation* location = versions_.locate(account.address, memory_);
    AccountState found;
    auto read = versions_.read(*location, position_, found, account.seen);
    if (keep_error(read)) return false;
    account.origin = location;
    account.base = found.account;
    account.base_exists = found.exists;
    return true;
}

bool SegmentSource::load(state::SlotEntry& slot) noexcept {
    if (interleaving_ != nullptr) [[unlikely]]
        interleaving_->reached(worker_, Point::load);
    // A slot is only ever asked for after its account was.
    SlotLocation* location =
        versions_.locate(static_cast<AccountLocation*>(slot.account->origin), slot.key, memory_);
    auto read = versions_.read(*location, position_, slot.base, slot.seen);
    if (keep_error(read)) return false;
    slot.origin = location;
    return true;
}

std::optional<bool> SegmentSource::has_storage(state::AccountEntry& account) noexcept {
    auto read = versions_.has_storage(*static_cast<AccountLocation*>(account.origin), position_);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

const Code* SegmentSource::code(const state::AccountEntry& account) noexcept {
    auto& noted = static_cast<AccountLocation*>(account.origin)->code;
    const Code* code = noted.load(std::memory_order_acquire);
    if (code != nullptr && code->hash() == account.now.code_hash) return code;
    auto read = codes_.get(account.now.code_hash, versions_.reader());
    if (keep_error(read)) return nullptr;
    noted.store(*read, std::memory_order_release);
    return *read;
}

std::optional<Hash> SegmentSource::block_hash(uint64_t number) noexcept {
    auto read = versions_.reader().block_hash(number);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

}  // namespace weft::execution::optimistic
