// What code asks about its call, its transaction and its block: 0x30 to 0x4a without those that touch state.
#include "weft/evm/interpreter.hpp"

namespace weft::evm {
namespace {

/// An opcode that pushes a number of up to 64 bits, or a whole word.
template <auto get>
WEFT_HANDLER void push_small(WEFT_STATE) {
    store_small(sp + 1, get(*f));
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}
template <auto get>
WEFT_HANDLER void push_word(WEFT_STATE) {
    sp[1] = get(*f);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}

using F = const Frame&;
constexpr auto call_data_size = [](F f) noexcept { return f.input_size; };
constexpr auto code_size = [](F f) noexcept { return f.code_size; };
constexpr auto return_data_size = [](F f) noexcept { return uint64_t{f.core->return_data.size()}; };
constexpr auto timestamp = [](F f) noexcept { return f.core->block.timestamp; };
constexpr auto number = [](F f) noexcept { return f.core->block.number; };
constexpr auto gas_limit = [](F f) noexcept { return f.core->block.gas_limit; };
constexpr auto chain_id = [](F f) noexcept { return f.core->block.chain_id; };

constexpr auto own_address = [](F f) noexcept { return word_of(f.account->address); };
constexpr auto caller = [](F f) noexcept { return word_of(f.sender); };
constexpr auto call_value = [](F f) noexcept { return f.value; };
constexpr auto origin = [](F f) noexcept { return f.core->origin_word; };
constexpr auto gas_price = [](F f) noexcept { return f.core->transaction->gas_price; };
constexpr auto coinbase = [](F f) noexcept { return f.core->coinbase_word; };
constexpr auto difficulty = [](F f) noexcept { return f.core->difficulty_word; };
constexpr auto base_fee = [](F f) noexcept { return f.core->block.base_fee; };
constexpr auto blob_base_fee = [](F f) noexcept { return f.core->block.blob_base_fee; };

/// EIP-4844.
WEFT_HANDLER void blob_hash(WEFT_STATE) {
    const auto hashes = f->core->transaction->blob_versioned_hashes;
    const uint64_t index = sp[0].saturate();
    sp[0] = index < hashes.size() ? base::to_uint256(hashes[index]) : uint256{};
    WEFT_TAIL next(ip + 1, sp, gas, f);
}

}  // namespace

void add_environment_handlers(HandlerTable& table, bool /*traced*/) {
    table[OP_ADDRESS] = push_word<own_address>;
    table[OP_ORIGIN] = push_word<origin>;
    table[OP_CALLER] = push_word<caller>;
    table[OP_CALLVALUE] = push_word<call_value>;
    table[OP_CALLDATASIZE] = push_small<call_data_size>;
    table[OP_CODESIZE] = push_small<code_size>;
    table[OP_GASPRICE] = push_word<gas_price>;
    table[OP_RETURNDATASIZE] = push_small<return_data_size>;
    table[OP_COINBASE] = push_word<coinbase>;
    table[OP_TIMESTAMP] = push_small<timestamp>;
    table[OP_NUMBER] = push_small<number>;
    table[OP_PREVRANDAO] = push_word<difficulty>;
    table[OP_GASLIMIT] = push_small<gas_limit>;
    table[OP_CHAINID] = push_small<chain_id>;
    table[OP_BASEFEE] = push_word<base_fee>;
    table[OP_BLOBHASH] = blob_hash;
    table[OP_BLOBBASEFEE] = push_word<blob_base_fee>;
}

}  // namespace weft::evm
