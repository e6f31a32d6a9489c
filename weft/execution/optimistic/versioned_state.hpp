#pragma once

#include <optional>
#include <vector>

#include "weft/base/arena.hpp"
#include "weft/base/hash_map.hpp"
#include "weft/execution/optimistic/intern_table.hpp"
#include "weft/execution/optimistic/location.hpp"
#include "weft/state/code.hpp"
#include "weft/state/diff_builder.hpp"
#include "weft/state/journal.hpp"

namespace weft::execution::optimistic {

/// Memory of one worker for one block: locations and versions it made.
struct BlockMemory {
    base::Arena arena;
    std::vector<AccountLocation*> accounts;
    std::vector<SlotLocation*> slots;
    /// A new location. Those that follow are written to soon: asks for their lines, for who adds a location
    /// to a table waits until it is written.
    template <class Location>
    [[nodiscard]] Location* make() noexcept {
        constexpr size_t ahead = 4;
        auto* const made = arena.make<Location>();
        for (size_t i = 0; i < sizeof(Location); i += 64)
            __builtin_prefetch(reinterpret_cast<const std::byte*>(made + ahead) + i, 1);
        return made;
    }
    void reset() noexcept {
        arena.reset();
        accounts.clear();
        slots.clear();
    }
};

/// The multi-version state of one block: the state before it, and what its segments have published and
/// committed. Shared by all workers.
class VersionedState {
public:
    /// expected: how many accounts and slots there will be, as far as that is known; otherwise it is taken
    /// to be as many as there were. Precondition: no other thread is here.
    void begin_block(const StateReader& reader, size_t expected) {
        reader_ = &reader;
        set_committed(0);
        accounts_.reset(std::max(expected, account_count_));
        slots_.reset(std::max(expected, slot_count_));
    }
    [[nodiscard]] const StateReader& reader() const noexcept { return *reader_; }

    /// Everything up to this position is committed: predictions for it are void.
    void set_committed(Position position) noexcept { committed_.store(position, std::memory_order_release); }

    /// The last position up to which everything is committed.
    [[nodiscard]] const std::atomic<Position>& committed() const noexcept { return committed_; }
    /// Whether a segment at `position` stands on committed state alone.
    [[nodiscard]] bool is_committed_before(Position position) const noexcept {
        return committed_.load(std::memory_order_acquire) + 1 >= position;
    }

    /// Whether who brings a location also reads what was there before the block.
    enum class Base : uint8_t { unread, read };
    [[nodiscard]] AccountLocation* locate(const Address& address, BlockMemory& memory,
                                          Base base = Base::unread) {
        return locate(address, hash(address), memory, base);
    }
    [[nodiscard]] AccountLocation* locate(const Address& address, uint64_t hash, BlockMemory& memory,
                                          Base base);
    [[nodiscard]] SlotLocation* locate(AccountLocation* account, const uint256& key, BlockMemory& memory,
                                       Base base = Base::unread) {
        return locate(account, key, hash(account, key), memory, base);
    }
    [[nodiscard]] SlotLocation* locate(AccountLocation* account, const uint256& key, uint64_t hash,
                                       BlockMemory& memory, Base base);

    /// The value that a segment at `position` finds there, if it is final and has been read before; else
    /// nullptr, and read() has to say. Its place identifies the value.
    /// own: what the segment has published there, from which earlier versions are found at once; may be null.
    [[nodiscard]] const AccountState* known(const AccountLocation& location, Position position,
                                            const AccountVersion* own = nullptr) const noexcept {
        const AccountVersion* version = newest_before(own != nullptr ? own->older : location.newest, position,
                                                      committed_.load(std::memory_order_acquire));
        if (version != nullptr)
            return version->state.load(std::memory_order_acquire) == VersionState::committed ? &version->after
                                                                                             : nullptr;
        return location.base_state.load(std::memory_order_acquire) == BaseState::known ? &location.base
                                                                                       : nullptr;
    }
    /// The same of a slot. What a version sets there is final as it is; a sum, once it is committed.
    [[nodiscard]] const uint256* known(const SlotLocation& location, Position position,
                                       const SlotVersion* own = nullptr) const noexcept {
        if (location.account->ever_cleared.load(std::memory_order_acquire)) return nullptr;
        const SlotVersion* version = newest_before(own != nullptr ? own->older : location.newest, position,
                                                   committed_.load(std::memory_order_acquire));
        if (version == nullptr)
            return location.base_state.load(std::memory_order_acquire) == BaseState::known ? &location.base
                                                                                           : nullptr;
        const bool is_final =
            !version->is_sum() || version->state.load(std::memory_order_acquire) == VersionState::committed;
        return is_final ? &version->value : nullptr;
    }
    /// What a segment at `position` finds there, by all that stands now: in its place, as known() gives it,
    /// if it is final, else in `spare`.
    [[nodiscard]] state::ReadResult<const AccountState*> read(AccountLocation& location, Position position,
                                                              AccountState& spare,
                                                              const AccountVersion* own = nullptr) const;
    [[nodiscard]] state::ReadResult<void> read(SlotLocation& location, Position position,
                                               uint256& out) const {
        // Most are what they were before the block.
        if (location.newest.load(std::memory_order_acquire) != nullptr ||
            location.account->ever_cleared.load(std::memory_order_acquire) ||
            location.base_state.load(std::memory_order_acquire) != BaseState::known)
            return read_changed(location, position, out);
        out = location.base;
        return {};
    }
    /// What a segment at `position` finds in a slot, wherever that lies; nullopt: it can't be read.
    [[nodiscard]] std::optional<uint256> value_at(AccountLocation* account, const uint256& key,
                                                  Position position, BlockMemory& memory) {
        uint256 value;
        if (!read(*locate(account, key, memory, Base::read), position, value)) return std::nullopt;
        return value;
    }
    [[nodiscard]] state::ReadResult<bool> has_storage(const AccountLocation& location,
                                                      Position position) const;

    /// What the versions of `memories` make of the state; pool: who helps, may be null. Precondition: every
    /// version is final or withdrawn.
    [[nodiscard]] StateDiff make_diff(std::span<BlockMemory* const> memories, CodeCache& codes,
                                      base::ThreadPool* pool);
    /// The account before the block: in its place, or in `spare` while another thread writes it there.
    [[nodiscard]] state::ReadResult<const AccountState*> read_base(AccountLocation& location,
                                                                   AccountState& spare) const;
    /// What places an account: its lowest bits choose the line of the table that it is looked for in first.
    [[nodiscard]] uint64_t hash(const Address& address) const noexcept { return hasher_(address); }
    /// Asks for that line; once it is there, for the account's location, which it gives if it finds one,
    /// perhaps another's.
    void prefetch_place(uint64_t hash) const noexcept { accounts_.prefetch(hash); }
    const AccountLocation* prefetch_location(uint64_t hash) const noexcept {
        return accounts_.prefetch_location(hash);
    }
    /// The same of slots.
    [[nodiscard]] uint64_t hash(const AccountLocation* account, const uint256& key) const noexcept {
        return hasher_(account, key);
    }
    void prefetch_slot_place(uint64_t hash) const noexcept { slots_.prefetch(hash); }
    const SlotLocation* prefetch_slot_location(uint64_t hash) const noexcept {
        return slots_.prefetch_location(hash);
    }
    /// Brings these places near the core, Journal::prefetched_at_once at a time.
    void prefetch(std::span<const state::Location> locations) const noexcept;

private:
    /// The second step of prefetch(), once the tables' lines are there. owners: of the slots.
    void prefetch_found(std::span<const state::Location> locations, const uint64_t* hashes,
                        const AccountLocation* const* owners) const noexcept;
    void collect(std::span<SlotLocation* const> slots, state::Changes& out) const;
    void collect(std::span<AccountLocation* const> accounts, CodeCache& codes, state::Changes& out) const;
    /// Of the newest version that stands and those before it.
    [[nodiscard]] state::ReadResult<const AccountState*> read_versions(AccountLocation& location,
                                                                       const AccountVersion* version,
                                                                       AccountState& spare) const;
    /// Of a slot that may have versions, or whose base may be unknown.
    [[nodiscard]] state::ReadResult<void> read_changed(SlotLocation& location, Position position,
                                                       uint256& out) const;
    [[nodiscard]] state::ReadResult<void> read_base(SlotLocation& location, uint256& out) const;
    /// Of the sum that is the newest version that stands, and those before it, later than `clearing`.
    [[nodiscard]] state::ReadResult<void> read_sum(SlotLocation& location, const SlotVersion* version,
                                                   std::optional<Position> clearing, uint256& out) const;
    /// The newest position before `position` that made one of these changes to the account and stands.
    [[nodiscard]] std::optional<Position> last_change(const AccountLocation& location, Position position,
                                                      uint8_t changes) const noexcept;

    const StateReader* reader_ = nullptr;
    base::Hasher hasher_;
    std::atomic<Position> committed_{0};
    InternTable<AccountLocation> accounts_;
    InternTable<SlotLocation> slots_;
    size_t account_count_ = 0, slot_count_ = 0;  ///< of the last block
};

}  // namespace weft::execution::optimistic
