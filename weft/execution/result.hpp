#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "weft/base/fillable_vector.hpp"
#include "weft/execution/error.hpp"
#include "weft/primitives/access_list.hpp"
#include "weft/primitives/receipt.hpp"
#include "weft/state/diff.hpp"

namespace weft::execution {

/// A transaction that was left out (`on_invalid` skip).
struct Skipped {
    size_t transaction = 0;
    Reason reason{};
    friend bool operator==(const Skipped&, const Skipped&) = default;
};

/// What a block does. Equal for every executor, number of threads and timing.
struct BlockResult {
    /// One for each transaction that was not skipped, in order.
    base::FillableVector<Receipt> receipts;
    std::vector<Skipped> skipped;
    uint64_t gas_used = 0;
    uint64_t blob_gas_used = 0;
    Bloom logs_bloom;
    StateDiff diff;
    /// EIP-7685: type byte and data of every request that isn't empty, by type. From Prague on.
    std::vector<Bytes> requests;
    /// EIP-7928, where fork or options ask for it. In forks before, what it would be: a storage that is
    /// destroyed as a whole is no change of its slots.
    std::optional<primitives::BlockAccessList> access_list;
    friend bool operator==(const BlockResult&, const BlockResult&) = default;
};

/// How an executor came to its result. Depends on timing.
struct ExecutionStatistics {
    uint64_t segments = 0;     ///< runs of consecutive transactions, the unit of speculation
    uint64_t speculative = 0;  ///< segments committed as they ran ahead of the cursor
    uint64_t head = 0;         ///< segments run at the cursor, on committed state, from the start
    uint64_t repaired = 0;     ///< segments whose speculation did not hold and that ran again at the cursor
    uint64_t stopped = 0;      ///< of these: while they still ran, when the cursor came to them
    uint64_t rerun = 0;        ///< runs ahead of the cursor of what had run there before, and no longer held
    uint64_t reexecuted_transactions = 0;  ///< in repaired segments
    uint64_t sums = 0;            ///< slots that a speculative run changed by a sum, whatever was there
    uint64_t early = 0;           ///< segments that began before their turn, because they may take long
    uint64_t by_owner = 0;        ///< transactions executed by owner of account and slot, in no segment
    uint64_t calls_by_owner = 0;  ///< of these, calls
};

}  // namespace weft::execution
