#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "weft/base/hash_map.hpp"
#include "weft/base/thread_pool.hpp"
#include "weft/state/forwarding_reader.hpp"

namespace weft::state {

/// Another reader's state, read ahead: the places that prefetch() names are read by a pool's threads while
/// whoever executes goes on, in the order in which they were named, and kept while this reader lives. For
/// states whose reads wait, for a disk or a network.
///
/// The pool may have as many threads as the disk serves reads at once: one that waits costs no core. A place
/// named twice is read once; one that is named alone is left to whoever names it, for they are about to ask
/// for it (executors bring what memory holds near the core so). Who asks for a place that is just being read
/// waits for that read; who asks for one that nobody has begun reads it. A read that failed ahead is made
/// again by who asks. Code is not read ahead: a CodeCache has it from the blocks before.
class ReadAheadReader final : public ForwardingReader, private base::IdleWork {
public:
    /// Both outlive this reader.
    ReadAheadReader(const StateReader& base, base::ThreadPool& pool);
    ~ReadAheadReader() override;

    [[nodiscard]] ReadResult<std::optional<Account>> account(const Address& address) const override;
    [[nodiscard]] ReadResult<uint256> storage(const Address& address, const uint256& key) const override;
    void prefetch(std::span<const Location> locations) const override;

private:
    /// A place that was named.
    struct Cell {
        enum Step : uint32_t { unread, reading, known, failed };
        std::atomic<uint32_t> step{unread};
        const Location* location = nullptr;
        std::optional<Account> account;  ///< where the place is one, once it is known
        uint256 value;                   ///< where it is a slot
    };
    struct HashOf {
        size_t operator()(const Location& location) const noexcept;
        base::Hasher hasher;
    };

    [[nodiscard]] const Cell* find_known(const Location& location) const noexcept;
    /// Takes an unread cell and reads it; false: another has taken it.
    bool read(Cell& cell) const noexcept;
    bool do_piece(bool pressing) noexcept override;

    base::ThreadPool& pool_;
    mutable std::shared_mutex cells_mutex_;
    mutable std::unordered_map<Location, Cell, HashOf> cells_;  ///< under cells_mutex_; cells stay in place
    mutable std::mutex queue_mutex_;
    mutable std::deque<Cell*> queue_;  ///< in the order of being named; under queue_mutex_
    mutable base::Parker parker_;      ///< for those who wait at cells
};

}  // namespace weft::state
