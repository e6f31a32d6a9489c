#include "weft/execution/optimistic/versioned_state.hpp"

#include <array>

namespace weft::execution::optimistic {
namespace {

constexpr Position after_all = ~Position{0};
/// So many locations ahead the diff's maker asks for their newest versions.
constexpr size_t look_ahead = 8;

/// An account by versions that are not final, from the newest to the oldest: what sets a field last counts,
/// sums add up.
class Chain {
public:
    using Version = AccountVersion;
    [[nodiscard]] bool is_empty() const noexcept { return !any_; }
    /// False: what was before it does not matter.
    bool take(const Version& version) noexcept {
        any_ = true;
        if (version.changes & Version::removed) {
            decided_ = static_cast<uint8_t>(~0U);
            return false;
        }
        const auto sets = static_cast<uint8_t>(version.changes & ~decided_);
        if ((version.changes & Version::balance_added) && !(decided_ & Version::balance_set))
            out_.account.balance += version.added;
        if (sets & Version::balance_set) out_.account.balance += version.after.account.balance;
        if (sets & Version::nonce_set) out_.account.nonce = version.after.account.nonce;
        if (sets & Version::code_set) out_.account.code_hash = version.after.account.code_hash;
        if (sets & Version::made_to_exist) out_.exists = true;
        decided_ |= sets & fields;
        return true;
    }
    /// On top of a final value.
    [[nodiscard]] AccountState on(const AccountState& before) const noexcept {
        AccountState out = out_;
        if (!(decided_ & Version::balance_set)) out.account.balance += before.account.balance;
        if (!(decided_ & Version::nonce_set)) out.account.nonce = before.account.nonce;
        if (!(decided_ & Version::code_set)) out.account.code_hash = before.account.code_hash;
        if (!(decided_ & Version::made_to_exist)) out.exists = before.exists;
        return out;
    }

private:
    static constexpr uint8_t fields =
        Version::balance_set | Version::nonce_set | Version::code_set | Version::made_to_exist;
    AccountState out_;  ///< the balance: what is added to the one before, unless that is decided
    uint8_t decided_ = 0;
    bool any_ = false;
};

}  // namespace

AccountLocation* VersionedState::locate(const Address& address, uint64_t hash, BlockMemory& memory,
                                        Base base) {
    const auto [location, is_new] = accounts_.intern(
        hash, [&](const AccountLocation& l) { return l.address == address; },
        [&] {
            auto* made = memory.make<AccountLocation>();
            made->address = address;
            // Nobody else sees it yet. A read that fails is met again by who needs it.
            if (base == Base::unread) return made;
            if (auto read = reader_->account(address)) {
                made->base.exists = read->has_value();
                if (made->base.exists) made->base.account = **read;
                made->base_state.store(BaseState::known, std::memory_order_relaxed);
            }
            return made;
        });
    if (is_new) memory.accounts.push_back(location);
    return location;
}

SlotLocation* VersionedState::locate(AccountLocation* account, const uint256& key, uint64_t hash,
                                     BlockMemory& memory, Base base) {
    const auto [location, is_new] = slots_.intern(
        hash, [&](const SlotLocation& l) { return l.account == account && l.key == key; },
        [&] {
            auto* made = memory.make<SlotLocation>();
            made->account = account;
            made->key = key;
            if (base == Base::unread) return made;
            if (auto read = reader_->storage(account->address, key)) {
                made->base = *read;
                made->base_state.store(BaseState::known, std::memory_order_relaxed);
            }
            return made;
        });
    if (is_new) memory.slots.push_back(location);
    return location;
}

void VersionedState::prefetch(std::span<const state::Location> locations) const noexcept {
    const AccountLocation* owner = nullptr;  // of the slot before
    while (!locations.empty()) {
        const auto some = locations.first(std::min(Journal::prefetched_at_once, locations.size()));
        locations = locations.subspan(some.size());
        std::array<uint64_t, Journal::prefetched_at_once> hashes;
        std::array<const AccountLocation*, Journal::prefetched_at_once> owners;
        for (size_t i = 0; i < some.size(); ++i) {
            const auto& [address, key] = some[i];
            if (!key) {
                hashes[i] = hasher_(address);
                accounts_.prefetch(hashes[i]);
                continue;
            }
            if (owner == nullptr || owner->address != address) {
                owner = accounts_.prefetch_location(hasher_(address));
                if (owner != nullptr && owner->address != address) owner = nullptr;
            }
            owners[i] = owner;
            if (owner == nullptr) continue;
            hashes[i] = hasher_(owner, *key);
            slots_.prefetch(hashes[i]);
        }
        prefetch_found(some, hashes.data(), owners.data());
    }
}

void VersionedState::prefetch_found(std::span<const state::Location> locations, const uint64_t* hashes,
                                    const AccountLocation* const* owners) const noexcept {
    std::array<const AccountLocation*, Journal::prefetched_at_once> accounts;
    std::array<const SlotLocation*, Journal::prefetched_at_once> slots;
    std::array<state::Location, Journal::prefetched_at_once> unknown;
    size_t count = 0;
    for (size_t i = 0; i < locations.size(); ++i) {
        const bool is_account = !locations[i].slot;
        accounts[i] = is_account ? accounts_.prefetch_location(hashes[i]) : nullptr;
        slots[i] = is_account || owners[i] == nullptr ? nullptr : slots_.prefetch_location(hashes[i]);
        if (accounts[i] == nullptr && slots[i] == nullptr) unknown[count++] = locations[i];
    }
    if (count != 0) reader_->prefetch({unknown.data(), count});
    for (size_t i = 0; i < locations.size(); ++i) {
        if (accounts[i] != nullptr) prefetch_newest(*accounts[i]);
        if (slots[i] != nullptr) prefetch_newest(*slots[i]);
    }
}

state::ReadResult<const AccountState*> VersionedState::read_base(AccountLocation& location,
                                                                 AccountState& spare) const {
    if (location.base_state.load(std::memory_order_acquire) == BaseState::known) return &location.base;
    auto read = reader_->account(location.address);
    if (!read) return std::unexpected(std::move(read.error()));
    auto unknown = BaseState::unknown;
    const bool mine = location.base_state.compare_exchange_strong(unknown, BaseState::being_written,
                                                                  std::memory_order_acq_rel);
    if (!mine) base::count(base::Counter::cas_lost);
    AccountState& out = mine ? location.base : spare;
    out.exists = read->has_value();
    out.account = out.exists ? **read : Account{};
    if (mine) location.base_state.store(BaseState::known, std::memory_order_release);
    return &out;
}

state::ReadResult<void> VersionedState::read_base(SlotLocation& location, uint256& out) const {
    if (location.base_state.load(std::memory_order_acquire) == BaseState::known) {
        out = location.base;
        return {};
    }
    auto read = reader_->storage(location.account->address, location.key);
    if (!read) return std::unexpected(std::move(read.error()));
    out = *read;
    auto unknown = BaseState::unknown;
    if (location.base_state.compare_exchange_strong(unknown, BaseState::being_written,
                                                    std::memory_order_acq_rel)) {
        location.base = out;
        location.base_state.store(BaseState::known, std::memory_order_release);
    } else {
        base::count(base::Counter::cas_lost);
    }
    return {};
}

state::ReadResult<const AccountState*> VersionedState::read(AccountLocation& location, Position position,
                                                            AccountState& spare,
                                                            const AccountVersion* own) const {
    const AccountVersion* version = newest_before(own != nullptr ? own->older : location.newest, position,
                                                  committed_.load(std::memory_order_acquire));
    if (version == nullptr) return read_base(location, spare);
    return read_versions(location, version, spare);
}

state::ReadResult<const AccountState*> VersionedState::read_versions(AccountLocation& location,
                                                                     const AccountVersion* version,
                                                                     AccountState& spare) const {
    Chain chain;
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
        if (!chain.take(*version)) {
            spare = chain.on({});
            return &spare;
        }
    }
    auto before = version != nullptr ? &version->after : read_base(location, spare);
    if (!before || chain.is_empty()) return before;
    spare = chain.on(**before);
    return &spare;
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

state::ReadResult<void> VersionedState::read_changed(SlotLocation& location, Position position,
                                                     uint256& out) const {
    const SlotVersion* version =
        newest_before(location.newest, position, committed_.load(std::memory_order_acquire));
    if (location.account->ever_cleared.load(std::memory_order_acquire)) {
        // A segment that cleared the storage and wrote the slot afterwards has published the slot.
        const auto clearing = last_change(*location.account, position, AccountVersion::storage_cleared);
        if (clearing && (version == nullptr || version->position < *clearing)) {
            out = {};
            return {};
        }
        if (version == nullptr) return read_base(location, out);
        if (version->is_sum()) return read_sum(location, version, clearing, out);
        out = version->value;
        return {};
    }
    if (version == nullptr) return read_base(location, out);
    if (version->is_sum() && version->state.load(std::memory_order_acquire) != VersionState::committed)
        return read_sum(location, version, std::nullopt, out);
    out = version->value;
    return {};
}

state::ReadResult<void> VersionedState::read_sum(SlotLocation& location, const SlotVersion* version,
                                                 std::optional<Position> clearing, uint256& out) const {
    uint256 sum;
    for (; version != nullptr; version = version->older.load(std::memory_order_acquire)) {
        if (clearing && version->position < *clearing) break;
        const VersionState state = version->state.load(std::memory_order_acquire);
        if (state == VersionState::withdrawn) continue;
        if (state == VersionState::committed || !version->is_sum()) {
            out = version->value + sum;
            return {};
        }
        sum += sum_of(*version).added;
    }
    if (clearing) {
        out = sum;
        return {};
    }
    if (auto read = read_base(location, out); !read) return read;
    out += sum;
    return {};
}

state::ReadResult<bool> VersionedState::has_storage(const AccountLocation& location,
                                                    Position position) const {
    if (location.ever_cleared.load(std::memory_order_acquire) &&
        last_change(location, position, AccountVersion::storage_cleared))
        return false;
    return reader_->has_storage(location.address);
}

/// The changed ones among these slots.
void VersionedState::collect(std::span<SlotLocation* const> slots, state::Changes& out) const {
    for (size_t i = 0; i < slots.size(); ++i) {
        if (i + 2 * look_ahead < slots.size())
            base::prefetch(slots[i + 2 * look_ahead], sizeof(SlotLocation));
        if (i + look_ahead < slots.size()) prefetch_newest(*slots[i + look_ahead]);
        const SlotLocation* location = slots[i];
        const SlotVersion* last = newest_before(location->newest, after_all, after_all);
        if (last == nullptr) continue;
        AccountLocation& account = *location->account;
        const auto wipe = account.ever_cleared.load(std::memory_order_relaxed)
                              ? last_change(account, after_all, AccountVersion::storage_wiped)
                              : std::nullopt;
        const bool is_zero = wipe && last->position < *wipe;
        if (wipe ? is_zero || last->value.is_zero() : last->value == location->base) continue;
        if (!account.slots_changed.load(std::memory_order_relaxed))
            account.slots_changed.store(true, std::memory_order_relaxed);
        out.add(account.rank, location->key, location->base, last->value);
    }
}

/// The changed ones among these accounts. Precondition: the changed slots of all have been collected.
void VersionedState::collect(std::span<AccountLocation* const> accounts, CodeCache& codes,
                             state::Changes& out) const {
    for (size_t i = 0; i < accounts.size(); ++i) {
        if (i + 2 * look_ahead < accounts.size())
            base::prefetch(accounts[i + 2 * look_ahead], sizeof(AccountLocation));
        if (i + look_ahead < accounts.size()) prefetch_newest(*accounts[i + look_ahead]);
        AccountLocation* location = accounts[i];
        const AccountVersion* last = newest_before(location->newest, after_all, after_all);
        const bool slots_changed = location->slots_changed.load(std::memory_order_relaxed);
        if (last == nullptr && !slots_changed) continue;
        const AccountState& after = last != nullptr ? last->after : location->base;
        const bool wiped = location->ever_cleared.load(std::memory_order_relaxed) &&
                           last_change(*location, after_all, AccountVersion::storage_wiped);
        const bool changed = after.exists != location->base.exists ||
                             (after.exists && after.account != location->base.account) ||
                             (wiped && location->base.exists) || slots_changed;
        if (!changed) continue;
        out.add({&location->address, location->base.exists ? &location->base.account : nullptr,
                 after.exists ? &after.account : nullptr, wiped},
                slots_changed ? &location->rank : nullptr,
                [&] { return codes.find(after.account.code_hash); });
    }
}

namespace {

/// The locations of all workers, cut into pieces for threads to share.
template <class Location>
std::vector<std::span<Location* const>> pieces_of(std::span<BlockMemory* const> memories,
                                                  std::vector<Location*> BlockMemory::* locations) {
    constexpr size_t in_a_piece = 1024;
    std::vector<std::span<Location* const>> pieces;
    for (const BlockMemory* memory : memories)
        for (std::span<Location* const> rest = memory->*locations; !rest.empty();) {
            pieces.push_back(rest.first(std::min(rest.size(), in_a_piece)));
            rest = rest.subspan(pieces.back().size());
        }
    return pieces;
}

}  // namespace

StateDiff VersionedState::make_diff(std::span<BlockMemory* const> memories, CodeCache& codes,
                                    base::ThreadPool* pool) {
    const auto accounts = pieces_of(memories, &BlockMemory::accounts);
    const auto slots = pieces_of(memories, &BlockMemory::slots);
    state::ShortLivedMemory memory;
    std::pmr::vector<state::Changes> parts(memory.get());
    const size_t part_count = std::max(accounts.size(), slots.size());
    parts.reserve(part_count);
    account_count_ = slot_count_ = 0;
    for (size_t i = 0; i < part_count; ++i) {
        state::Changes& part = parts.emplace_back(memory.get());
        part.first_number = static_cast<uint32_t>(account_count_);
        if (i < accounts.size()) {
            part.accounts.reserve(accounts[i].size());
            account_count_ += accounts[i].size();
        }
        if (i < slots.size()) {
            part.slots.reserve(slots[i].size());
            slot_count_ += slots[i].size();
        }
    }
    const auto for_each = [&](size_t count, auto&& collect_one) {
        base::parallel_for(pool, count, 1, [&](size_t begin, size_t end) {
            for (size_t i = begin; i < end; ++i) collect_one(i);
        });
    };
    for_each(slots.size(), [&](size_t i) { collect(slots[i], parts[i]); });
    for_each(accounts.size(), [&](size_t i) { collect(accounts[i], codes, parts[i]); });
    return state::build_diff(parts, pool);
}

}  // namespace weft::execution::optimistic
