#pragma once

#include <cstddef>

namespace weft::base {

/// Asks the cache for `bytes` bytes, by cache line; place may be nullptr, then nothing happens.
inline void prefetch(const void* place, size_t bytes) noexcept {
    constexpr size_t line = 64;
    const auto* const at = static_cast<const std::byte*>(place);
    for (size_t i = 0; at != nullptr && i < bytes; i += line) __builtin_prefetch(at + i);
}

}  // namespace weft::base
