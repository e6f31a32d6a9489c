#include "weft/state/memory_state.hpp"

#include <algorithm>
#include <array>

#include "weft/base/hex.hpp"
#include "weft/base/prefetch.hpp"

namespace weft::state {

void MemoryState::reserve(size_t accounts, size_t slots) {
    accounts_.reserve(accounts);
    slots_.reserve(slots);
    account_index_.reserve(accounts, hash_of_account());
    slot_index_.reserve(slots, hash_of_slot());
}

const MemoryState::AccountEntry* MemoryState::find_account(const Address& address) const noexcept {
    const uint32_t i =
        account_index_.find(hasher_(address), [&](uint32_t at) { return accounts_[at].address == address; });
    return i == none ? nullptr : &accounts_[i];
}

uint32_t MemoryState::find_slot(const Address& address, const uint256& key) const noexcept {
    return slot_index_.find(hash_of(address, key), [&](uint32_t at) {
        return slots_[at].key == key && slots_[at].address == address;
    });
}

MemoryState::AccountEntry& MemoryState::account_entry(const Address& address) {
    if (const AccountEntry* const found = find_account(address))
        return accounts_[static_cast<size_t>(found - accounts_.data())];
    account_index_.insert(hasher_(address), static_cast<uint32_t>(accounts_.size()), hash_of_account());
    AccountEntry& entry = accounts_.emplace_back();
    entry.address = address;
    return entry;
}

void MemoryState::set_account(const Address& address, const Account& account) {
    AccountEntry& entry = account_entry(address);
    if (!entry.exists) ++account_count_;
    entry.exists = true;
    entry.account = account;
}

void MemoryState::remove_account(const Address& address) {
    if (find_account(address) == nullptr) return;
    clear_storage(address);
    AccountEntry& entry = account_entry(address);
    if (entry.exists) --account_count_;
    entry.exists = false;
    entry.account = {};
}

void MemoryState::set_storage(const Address& address, const uint256& key, const uint256& value) {
    const uint32_t found = find_slot(address, key);
    if (found == none && value.is_zero()) return;
    AccountEntry& account = account_entry(address);
    if (found != none) {
        account.slots_in_use +=
            static_cast<uint32_t>(!value.is_zero()) - static_cast<uint32_t>(!slots_[found].value.is_zero());
        slots_[found].value = value;
        return;
    }
    const auto position = static_cast<uint32_t>(slots_.size());
    slot_index_.insert(hash_of(address, key), position, hash_of_slot());
    slots_.push_back({address, account.first_slot, key, value});
    account.first_slot = position;
    ++account.slots_in_use;
}

void MemoryState::clear_storage(const Address& address) {
    if (find_account(address) == nullptr) return;
    AccountEntry& account = account_entry(address);
    for (uint32_t i = account.first_slot; i != none; i = slots_[i].next) slots_[i].value = {};
    account.slots_in_use = 0;
}

Hash MemoryState::set_code(Bytes code) {
    const Hash hash = crypto::keccak256(code);
    set_code(hash, std::move(code));
    return hash;
}

void MemoryState::set_code(const Hash& hash, Bytes code) {
    if (find_code(hash) != nullptr) return;
    code_index_.insert(hasher_(hash), static_cast<uint32_t>(codes_.size()),
                       [this](uint32_t i) { return hasher_(codes_[i].hash); });
    codes_.push_back({hash, std::make_shared<const Bytes>(std::move(code))});
}

void MemoryState::set_block_hash(uint64_t number, const Hash& hash) { block_hashes_[number] = hash; }

void MemoryState::apply(const StateDiff& diff) {
    for (const CodeDiff& code : diff.codes) set_code(code.hash, code.code);
    for (const AccountDiff& change : diff.accounts) {
        if (!change.after) {
            remove_account(change.address);
            continue;
        }
        if (change.storage_wiped) clear_storage(change.address);
        set_account(change.address, *change.after);
        for (const SlotDiff& slot : change.slots) set_storage(change.address, slot.key, slot.after);
    }
}

ReadResult<std::optional<Account>> MemoryState::account(const Address& address) const {
    const AccountEntry* const entry = find_account(address);
    if (entry == nullptr || !entry->exists) return std::optional<Account>{};
    return std::optional<Account>{entry->account};
}

ReadResult<uint256> MemoryState::storage(const Address& address, const uint256& key) const {
    const uint32_t i = find_slot(address, key);
    return i == none ? uint256{} : slots_[i].value;
}

ReadResult<bool> MemoryState::has_storage(const Address& address) const {
    const AccountEntry* const entry = find_account(address);
    return entry != nullptr && entry->slots_in_use != 0;
}

const MemoryState::CodeEntry* MemoryState::find_code_entry(const Hash& code_hash) const noexcept {
    const uint32_t i =
        code_index_.find(hasher_(code_hash), [&](uint32_t at) { return codes_[at].hash == code_hash; });
    return i == none ? nullptr : &codes_[i];
}

const Bytes* MemoryState::find_code(const Hash& code_hash) const noexcept {
    const CodeEntry* const found = find_code_entry(code_hash);
    return found == nullptr ? nullptr : found->code.get();
}

ReadResult<Bytes> MemoryState::code(const Hash& code_hash) const {
    if (code_hash == crypto::empty_code_hash) return Bytes{};
    if (const Bytes* const found = find_code(code_hash)) return *found;
    return std::unexpected(StateError{"no code with hash " + to_hex(code_hash)});
}

ReadResult<std::shared_ptr<const Bytes>> MemoryState::shared_code(const Hash& code_hash) const {
    if (const CodeEntry* const found = find_code_entry(code_hash)) return found->code;
    return StateReader::shared_code(code_hash);
}

ReadResult<Hash> MemoryState::block_hash(uint64_t number) const {
    const auto found = block_hashes_.find(number);
    return found == block_hashes_.end() ? Hash{} : found->second;
}

void MemoryState::prefetch(std::span<const Location> locations) const {
    constexpr size_t small = 4096;
    if (accounts_.size() + slots_.size() < small) return;
    // Who asks for a single one is about to do something else, and needn't wait here for its cell.
    if (locations.size() == 1) {
        const auto& [address, slot] = locations.front();
        return slot ? slot_index_.prefetch(hash_of(address, *slot))
                    : account_index_.prefetch(hasher_(address));
    }
    constexpr size_t group = 32;
    for (; !locations.empty(); locations = locations.subspan(std::min(group, locations.size()))) {
        const auto some = locations.first(std::min(group, locations.size()));
        // The cells of all of them, then the entries that the cells name.
        std::array<uint64_t, group> hashes;
        for (size_t i = 0; i < some.size(); ++i) {
            const auto& [address, slot] = some[i];
            hashes[i] = slot ? hash_of(address, *slot) : hasher_(address);
            (slot ? slot_index_ : account_index_).prefetch(hashes[i]);
        }
        const auto want = [](const auto& entry) {
            base::prefetch(&entry, sizeof entry);
            // Entries begin anywhere in a cache line: the last byte may lie in one more.
            __builtin_prefetch(reinterpret_cast<const std::byte*>(&entry + 1) - 1);
        };
        for (size_t i = 0; i < some.size(); ++i) {
            if (some[i].slot) {
                slot_index_.visit_first(hashes[i], [&](uint32_t at) { want(slots_[at]); });
            } else {
                account_index_.visit_first(hashes[i], [&](uint32_t at) { want(accounts_[at]); });
            }
        }
    }
}

bool operator==(const MemoryState& a, const MemoryState& b) {
    if (a.account_count_ != b.account_count_) return false;
    for (const auto& entry : a.accounts_) {
        const auto* const other = b.find_account(entry.address);
        const bool exists = other != nullptr && other->exists;
        if (entry.exists != exists || entry.slots_in_use != (other != nullptr ? other->slots_in_use : 0))
            return false;
        if (!exists) continue;
        if (entry.account != other->account) return false;
        bool equal = true;
        a.for_each_slot(entry.address, [&](const uint256& key, const uint256& value) {
            equal = equal && b.storage(entry.address, key) == value;
        });
        if (!equal) return false;
        const Bytes* const code = a.find_code(entry.account.code_hash);
        const Bytes* const other_code = b.find_code(entry.account.code_hash);
        if ((code == nullptr) != (other_code == nullptr)) return false;
    }
    return true;
}

}  // namespace weft::state
