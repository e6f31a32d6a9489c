#pragma once

#include <atomic>
#include <cstdint>

#include "weft/base/counters.hpp"
#include "weft/base/prefetch.hpp"
#include "weft/state/account.hpp"
#include "weft/state/code.hpp"

namespace weft::execution::optimistic {

/// The order of segments in a block; the block's start has 0.
using Position = uint32_t;

struct AccountState {
    Account account;
    bool exists = false;
};

enum class VersionState : uint8_t {
    published,  ///< by a segment that ran ahead of the cursor
    /// Final. A slot's value that doesn't depend on what was before keeps `published` then, too: it says all
    /// that there is to say.
    committed,
    withdrawn,  ///< that run did not hold
    /// What an access list says that the segment leaves there. Counts as long as the segment is not
    /// committed, and has published nothing there.
    predicted,
};

/// What a segment left of a location. Immutable once in the list, but for its state (and `committed`, which
/// is written before the state says so). Versions are never removed before the block ends, so that a pointer
/// to one is an identity.
template <class Self>
struct Version {
    Position position = 0;
    std::atomic<VersionState> state{VersionState::published};
    uint8_t changes = 0;  ///< AccountVersion::Change, SlotVersion::Change
    std::atomic<Self*> older{nullptr};
};

/// What a segment did to an account; the fields not named in `changes` are as they were. Where everybody pays
/// to one account, many versions are read one after the other: what a payment is lies in one cache line.
struct alignas(64) AccountVersion : Version<AccountVersion> {
    enum Change : uint8_t {
        balance_set = 1,    ///< `after` has the new one
        balance_added = 2,  ///< `added` comes on top, modulo 2^256
        nonce_set = 4,
        code_set = 8,
        made_to_exist = 16,
        removed = 32,
        storage_wiped = 64,  ///< what storage it had is gone
        storage_known =
            128,  ///< it was created, on a place without storage: slots not written since are zero
        storage_cleared = storage_wiped | storage_known,
    };
    uint256 added;
    /// The account after the segment: at first only the fields that were set; all of it once the state is
    /// committed.
    AccountState after;

    /// Fills in what the segment left as it was; does not touch what others may be reading.
    void complete(const AccountState& before) noexcept {
        after.exists = (changes & removed) == 0 && (before.exists || (changes & made_to_exist) != 0);
        if (changes & removed) return;
        if (!(changes & balance_set)) {
            after.account.balance = before.account.balance;
            if (changes & balance_added) after.account.balance += added;
        }
        if (!(changes & nonce_set)) after.account.nonce = before.account.nonce;
        if (!(changes & code_set)) after.account.code_hash = before.account.code_hash;
    }
};
static_assert(sizeof(AccountVersion) == 128);

struct SlotVersion : Version<SlotVersion> {
    enum Change : uint8_t {
        sum = 1,  ///< it is a SlotSum
    };
    [[nodiscard]] bool is_sum() const noexcept { return changes != 0; }
    uint256 value;  ///< of a SlotSum: final once state is committed; of others: from the beginning
};

/// Of a segment that knows the slot's value up to a constant only.
struct SlotSum : SlotVersion {
    uint256 added;  ///< comes on top of what was before, modulo 2^256
};
[[nodiscard]] inline SlotSum& sum_of(SlotVersion& version) noexcept { return static_cast<SlotSum&>(version); }
[[nodiscard]] inline const SlotSum& sum_of(const SlotVersion& version) noexcept {
    return static_cast<const SlotSum&>(version);
}

/// Whether a location's value before the block is known yet. Whoever reads it first notes it; a second reader
/// that comes in between needn't wait, it has read the same.
enum class BaseState : uint8_t { unknown, being_written, known };

/// An account in one block: identity, value before the block, versions by descending position.
struct alignas(64) AccountLocation {
    Address address;
    std::atomic<BaseState> base_state{BaseState::unknown};
    /// A published version has cleared its storage at some time, whether it held or not: slots must look for
    /// it.
    std::atomic<bool> ever_cleared{false};
    std::atomic<bool> slots_changed{false};  ///< for the diff
    bool listed = false;                     ///< for the access list
    uint32_t rank = 0;                       ///< for the diff, and the access list
    /// Slots of it that refuted a run, and runs that needed the value of one that was taken to commute; as
    /// far as a byte counts.
    std::atomic<uint8_t> refuting{0}, exact{0};
    /// Whether slots that nothing is known of are taken to commute, too: where some did, as balances of a
    /// token do.
    [[nodiscard]] bool slots_commute() const noexcept {
        constexpr unsigned some = 4;
        const unsigned times = refuting.load(std::memory_order_relaxed);
        return times >= some && 2 * exact.load(std::memory_order_relaxed) <= times;
    }
    std::atomic<AccountVersion*> newest{nullptr};
    /// The last code that was asked for here, if any: spares the cache's lock.
    std::atomic<const Code*> code{nullptr};
    AccountState base;
};
static_assert(sizeof(AccountLocation) == 128);

/// A slot in one block, as an AccountLocation. No number lies in two lines of the cache, see SlotEntry.
struct SlotLocation {
    AccountLocation* account = nullptr;
    std::atomic<SlotVersion*> newest{nullptr};
    std::atomic<BaseState> base_state{BaseState::unknown};
    bool listed = false;  ///< for the access list
    /// Whether runs ahead of the cursor are to treat the value as one that commutes: from when a run was
    /// refuted by it or by some others of its account, until this turned out too often to be of no use.
    enum Commuting : uint8_t { not_tried = 0, tried = 1, given_up = 3 };
    std::atomic<uint8_t> commuting{not_tried};
    alignas(32) uint256 key;
    uint256 base;

    [[nodiscard]] bool may_commute() const noexcept {
        const uint8_t now = commuting.load(std::memory_order_relaxed);
        return now == not_tried ? account->slots_commute() : now != given_up;
    }
    /// Its value has refuted a run.
    void try_to_commute() noexcept {
        uint8_t before = not_tried;
        if (commuting.compare_exchange_strong(before, tried, std::memory_order_relaxed))
            count(account->refuting);
    }
    /// A run that treated it so needed the exact value.
    void did_not_commute() noexcept {
        uint8_t before = commuting.load(std::memory_order_relaxed);
        if (before != given_up)
            commuting.compare_exchange_strong(before, before + 1, std::memory_order_relaxed);
        count(account->exact);
    }

private:
    /// It does not matter if some are missed.
    static void count(std::atomic<uint8_t>& times) noexcept {
        const uint8_t before = times.load(std::memory_order_relaxed);
        if (before != 0xff) times.store(before + 1, std::memory_order_relaxed);
    }
};

/// Asks the cache for a location's newest version, as far as it is read.
template <class Location>
void prefetch_newest(const Location& location) noexcept {
    const auto* const version = location.newest.load(std::memory_order_relaxed);
    base::prefetch(version, sizeof *version);
}

/// Puts a version in its place: versions of later segments stand before it, its own segment's earlier ones
/// behind it; a prediction stands behind all that its segment published.
template <class V>
void insert(std::atomic<V*>& newest, V* version) noexcept {
    const bool predicted = version->state.load(std::memory_order_relaxed) == VersionState::predicted;
    for (;;) {
        std::atomic<V*>* link = &newest;
        V* next = link->load(std::memory_order_acquire);
        while (next != nullptr &&
               (next->position > version->position || (predicted && next->position == version->position))) {
            link = &next->older;
            next = link->load(std::memory_order_acquire);
        }
        version->older.store(next, std::memory_order_relaxed);
        if (link->compare_exchange_strong(next, version, std::memory_order_acq_rel)) return;
        base::count(base::Counter::cas_lost);
    }
}

/// Whether a version counts where all segments up to `committed` are.
template <class V>
[[nodiscard]] bool stands(const V& version, Position committed) noexcept {
    const VersionState state = version.state.load(std::memory_order_acquire);
    return state < VersionState::withdrawn ||
           (state == VersionState::predicted && version.position > committed);
}

/// The newest version before `position` that stands; nullptr if there is none.
template <class V>
[[nodiscard]] V* newest_before(const std::atomic<V*>& newest, Position position,
                               Position committed) noexcept {
    V* version = newest.load(std::memory_order_acquire);
    while (version != nullptr && (version->position >= position || !stands(*version, committed)))
        version = version->older.load(std::memory_order_acquire);
    return version;
}

}  // namespace weft::execution::optimistic
