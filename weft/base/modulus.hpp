#pragma once

#include "weft/base/uint256.hpp"

namespace weft::base {

/// A modulus with its reciprocal, for many products by the same one: no division is left in multiply().
class PreparedModulus {
public:
    PreparedModulus() noexcept : PreparedModulus(uint256{1}) {}
    /// Precondition: modulus > 0. Costs about one mul_mod().
    explicit PreparedModulus(const uint256& modulus) noexcept;
    [[nodiscard]] const uint256& value() const noexcept { return modulus_; }
    /// mul_mod(a, b, value()).
    [[nodiscard]] uint256 multiply(const uint256& a, const uint256& b) const noexcept;

private:
    uint256 modulus_;
    uint256 divisor_;     ///< the modulus, its top bit moved to 2^255
    uint256 reciprocal_;  ///< floor((2^512 - 1) / divisor_) - 2^256
    uint64_t shift_;
};

}  // namespace weft::base
