#include "tests/differential/traps.hpp"

namespace weft::differential {

World::World(Revision revision) {
    execution::BlockEnv& env = scenario.env;
    env.revision = revision;
    env.context.number = 1000;
    env.context.gas_limit = 100'000'000;
    env.context.coinbase = numbered(999);
    env.context.blob_base_fee = 1;
    env.eip155 = revision >= Revision::spurious_dragon;
    env.system_calls = false;
    env.blobs = primitives::prague_blobs;
}

void World::account(const Address& address, const uint256& balance, uint64_t nonce) {
    scenario.before.set_account(address, {.nonce = nonce, .balance = balance});
    nonces[address] = nonce;
}

void World::contract(const Address& address, BytesView code, const uint256& balance) {
    const Hash hash = scenario.before.set_code(Bytes(code.begin(), code.end()));
    scenario.before.set_account(address, {.nonce = 1, .balance = balance, .code_hash = hash});
}

Transaction& World::append(const Address& from) {
    Transaction& tx = scenario.transactions.emplace_back();
    tx.sender = from;
    tx.nonce = nonces[from]++;
    tx.gas_limit = 1'000'000;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = scenario.env.context.base_fee + price;
    return tx;
}

Transaction& World::call(const Address& from, const Address& to, const uint256& value,
                         std::initializer_list<uint256> words) {
    Transaction& tx = append(from);
    tx.to = to;
    tx.value = value;
    for (const uint256& word : words) {
        uint8_t bytes[32];
        base::store_be(bytes, word);
        tx.data.insert(tx.data.end(), bytes, bytes + 32);
    }
    return tx;
}

Transaction& World::create(const Address& from, BytesView init_code, const uint256& value) {
    Transaction& tx = append(from);
    tx.data.assign(init_code.begin(), init_code.end());
    tx.value = value;
    return tx;
}

Transaction& World::delegate(const Address& from, const Address& authority, const Address& target,
                             uint64_t nonce) {
    Transaction& tx = append(from);
    tx.type = TxType::set_code;
    tx.chain_id = 1;
    tx.to = numbered(998);
    primitives::Authorization& authorization = tx.authorization_list.emplace_back();
    authorization.address = target;
    authorization.nonce = nonce;
    authorization.authority = authority;
    authorization.authority_recovered = true;
    return tx;
}

const state::AccountDiff* After::diff(const Address& address) const {
    const auto found = std::ranges::find(result.diff.accounts, address, &state::AccountDiff::address);
    return found == result.diff.accounts.end() ? nullptr : &*found;
}

Result run_everywhere(const World& world, execution::OnInvalid on_invalid) {
    static Runs runs;
    execution::ExecutionOptions options{.on_invalid = on_invalid};
    options.record_access_list = true;
    const Outcome oracle = runs.sequential(world.scenario, options);
    EXPECT_EQ(inconsistency(world.scenario, oracle), std::nullopt) << "sequential";
    Mode commuting;
    commuting.slots_commute = true;
    const Scenario bare = scenario_for(commuting, world.scenario);
    const Outcome bare_oracle = runs.sequential(bare, options_for(commuting, options));
    for (const Mode& mode : forcing_modes()) {
        const Scenario& scenario = mode.is_bare() ? bare : world.scenario;
        const Outcome outcome = runs.optimistic(scenario, mode, options_for(mode, options));
        EXPECT_EQ(difference((mode.is_bare() ? bare_oracle : oracle).result, outcome.result), std::nullopt)
            << to_string(mode);
        EXPECT_EQ(inconsistency(scenario, outcome), std::nullopt) << to_string(mode);
    }
    return oracle.result;
}

After succeed_everywhere(const World& world, execution::OnInvalid on_invalid) {
    Result result = run_everywhere(world, on_invalid);
    After after{.result = {}, .state = world.scenario.before};
    EXPECT_TRUE(result.has_value()) << (result ? "" : execution::to_string(result.error()));
    if (!result) return after;
    after.result = std::move(*result);
    after.state.apply(after.result.diff);
    return after;
}

void expect_invalid_everywhere(const World& world, std::optional<size_t> transaction,
                               execution::Reason reason) {
    const Result result = run_everywhere(world);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), ExecutionError(execution::InvalidBlock{transaction, reason}))
        << execution::to_string(result.error());
}

}  // namespace weft::differential
