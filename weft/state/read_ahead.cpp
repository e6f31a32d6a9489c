#include "weft/state/read_ahead.hpp"

#include <vector>

namespace weft::state {

size_t ReadAheadReader::HashOf::operator()(const Location& location) const noexcept {
    const uint64_t account = hasher(location.address);
    return location.slot ? hasher(account, *location.slot) : account;
}

ReadAheadReader::ReadAheadReader(const StateReader& base, base::ThreadPool& pool)
    : ForwardingReader(base), pool_(pool) {
    pool_.add(*this);
}

ReadAheadReader::~ReadAheadReader() { pool_.remove(*this); }

ReadResult<std::optional<Account>> ReadAheadReader::account(const Address& address) const {
    if (const Cell* cell = find_known({address, std::nullopt})) return cell->account;
    return inner().account(address);
}

ReadResult<uint256> ReadAheadReader::storage(const Address& address, const uint256& key) const {
    if (const Cell* cell = find_known({address, key})) return cell->value;
    return inner().storage(address, key);
}

void ReadAheadReader::prefetch(std::span<const Location> locations) const {
    if (locations.size() < 2) return;
    std::vector<Cell*> added;
    {
        const std::lock_guard lock(cells_mutex_);
        for (const Location& location : locations) {
            const auto [at, is_new] = cells_.try_emplace(location);
            if (!is_new) continue;
            at->second.location = &at->first;
            added.push_back(&at->second);
        }
    }
    {
        const std::lock_guard lock(queue_mutex_);
        queue_.insert(queue_.end(), added.begin(), added.end());
    }
    if (!added.empty()) pool_.announce(added.size());
}

const ReadAheadReader::Cell* ReadAheadReader::find_known(const Location& location) const noexcept {
    Cell* cell = nullptr;
    {
        const std::shared_lock lock(cells_mutex_);
        const auto found = cells_.find(location);
        if (found == cells_.end()) return nullptr;
        cell = &found->second;
    }
    read(*cell);  // from here on it is being read, or was
    // A read takes longer than it is worth to watch for it.
    return parker_.wait_until_changed(cell->step, Cell::reading, /*pause_ns=*/0) == Cell::known ? cell
                                                                                                : nullptr;
}

bool ReadAheadReader::read(Cell& cell) const noexcept {
    uint32_t unread = Cell::unread;
    if (!cell.step.compare_exchange_strong(unread, Cell::reading, std::memory_order_relaxed)) return false;
    const auto keep = [&](const auto& answer, auto& out) {
        if (answer) out = *answer;
        cell.step.store(answer ? Cell::known : Cell::failed, std::memory_order_release);
    };
    const auto& [address, slot] = *cell.location;
    if (slot) {
        keep(inner().storage(address, *slot), cell.value);
    } else {
        keep(inner().account(address), cell.account);
    }
    parker_.wake_all(cell.step);
    return true;
}

bool ReadAheadReader::do_piece(bool /*pressing*/) noexcept {
    for (;;) {
        Cell* cell = nullptr;
        {
            const std::lock_guard lock(queue_mutex_);
            if (queue_.empty()) return false;
            cell = queue_.front();
            queue_.pop_front();
        }
        if (read(*cell)) return true;
    }
}

}  // namespace weft::state
