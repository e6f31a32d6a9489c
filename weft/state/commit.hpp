#pragma once

#include <optional>
#include <span>

#include "weft/state/account.hpp"
#include "weft/state/diff.hpp"
#include "weft/state/reader.hpp"

namespace weft::state {

/// An account after a commit.
struct CommittedAccount {
    Address address;
    std::optional<Account> value;  ///< absent: it doesn't exist any more
    /// All storage it had is gone; the slots of the same commit come after that.
    bool storage_wiped = false;
};

/// A storage slot after a commit; zero: it is gone.
struct CommittedSlot {
    Address address;
    uint256 key;
    uint256 value;
};

/// Hears what the block changes while it executes: commits in the block's order, each with the values after
/// it. Together they amount to the block's StateDiff; where one is cut from the next is the executor's
/// choice. Provisional until the executor returns success. Called by one thread at a time.
class CommitSink {
public:
    virtual ~CommitSink() = default;
    virtual void commit(std::span<const CommittedAccount> accounts, std::span<const CommittedSlot> slots) = 0;

    /// Whether hearing of a block once, at its end, serves as well: it costs the executor less, and no slot
    /// is told twice.
    [[nodiscard]] virtual bool takes_whole_blocks() const noexcept { return false; }
    /// The one commit of a block to a sink that takes whole ones; `before` values are not to be looked at.
    virtual void commit_block(const StateDiff&) {}
};

/// A sink that keeps the state's commitment.
class RootSink : public CommitSink {
public:
    /// The root of the state with everything committed so far (yellow paper, section 4.1).
    [[nodiscard]] virtual ReadResult<Hash> root() = 0;
};

}  // namespace weft::state

namespace weft {
using state::CommitSink;
using state::RootSink;
}  // namespace weft
