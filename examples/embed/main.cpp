// Embeds Weft: a state in memory, a block with a few transactions, executed on all cores; prints what it did.
#include <iostream>

#include "weft/base/hex.hpp"
#include "weft/execution/executor.hpp"
#include "weft/state/memory_state.hpp"

using namespace weft;

namespace {

constexpr Address alice = "0x00000000000000000000000000000000000a11ce"_address;
constexpr Address bob = "0x0000000000000000000000000000000000000b0b"_address;
constexpr Address counter = "0x000000000000000000000000000000000000c0de"_address;
constexpr Address miner = "0x00000000000000000000000000000000000f00d5"_address;
constexpr uint64_t ether = 1'000'000'000'000'000'000;

MemoryState make_state() {
    MemoryState state;
    state.set_account(alice, {.nonce = 0, .balance = ether});
    state.set_account(bob, {.nonce = 0, .balance = ether});
    // SSTORE(0, SLOAD(0) + 1)
    const Hash code_hash = state.set_code(*from_hex("0x600054600101600055"));
    state.set_account(counter, {.nonce = 1, .balance = 0, .code_hash = code_hash});
    return state;
}

/// Senders are given here; primitives::recover_senders finds them where only signatures are there.
Transaction make_transaction(const Address& from, uint64_t nonce, const Address& to, uint64_t value) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = 1;
    tx.sender = from;
    tx.nonce = nonce;
    tx.to = to;
    tx.value = value;
    tx.gas_limit = 50'000;
    tx.max_fee_per_gas = 20;
    tx.max_priority_fee_per_gas = 1;
    return tx;
}

Block make_block() {
    Block block;
    block.header.number = 1;
    block.header.timestamp = 12;
    block.header.gas_limit = 30'000'000;
    block.header.coinbase = miner;
    block.header.base_fee_per_gas = 7;
    block.transactions = {make_transaction(alice, 0, bob, 1000), make_transaction(alice, 1, counter, 0),
                          make_transaction(bob, 0, counter, 0), make_transaction(bob, 1, alice, 500)};
    return block;
}

void print(const BlockResult& result) {
    std::cout << "gas used: " << result.gas_used << "\n";
    for (const Receipt& receipt : result.receipts)
        std::cout << "  receipt: " << (receipt.success ? "success" : "failure") << ", " << receipt.gas_used
                  << " gas\n";
    for (const state::AccountDiff& account : result.diff.accounts) {
        const auto balance = [](const std::optional<Account>& a) {
            return base::to_quantity(a ? a->balance : uint256{});
        };
        std::cout << to_hex(account.address) << ": balance " << balance(account.before) << " -> "
                  << balance(account.after) << "\n";
        for (const state::SlotDiff& slot : account.slots)
            std::cout << "  slot " << base::to_quantity(slot.key) << ": " << base::to_quantity(slot.before)
                      << " -> " << base::to_quantity(slot.after) << "\n";
    }
}

}  // namespace

int main() {
    const MemoryState before = make_state();
    const ChainConfig config = *primitives::named_chain("Cancun");
    ExecutionContext context(
        {.executor = execution::ExecutorKind::optimistic});  // keep it: one for many blocks

    const auto result = execute_block(make_block(), config, before, context);
    if (!result) {
        std::cerr << to_string(result.error()) << "\n";
        return 1;
    }
    print(*result);

    MemoryState after = before;
    after.apply(result->diff);
    std::cout << "the counter stands at " << base::to_quantity(*after.storage(counter, 0)) << "\n";
    return 0;
}
