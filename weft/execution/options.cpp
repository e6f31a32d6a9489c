#include "weft/execution/options.hpp"

namespace weft::execution {

bool SenderGate::wait(size_t count, const std::stop_token& stop) noexcept {
    if (is_open(count)) return true;
    const std::stop_callback wake(stop, [this] { notify(); });
    while (!stop.stop_requested()) {
        const uint32_t seen = changes_.load(std::memory_order_acquire);
        if (is_open(count)) return true;
        if (!stop.stop_requested()) parker_.wait_until_changed(changes_, seen);
    }
    return is_open(count);
}

}  // namespace weft::execution
