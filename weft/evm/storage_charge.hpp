#pragma once

#include "weft/base/uint256.hpp"
#include "weft/evm/gas.hpp"

namespace weft::evm {

/// Gas that SSTOREs cost beyond the access, and what they add to the refund counter.
struct StorageCharge {
    Gas gas = 0;
    Gas refund = 0;
    StorageCharge& operator+=(const StorageCharge& more) noexcept {
        gas += more.gas;
        refund += more.refund;
        return *this;
    }
    friend bool operator==(const StorageCharge&, const StorageCharge&) = default;
};

/// What an SSTORE costs and refunds. Net metering after EIP-1283, 2200, 2929, 3529; before, by whether there
/// was and is something. original: the slot's value before the transaction; now: before the instruction.
[[nodiscard]] inline StorageCharge storage_charge(const Rules& rules, const uint256& original,
                                                  const uint256& now, const uint256& value) noexcept {
    const StorageCosts& costs = rules.storage;
    const bool was_zero = now.is_zero(), becomes_zero = value.is_zero();
    if (!rules.eip1283 && !rules.eip2200)
        return {was_zero && !becomes_zero ? costs.set : 5000,
                !was_zero && becomes_zero ? costs.clear_refund : 0};
    if (now == value) return {costs.no_change, 0};
    if (now == original) {
        if (was_zero) return {costs.set, 0};
        return {costs.reset, becomes_zero ? costs.clear_refund : 0};
    }
    Gas refund = 0;
    const bool original_zero = original.is_zero();
    if (!original_zero && was_zero) refund -= costs.clear_refund;
    if (!original_zero && becomes_zero) refund += costs.clear_refund;
    if (original == value) refund += original_zero ? costs.restore_empty : costs.restore;
    return {costs.no_change, refund};
}

}  // namespace weft::evm
