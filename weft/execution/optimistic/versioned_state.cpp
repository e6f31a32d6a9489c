#include "weft/execution/optimistic/versioned_state.hpp"

#include <array>

#include "weft/state/diff_builder.hpp"

namespace weft::execution::optimistic {
namespace {

/// Notes a value read from the state before the block, unless someone else does.
template <class Location, class Value>
void note_base(Location& location, const Value& value) noexcept {
    auto unknown = BaseState::unknown;
    if (!location.base_state.compare_exchange_strong(unknown, BaseState::being_written,
                                                     std::memory_order_acq_rel))
        return;
    location.base = value;
    location.base_state.store(BaseState::known, std::memory_order_release);
}

constexpr Position after_all = ~Position{0};

}  // namespace

AccountLocation* VersionedState::locate(const Address& address, BlockMemory& memory) {
    const uint64_t hash = hasher_(address);
    return accounts_.intern(
        hash, [&](const AccountLocation& l) { return l.address == address; },
        [&] {
            auto* location = memory.arena.make<AccountLocation>();
            location->hash = hash;
            location->address = address;
            memory.accounts.push_back(location);
            return location;
        });
}

SlotLocation* VersionedState::locate(AccountLocation* account, const uint256& key, BlockMemory& memory) {
    const uint64_t hash = hasher_(account->hash, key);
    return slots_.intern(
        hash, [&](const SlotLocation& l) { return l.account == account && l.key == key; },
        [&] {
            auto* location = memory.arena.make<SlotLocation>();
            location->hash = hash;
            location->account = account;
            location->key = key;
            memory.slots.push_back(location);
            return location;
        });
}

state::ReadResult<void> VersionedState::read_base(AccountLocation& location, AccountState& out) const {
    if (location.base_state.load(std::memory_order_acquire) == BaseState::known) {
        out = location.base;
        return {};
    }
    auto read = reader_->account(location.address);
    if (!read) return std::unexpected(std::move(read.error()));
    out = read->has_value() ? AccountState{**read, true} : AccountState{};
    note_base(location, out);
    return {};
}

state::ReadResult<void> VersionedState::read_base(SlotLocation& location, uint256& out) const {
    if (location.base_state.load(std::memory_order_acquire) == BaseState::known) {
        out = location.base;
        return {};
    }
    auto read = reader_->storage(location.account->address, location.key);
    if (!read) return std::unexpected(std::move(read.error()));
    out = *read;
    note_base(location, out);
    return {};
}

state::ReadResult<void> VersionedState::read(AccountLocation& location, Position position, AccountState& out,
                                             const void*& seen) const {
    const AccountVersion* version =
        newest_before(location.newest, position, committed_.load(std::memory_order_acquire));
    if (version != nullptr) return read_versions(location, version, out, seen);
    seen = &location.base;
    return read_base(location, out);
}

state::ReadResult<void> VersionedState::read_versions(AccountLocation& location,
                                                      const AccountVersion* version, AccountState& out,
                                                      const void*& seen) const {
    // Published versions pile up until one that is final; the lookahead bounds how many can.
    std::array<const AccountVersion*, 16> pile;
    std::vector<const AccountVersion*> rest;
    size_t height = 0;
    const Position committed = committed_.load(std::memory_order_acquire);
    Position last = ~Position{0};
    for (; version != nullptr; version = version->older.load(std::memory_order_acquire)) {
        const VersionState state = version->state.load(std::memory_order_acquire);
        if (state == VersionState::committed) break;
        if (state == VersionState::withdrawn) continue;
        // What the segment published stands for all of what was predicted of it.
        if (state == VersionState::predicted && (version->position == last || version->position <= committed))
            continue;
        last = version->position;
        if (height < pile.size()) {
            pile[height++] = version;
        } else {
            rest.push_back(version);
        }
    }
    seen = nullptr;
    if (version != nullptr) {
        out = version->committed;
        if (height == 0) seen = &version->committed;
    } else {
        if (auto read = read_base(location, out); !read) return read;
        if (height == 0) seen = &location.base;
    }
    for (size_t i = rest.size(); i-- > 0;) rest[i]->apply_to(out);
    while (height > 0) pile[--height]->apply_to(out);
    return {};
}

std::optional<Position> VersionedState::last_change(const AccountLocation& location, Position position,
                                                    uint8_t changes) const noexcept {
    const Position committed = committed_.load(std::memory_order_acquire);
    for (const AccountVersion* version = newest_before(location.newest, position, committed);
         version != nullptr; version = version->older.load(std::memory_order_acquire))
        if ((version->changes & changes) != 0 &&
            version->state.load(std::memory_order_acquire) != VersionState::withdrawn)
            return version->position;
    return std::nullopt;
}

state::ReadResult<void> VersionedState::read(SlotLocation& location, Position position, uint256& out,
                                             const void*& seen) const {
    const SlotVersion* version =
        newest_before(location.newest, position, committed_.load(std::memory_order_acquire));
    seen = nullptr;
    if (location.account->ever_cleared.load(std::memory_order_acquire)) {
        // A segment that cleared the storage and wrote the slot afterwards has published the slot.
        const auto clearing = last_change(*location.account, position, AccountVersion::storage_cleared);
        if (clearing && (version == nullptr || version->position < *clearing)) {
            out = {};
            return {};
        }
        if (version != nullptr) {
            out = version->value;
            return {};
        }
        return read_base(location, out);
    }
    if (version == nullptr) {
        seen = &location;
        return read_base(location, out);
    }
    out = version->value;
    if (version->state.load(std::memory_order_acquire) == VersionState::committed) seen = version;
    return {};
}

state::ReadResult<bool> VersionedState::has_storage(const AccountLocation& location,
                                                    Position position) const {
    if (location.ever_cleared.load(std::memory_order_acquire) &&
        last_change(location, position, AccountVersion::storage_cleared))
        return false;
    return reader_->has_storage(location.address);
}

StateDiff VersionedState::make_diff(std::span<BlockMemory* const> memories, CodeCache& codes) const {
    std::vector<state::SlotChange> slots;
    for (const BlockMemory* memory : memories)
        for (SlotLocation* location : memory->slots) {
            const SlotVersion* last = newest_before(location->newest, after_all, after_all);
            if (last == nullptr) continue;
            AccountLocation& account = *location->account;
            const auto wipe = account.ever_cleared.load(std::memory_order_relaxed)
                                  ? last_change(account, after_all, AccountVersion::storage_wiped)
                                  : std::nullopt;
            const bool is_zero = wipe && last->position < *wipe;
            if (wipe ? is_zero || last->value.is_zero() : last->value == location->base) continue;
            account.slots_changed = true;
            slots.push_back({&account.rank, &location->key, &location->base, &last->value});
        }
    std::vector<state::AccountChange> accounts;
    for (const BlockMemory* memory : memories)
        for (AccountLocation* location : memory->accounts) {
            const AccountVersion* last = newest_before(location->newest, after_all, after_all);
            const AccountState& after = last != nullptr ? last->committed : location->base;
            const bool wiped = location->ever_cleared.load(std::memory_order_relaxed) &&
                               last_change(*location, after_all, AccountVersion::storage_wiped);
            const bool changed = after.exists != location->base.exists ||
                                 (after.exists && after.account != location->base.account) ||
                                 (wiped && location->base.exists) || location->slots_changed;
            if (!changed) continue;
            const Code* code = nullptr;
            if (after.exists && after.account.code_hash != location->base.account.code_hash)
                code = codes.find(after.account.code_hash);
            accounts.push_back({&location->address, location->base.exists ? &location->base.account : nullptr,
                                after.exists ? &after.account : nullptr, code, wiped, &location->rank});
        }
    return state::build_diff(accounts, slots);
}

}  // namespace weft::execution::optimistic
