#pragma once

namespace weft::crypto {

/// Whether this machine runs what is compiled for AVX-512: F, DQ, BW, VL, IFMA and VBMI, all that
/// WEFT_AVX512_FLAGS (cmake/weft_room.cmake) lets the compiler use.
[[nodiscard]] inline bool has_avx512() noexcept {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512ifma") != 0 && __builtin_cpu_supports("avx512vbmi") != 0;
}

}  // namespace weft::crypto
