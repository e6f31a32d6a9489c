#include "weft/execution/options.hpp"

#include <algorithm>

namespace weft::execution {

void SenderGate::refuse(size_t index) noexcept {
    const std::lock_guard lock(mutex_);
    refused_.push_back(index);
    any_refused_.store(true, std::memory_order_release);
}

bool SenderGate::is_among_refused(size_t index) const noexcept {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(refused_, index) != refused_.end();
}

bool SenderGate::wait(size_t count, const std::stop_token& stop) noexcept {
    while (!is_open(count) && !stop.stop_requested() && help()) {
    }
    if (is_open(count)) return true;
    const std::stop_callback wake(stop, [this] { notify(); });
    while (!stop.stop_requested()) {
        const uint32_t seen = changes_.load(std::memory_order_acquire);
        if (is_open(count)) return true;
        if (help()) continue;
        if (!stop.stop_requested()) parker_.wait_until_changed(changes_, seen);
    }
    return is_open(count);
}

}  // namespace weft::execution
