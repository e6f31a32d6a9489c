#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::base {

/// Asks the cache for `bytes` bytes, by cache line; place may be nullptr, then nothing happens.
inline void prefetch(const void* place, size_t bytes) noexcept {
    constexpr size_t line = 64;
    const auto* const at = static_cast<const std::byte*>(place);
    for (size_t i = 0; at != nullptr && i < bytes; i += line) __builtin_prefetch(at + i);
}

/// Asks the cache for `bytes` bytes that will be written, from `ahead` bytes behind `place` on; they need not
/// be anybody's yet.
inline void prefetch_to_write(const void* place, size_t ahead, size_t bytes) noexcept {
    constexpr size_t line = 64;
    const auto from = reinterpret_cast<uintptr_t>(place) + ahead;
    for (size_t i = 0; i < bytes; i += line) __builtin_prefetch(reinterpret_cast<const void*>(from + i), 1);
}

}  // namespace weft::base
