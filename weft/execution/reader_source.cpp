#include "weft/execution/reader_source.hpp"

namespace weft::execution {

bool ReaderSource::load(state::AccountEntry& account) noexcept {
    auto read = reader_->account(account.address);
    if (keep_error(read)) return false;
    account.base_exists = read->has_value();
    if (*read) account.base = **read;
    return true;
}

bool ReaderSource::load(state::SlotEntry& slot) noexcept {
    auto read = reader_->storage(slot.account->address, slot.key);
    if (keep_error(read)) return false;
    slot.base = *read;
    return true;
}

std::optional<bool> ReaderSource::has_storage(state::AccountEntry& account) noexcept {
    auto read = reader_->has_storage(account.address);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

const Code* ReaderSource::code(const state::AccountEntry& account) noexcept {
    const Hash& hash = account.now.code_hash;
    if (hash != account.base.code_hash)
        if (const Code* made = codes_.find(hash)) return made;
    auto read = codes_.get(hash, *reader_);
    if (keep_error(read)) return nullptr;
    return *read;
}

std::optional<Hash> ReaderSource::block_hash(uint64_t number) noexcept {
    auto read = reader_->block_hash(number);
    if (keep_error(read)) return std::nullopt;
    return *read;
}

}  // namespace weft::execution
