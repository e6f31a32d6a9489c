#pragma once

#include <span>

#include "weft/execution/optimistic/versioned_state.hpp"
#include "weft/execution/options.hpp"
#include "weft/state/journal.hpp"

namespace weft::execution::optimistic {

/// An account that a segment's outcome rests on (see state::Observed), that it changed, or both.
struct AccountUse {
    struct Bounds {
        uint256 least;
        uint256 most;
    };
    AccountLocation* location;
    AccountVersion* version;    ///< what the segment leaves there; nullptr: it changes nothing
    const AccountState* value;  ///< what the run found there
    const Bounds* bounds;       ///< of the balance; nullptr: none
    uint8_t observed;
    bool is_read;   ///< the outcome rests on something about it
    bool is_final;  ///< `value` is the location's own, as VersionedState::known() gives it
};

/// A slot that a segment's outcome rests on, that it changed, or both.
struct SlotUse {
    struct Bounds {
        uint256 least;
        uint256 most;
    };
    SlotLocation* location;
    SlotVersion* version;  ///< what the segment leaves there; nullptr: it changes nothing
    const uint256* value;  ///< what the run found there; nullptr: nothing about it can have mattered
    const Bounds* bounds;  ///< within which any value is as good; nullptr: `value` it must be
    bool is_final;         ///< `value` is the location's own, as VersionedState::known() gives it
};

/// What a segment read and wrote, taken from its journal when the run is over. Lives in a worker's block
/// memory.
struct Record {
    std::span<AccountUse> accounts;
    std::span<SlotUse> slots;
    uint32_t sums = 0;  ///< of the slots' versions
};

/// What a run stood on.
enum class Footing : uint8_t {
    speculative,  ///< on what was published when it read: has to be held against the truth
    committed,  ///< on committed state: its versions are final, its reads need no proof and are not recorded
};

/// Takes a finished run's reads and writes out of its journal; publishes nothing yet.
[[nodiscard]] Record make_record(const Journal& journal, VersionedState& versions, BlockMemory& memory,
                                 Position position, Footing footing);

/// Shows a record's versions to the segments after it.
void publish(const Record& record);
/// Takes them back.
void withdraw(const Record& record);
/// Whether everything the run rested on is so, by what is committed before `position`. A read that fails is a
/// no.
[[nodiscard]] bool holds(const Record& record, const VersionedState& versions, Position position);
/// Makes the speculative versions of a record that holds final, on top of what is committed before
/// `position`.
/// Error: the state before the block could not be read.
[[nodiscard]] state::ReadResult<void> commit(const Record& record, const VersionedState& versions,
                                             Position position);
/// Tells `sink` of a record whose versions are final.
void report(const Record& record, CommitSink& sink);

}  // namespace weft::execution::optimistic
