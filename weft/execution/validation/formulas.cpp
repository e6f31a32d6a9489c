#include "weft/execution/validation/formulas.hpp"

#include <algorithm>

#include "weft/execution/block_env.hpp"

namespace weft::execution {
namespace {

constexpr uint64_t elasticity_multiplier = 2;           ///< EIP-1559
constexpr uint64_t base_fee_change_denominator = 8;     ///< EIP-1559
constexpr uint64_t blob_base_cost = uint64_t{1} << 13;  ///< EIP-7918
constexpr uint64_t difficulty_bound_divisor = 2048;
constexpr uint64_t bomb_period = 100'000;

/// a - b, at least the least difficulty.
uint256 lowered(const uint256& a, const uint256& b) noexcept {
    return a < b ? uint256{least_difficulty} : std::max(a - b, uint256{least_difficulty});
}

/// By how many steps of a 2048th of the parent's difficulty the new one differs: up to 2, down to -99.
int64_t difficulty_steps(const Header& parent, uint64_t timestamp, Revision revision) noexcept {
    const uint64_t elapsed = timestamp - parent.timestamp;
    if (revision < Revision::homestead) return elapsed < 13 ? 1 : -1;
    const bool byzantium = revision >= Revision::byzantium;
    const int64_t most = byzantium && parent.ommers_hash != primitives::empty_ommers_hash ? 2 : 1;
    const uint64_t late = std::min<uint64_t>(elapsed / (byzantium ? 9 : 10), 200);
    return std::max<int64_t>(most - static_cast<int64_t>(late), -99);
}

/// The difficulty bomb's part; doubles every 100,000 blocks.
uint256 bomb(uint64_t number, uint64_t delay) noexcept {
    const uint64_t period = number < delay ? 0 : (number - delay) / bomb_period;
    return period > 1 ? uint256{1} << (period - 2) : uint256{};
}

}  // namespace

uint256 next_difficulty(const Header& parent, uint64_t timestamp, const ChainConfig& config) {
    const uint64_t number = parent.number + 1;
    const int64_t steps =
        difficulty_steps(parent, timestamp, config.revision(number, timestamp, /*merged=*/false));
    const uint256 step = base::divide(parent.difficulty, difficulty_bound_divisor).quotient;
    const uint256 base = steps < 0
                             ? lowered(parent.difficulty, step * uint256{static_cast<uint64_t>(-steps)})
                             : std::max(parent.difficulty + step * uint256{static_cast<uint64_t>(steps)},
                                        uint256{least_difficulty});
    return base + bomb(number, config.bomb_delay(number));
}

uint256 next_base_fee(const Header& parent) {
    if (!parent.base_fee_per_gas) return initial_base_fee;
    const uint256& base_fee = *parent.base_fee_per_gas;
    const uint64_t target = parent.gas_limit / elasticity_multiplier;
    const auto change = [&](uint64_t gas) {
        const uint256 per_target = base::divide(base_fee * uint256{gas}, target).quotient;
        return base::divide(per_target, base_fee_change_denominator).quotient;
    };
    if (parent.gas_used > target) return base_fee + std::max(change(parent.gas_used - target), uint256{1});
    return base_fee - change(target - parent.gas_used);
}

uint64_t next_excess_blob_gas(const Header& parent, uint64_t timestamp, const ChainConfig& config) {
    const BlobParams params = config.blob_params(timestamp).value_or(BlobParams{});
    const uint64_t excess = parent.excess_blob_gas.value_or(0);
    const uint64_t used = parent.blob_gas_used.value_or(0);
    const uint64_t target = gas_per_blob * params.target;
    if (excess < target && used < target - excess) return 0;
    const bool has_reserve_price =
        config.revision(parent.number + 1, timestamp, /*merged=*/true) >= Revision::osaka;
    if (has_reserve_price && params.max != 0) {
        const uint256 reserve = uint256{blob_base_cost} * parent.base_fee_per_gas.value_or(uint256{});
        // reserve > gas_per_blob * price, of which the product may exceed 256 bits
        const uint256 price = blob_base_fee(excess, params);
        if (!reserve.is_zero() && price <= base::divide(reserve - 1, gas_per_blob).quotient)
            return excess + base::divide(uint256{used} * uint256{params.max - params.target}, params.max)
                                .quotient.low();
    }
    return excess + used - target;
}

bool may_follow(uint64_t gas_limit, const Header& parent, Revision revision) noexcept {
    const bool first_of_london = revision >= Revision::london && !parent.base_fee_per_gas;
    const uint64_t before = first_of_london ? parent.gas_limit * elasticity_multiplier : parent.gas_limit;
    const uint64_t distance = gas_limit > before ? gas_limit - before : before - gas_limit;
    return distance < before / 1024;
}

}  // namespace weft::execution
