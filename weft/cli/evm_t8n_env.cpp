#include <fmt/format.h>

#include "weft/cli/evm_t8n_input.hpp"
#include "weft/execution/validation/formulas.hpp"

namespace weft::cli::evm_tool {
namespace {

std::unexpected<Failure> refuse(std::string message) {
    return std::unexpected(Failure{Exit::config, std::move(message)});
}

/// What the environment says of the block's parent.
Header parent_of(const TransitionEnv& env) {
    Header parent;
    parent.number = env.number - 1;
    parent.timestamp = env.parent_timestamp;
    parent.gas_used = env.parent_gas_used;
    parent.gas_limit = env.parent_gas_limit;
    parent.difficulty = env.parent_difficulty.value_or(uint256{});
    parent.base_fee_per_gas = env.parent_base_fee;
    parent.excess_blob_gas = env.parent_excess_blob_gas;
    parent.blob_gas_used = env.parent_blob_gas_used;
    parent.ommers_hash =
        env.parent_ommers_hash.is_zero() ? primitives::empty_ommers_hash : env.parent_ommers_hash;
    return parent;
}

Outcome<void> complete_base_fee(TransitionEnv& env) {
    if (env.base_fee) return {};
    if (!env.parent_base_fee || env.number == 0)
        return refuse("EIP-1559 config but missing 'parentBaseFee' in env section");
    if (env.parent_gas_limit < 2)
        return refuse("EIP-1559 config but missing 'parentGasLimit' in env section");
    env.base_fee = execution::next_base_fee(parent_of(env));
    return {};
}

Outcome<void> complete_difficulty(TransitionEnv& env, const ChainConfig& config) {
    if (env.difficulty) return {};
    if (!env.parent_difficulty)
        return refuse(
            "currentDifficulty was not provided, and cannot be calculated due to missing parentDifficulty");
    if (env.number == 0) return refuse("currentDifficulty needs to be provided for block number 0");
    if (env.timestamp <= env.parent_timestamp)
        return refuse(
            fmt::format("currentDifficulty cannot be calculated -- currentTime ({}) needs to be "
                        "after parent time ({})",
                        env.timestamp, env.parent_timestamp));
    env.difficulty = execution::next_difficulty(parent_of(env), env.timestamp, config);
    return {};
}

Outcome<void> check_merged(TransitionEnv& env) {
    if (!env.random) return refuse("post-merge requires currentRandom to be defined in env");
    if (env.difficulty && !env.difficulty->is_zero())
        return refuse("post-merge difficulty must be zero (or omitted) in env");
    env.difficulty.reset();
    return {};
}

}  // namespace

Outcome<void> complete(TransitionEnv& env, const ChainConfig& config) {
    const bool merged = config.terminal_total_difficulty && config.terminal_total_difficulty->is_zero();
    const Revision revision = config.revision(env.number, env.timestamp, merged || env.random.has_value());
    if (revision >= Revision::london)
        if (auto done = complete_base_fee(env); !done) return done;
    if (revision >= Revision::shanghai && !env.withdrawals)
        return refuse("Shanghai config but missing 'withdrawals' in env section");
    if (auto done = merged ? check_merged(env) : complete_difficulty(env, config); !done) return done;
    if (revision < Revision::cancun)
        env.parent_beacon_block_root.reset();  // set too early
    else if (!env.parent_beacon_block_root)
        return refuse("post-cancun env requires parentBeaconBlockRoot to be set");
    if (revision >= Revision::cancun && !env.excess_blob_gas && env.parent_excess_blob_gas &&
        env.parent_blob_gas_used)
        env.excess_blob_gas = execution::next_excess_blob_gas(parent_of(env), env.timestamp, config);
    return {};
}

}  // namespace weft::cli::evm_tool
