#pragma once

#include <array>

#include "weft/base/modulus.hpp"

namespace weft::evm {

/// MULMOD by the moduli in use: code that multiplies in a field asks for the same one or two all the time. A
/// modulus is prepared when it is met a second time.
class ModulusCache {
public:
    [[nodiscard]] uint256 multiply(const uint256& a, const uint256& b, const uint256& modulus) noexcept {
        Entry& entry = entries_[modulus.limb[0] * 0x9e3779b97f4a7c15 >> 62];
        if (entry.prepared.value() == modulus) [[likely]]
            return entry.prepared.multiply(a, b);
        return first_times(entry, a, b, modulus);
    }

private:
    struct Entry {
        base::PreparedModulus prepared;
        uint256 seen;  ///< last, and not prepared
    };

    [[gnu::noinline]] static uint256 first_times(Entry& entry, const uint256& a, const uint256& b,
                                                 const uint256& modulus) noexcept {
        // mul_mod() has a shorter way for 2^256 - 1, which Solidity's full products ask for.
        if (entry.seen == modulus && modulus != uint256::max() && !modulus.is_zero())
            entry.prepared = base::PreparedModulus(modulus);
        entry.seen = modulus;
        return base::mul_mod(a, b, modulus);
    }

    std::array<Entry, 4> entries_;
};

}  // namespace weft::evm
