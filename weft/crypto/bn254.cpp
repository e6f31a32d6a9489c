#include "weft/crypto/bn254.hpp"

#include "weft/crypto/native/native.h"

namespace weft::crypto {

std::optional<Bn254Point> bn254_add(std::span<const uint8_t, 128> points) noexcept {
    Bn254Point out;
    if (!weft_bn254_add(points.data(), out.data())) return std::nullopt;
    return out;
}

std::optional<Bn254Point> bn254_mul(std::span<const uint8_t, 96> point_and_scalar) noexcept {
    Bn254Point out;
    if (!weft_bn254_mul(point_and_scalar.data(), out.data())) return std::nullopt;
    return out;
}

std::optional<bool> bn254_pairing(BytesView pairs) noexcept {
    constexpr size_t pair_size = 192;
    if (pairs.size() % pair_size != 0) return std::nullopt;
    if (pairs.empty()) return true;
    const int32_t verdict = weft_bn254_pairing(pairs.data(), pairs.size() / pair_size);
    if (verdict < 0) return std::nullopt;
    return verdict == 1;
}

}  // namespace weft::crypto
