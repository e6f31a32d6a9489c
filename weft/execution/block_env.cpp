#include "weft/execution/block_env.hpp"

namespace weft::execution {
namespace {

/// factor * e^(numerator / denominator), by Taylor expansion (EIP-4844's fake_exponential). Saturates where
/// the specification's unbounded integers would leave 256 bits.
uint256 fake_exponential(const uint256& factor, const uint256& numerator,
                         const uint256& denominator) noexcept {
    if (numerator.is_zero()) return factor;
    uint256 output;
    uint256 accumulator = factor * denominator;
    for (uint64_t i = 1; !accumulator.is_zero(); ++i) {
        if (uint256::add_carry(output, accumulator, output)) return uint256::max();
        // accumulator * numerator overflows only beyond 192 bits, where a price has lost every meaning.
        if (base::byte_length(accumulator) + base::byte_length(numerator) > 32) return uint256::max();
        accumulator = base::divide(accumulator * numerator, denominator * uint256{i}).quotient;
    }
    return base::divide(output, denominator).quotient;
}

}  // namespace

uint256 blob_base_fee(uint64_t excess_blob_gas, const BlobParams& params) noexcept {
    return fake_exponential(1, excess_blob_gas, params.base_fee_update_fraction);
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
