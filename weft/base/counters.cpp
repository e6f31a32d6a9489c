#include "weft/base/counters.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

namespace weft::base {
namespace {

/// A thread's own counts; others only read them.
class Own {
public:
    Own();
    ~Own();
    Own(const Own&) = delete;
    Own& operator=(const Own&) = delete;
    void add(Counter counter, uint64_t by) noexcept {
        auto& one = counts_[static_cast<size_t>(counter)];
        one.store(one.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    void add_to(Counts& sum) const noexcept {
        for (size_t i = 0; i < sum.size(); ++i) sum[i] += counts_[i].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<uint64_t>, std::tuple_size_v<Counts>> counts_{};
};

/// Those of all threads. It outlives every thread, for it is never destroyed.
struct All {
    std::mutex mutex;
    std::vector<const Own*> running;
    Counts ended{};
};
All& all() {
    static All* const one = new All;
    return *one;
}

Own::Own() {
    const std::lock_guard lock(all().mutex);
    all().running.push_back(this);
}
Own::~Own() {
    const std::lock_guard lock(all().mutex);
    std::erase(all().running, this);
    add_to(all().ended);
}

}  // namespace

void detail::add(Counter counter, uint64_t by) noexcept {
    thread_local Own own;
    own.add(counter, by);
}

bool counts_contention() noexcept { return counting; }

Counts contention() noexcept {
    const std::lock_guard lock(all().mutex);
    Counts sum = all().ended;
    for (const Own* one : all().running) one->add_to(sum);
    return sum;
}

}  // namespace weft::base
