#include "weft/state/override_reader.hpp"

#include <algorithm>

namespace weft::state {

void OverrideReader::set(const Address& address, AccountOverride what) {
    Overridden& entry = overrides_[address] = {};
    entry.balance = what.balance;
    entry.nonce = what.nonce;
    if (what.code) {
        entry.code_hash = crypto::keccak256(*what.code);
        codes_.insert_or_assign(*entry.code_hash, std::move(*what.code));
    }
    entry.replaces_storage = what.storage.has_value();
    if (what.storage)
        for (const auto& [key, value] : *what.storage) entry.slots.insert_or_assign(key, value);
    for (const auto& [key, value] : what.storage_diff) entry.slots.insert_or_assign(key, value);
}

const OverrideReader::Overridden* OverrideReader::find(const Address& address) const noexcept {
    const auto found = overrides_.find(address);
    return found == overrides_.end() ? nullptr : &found->second;
}

void OverrideReader::Overridden::apply_to(std::optional<Account>& account) const {
    if (!balance && !nonce && !code_hash) return;
    if (!account) account.emplace();
    if (balance) account->balance = *balance;
    if (nonce) account->nonce = *nonce;
    if (code_hash) account->code_hash = *code_hash;
}

ReadResult<std::optional<Account>> OverrideReader::account(const Address& address) const {
    auto read = base_.account(address);
    if (!read) return read;
    if (const Overridden* entry = find(address)) entry->apply_to(*read);
    return read;
}

ReadResult<uint256> OverrideReader::storage(const Address& address, const uint256& key) const {
    if (const Overridden* entry = find(address)) {
        if (const auto found = entry->slots.find(key); found != entry->slots.end()) return found->second;
        if (entry->replaces_storage) return uint256{};
    }
    return base_.storage(address, key);
}

ReadResult<bool> OverrideReader::has_storage(const Address& address) const {
    if (const Overridden* entry = find(address)) {
        if (std::ranges::any_of(entry->slots, [](const auto& slot) { return !slot.second.is_zero(); }))
            return true;
        if (entry->replaces_storage) return false;
    }
    return base_.has_storage(address);
}

ReadResult<Bytes> OverrideReader::code(const Hash& code_hash) const {
    if (const auto found = codes_.find(code_hash); found != codes_.end()) return found->second;
    return base_.code(code_hash);
}

ReadResult<std::shared_ptr<const Bytes>> OverrideReader::shared_code(const Hash& code_hash) const {
    if (codes_.contains(code_hash)) return StateReader::shared_code(code_hash);
    return base_.shared_code(code_hash);
}

ReadResult<Hash> OverrideReader::block_hash(uint64_t number) const {
    if (const auto found = block_hashes_.find(number); found != block_hashes_.end()) return found->second;
    return base_.block_hash(number);
}

ReadResult<void> OverrideReader::accounts(std::span<const Address> addresses,
                                          std::span<std::optional<Account>> out) const {
    if (auto read = base_.accounts(addresses, out); !read) return read;
    for (size_t i = 0; i < addresses.size(); ++i)
        if (const Overridden* entry = find(addresses[i])) entry->apply_to(out[i]);
    return {};
}

ReadResult<void> OverrideReader::slots(const Address& address, std::span<const uint256> keys,
                                       std::span<uint256> out) const {
    if (find(address) == nullptr) return base_.slots(address, keys, out);
    return StateReader::slots(address, keys, out);
}

}  // namespace weft::state
