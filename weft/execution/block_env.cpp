#include "weft/execution/block_env.hpp"

#include <array>

namespace weft::execution {
namespace {

/// An integer of 384 bits, the least significant limb first: as far as the expansion below can go.
using Wide = std::array<uint64_t, 6>;

/// number * factor / divisor / other_divisor. Precondition: the product fits.
Wide scaled(Wide number, uint64_t factor, uint64_t divisor, uint64_t other_divisor) noexcept {
    using Product = unsigned __int128;
    uint64_t carry = 0;
    for (uint64_t& limb : number) {
        const Product product = Product{limb} * factor + carry;
        limb = static_cast<uint64_t>(product);
        carry = static_cast<uint64_t>(product >> 64);
    }
    for (const uint64_t by : {divisor, other_divisor}) {
        uint64_t rest = 0;
        for (size_t i = number.size(); i-- > 0;) {
            const Product part = Product{rest} << 64 | number[i];
            number[i] = static_cast<uint64_t>(part / by);
            rest = static_cast<uint64_t>(part % by);
        }
    }
    return number;
}

/// fake_exponential() of what 256 bits don't hold on the way.
uint256 wide_fake_exponential(uint64_t numerator, uint64_t denominator) noexcept {
    Wide output{}, accumulator{denominator};
    for (uint64_t i = 1; accumulator != Wide{}; ++i) {
        unsigned long long carry = 0;
        for (size_t k = 0; k < output.size(); ++k)
            output[k] = uint256::add_limb(output[k], accumulator[k], carry);
        // From here on the result exceeds 256 bits.
        if (output[5] != 0 || output[4] >= denominator) return uint256::max();
        accumulator = scaled(accumulator, numerator, denominator, i);
    }
    const Wide out = scaled(output, 1, denominator, 1);
    return {out[0], out[1], out[2], out[3]};
}

/// e^(numerator / denominator), by Taylor expansion (EIP-4844's fake_exponential, whose factor is 1).
/// Saturates where the specification's unbounded integers would leave 256 bits.
uint256 fake_exponential(uint64_t numerator, uint64_t denominator) noexcept {
    if (numerator == 0) return 1;
    uint256 output;
    uint256 accumulator = denominator;
    for (uint64_t i = 1; !accumulator.is_zero(); ++i) {
        const bool overflows = uint256::add_carry(output, accumulator, output);
        if (overflows || base::byte_length(accumulator) + base::byte_length(numerator) > 32)
            return wide_fake_exponential(numerator, denominator);
        accumulator =
            base::divide(accumulator * uint256{numerator}, uint256{denominator} * uint256{i}).quotient;
    }
    return base::divide(output, denominator).quotient;
}

}  // namespace

uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParams& params) noexcept {
    return fake_exponential(excess_blob_gas, params.base_fee_update_fraction);
}

std::optional<uint256> block_reward(Revision revision) noexcept {
    constexpr uint256 ether{1'000'000'000'000'000'000};
    if (revision >= Revision::paris) return std::nullopt;
    if (revision >= Revision::constantinople) return ether * 2;
    if (revision >= Revision::byzantium) return ether * 3;
    return ether * 5;
}

BlockEnv make_block_env(const Block& block, const ChainConfig& config) {
    const Header& header = block.header;
    BlockEnv env;
    env.revision = config.revision(header.number, header.timestamp, header.difficulty.is_zero());
    env.eip155 = config.is_eip155(header.number);
    env.dao_fork = config.is_dao_fork(header.number);
    env.parent_hash = header.parent_hash;
    env.parent_beacon_block_root = header.parent_beacon_block_root;
    env.reward = block_reward(env.revision);
    for (const Header& ommer : block.ommers) env.ommers.push_back({ommer.coinbase, ommer.number});
    if (block.withdrawals) env.withdrawals = *block.withdrawals;
    env.blobs = config.blob_params(header.timestamp).value_or(BlobParams{});
    env.deposit_contract = config.deposit_contract;
    env.gas_used = header.gas_used;

    evm::BlockContext& context = env.context;
    context.number = header.number;
    context.timestamp = header.timestamp;
    context.gas_limit = header.gas_limit;
    context.coinbase = header.coinbase;
    context.difficulty = header.difficulty;
    context.prev_randao = header.mix_hash;
    context.base_fee = header.base_fee_per_gas.value_or(uint256{});
    context.blob_base_fee = blob_base_fee(header.excess_blob_gas.value_or(0), env.blobs);
    context.chain_id = config.chain_id;
    return env;
}

}  // namespace weft::execution
