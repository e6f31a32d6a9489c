// Each opcode that ends nothing and calls nobody, and what calls and creations cost. A round is the opcode
// with the DUPs that bring its operands and the POP that drops its result; `round/DUP1` shows those alone.
#include <benchmark/benchmark.h>

#include "weft/evm/test_world.hpp"

namespace {

using namespace weft;
using namespace weft::evm;
using test::Code;
using test::World;

constexpr int rounds = 500;

/// Runs `code` on a world with an account that does nothing; counts its rounds.
void measure(benchmark::State& state, const Code& code) {
    World world;
    world.deploy(test::contract, code);
    world.deploy(test::other, Code{OP_STOP});
    Bytes input(64);
    // Operands that no translation can know: 0x...25 and 0x...07, small enough to be offsets and sizes.
    input[31] = 0x25;
    input[63] = 0x07;
    for (auto _ : state) {
        const CallResult result = world.call(uint64_t{1} << 40, input);
        if (result.status != Status::success) state.SkipWithError("the code failed");
    }
    state.SetItemsProcessed(rounds * state.iterations());
}

void opcode(benchmark::State& state, uint8_t code) {
    const OpcodeInfo& info = opcode_table(primitives::newest_revision)[code];
    Code out;
    out.push(32).op(OP_CALLDATALOAD).push(0).op(OP_CALLDATALOAD);
    for (int i = 0; i < rounds; ++i) {
        for (int n = 0; n < info.inputs; ++n) out.op(n % 2 == 0 ? OP_DUP1 : OP_DUP3);
        out.op(static_cast<Opcode>(code));
        for (int n = 0; n < info.outputs; ++n) out.op(OP_POP);
    }
    measure(state, out);
}

void call(benchmark::State& state, Opcode kind, const Address& target) {
    Code out;
    for (int i = 0; i < rounds; ++i) {
        out.push(0).push(0).push(0).push(0);
        if (kind == OP_CALL) out.push(0);
        out.push(target).op(OP_GAS).op(kind).op(OP_POP);
    }
    measure(state, out);
}

void create(benchmark::State& state) {
    Code out;
    for (int i = 0; i < rounds; ++i) out.push(0).push(0).push(0).op(OP_CREATE).op(OP_POP);
    measure(state, out);
}

[[nodiscard]] bool stands_alone(uint8_t code) {
    const OpcodeInfo& info = opcode_table(primitives::newest_revision)[code];
    const bool stack = code >= OP_PUSH0 && code <= OP_SWAP16, jump = code == OP_JUMP || code == OP_JUMPI;
    const bool calls = code >= OP_CREATE && code != OP_CLZ;
    return info.defined && !info.terminates && !stack && !jump && !calls && code != OP_RETURNDATACOPY;
}

const int registered = [] {
    for (unsigned code = 0; code < 256; ++code)
        if (stands_alone(static_cast<uint8_t>(code)))
            benchmark::RegisterBenchmark(
                (std::string("opcode/") + std::string(opcode_table(primitives::newest_revision)[code].name))
                    .c_str(),
                [code](benchmark::State& state) { opcode(state, static_cast<uint8_t>(code)); });
    return 0;
}();

BENCHMARK_CAPTURE(opcode, DUP1, OP_DUP1)->Name("round/DUP1");
BENCHMARK_CAPTURE(call, to_nobody, OP_STATICCALL, test::nobody);
BENCHMARK_CAPTURE(call, to_stop, OP_STATICCALL, test::other);
BENCHMARK_CAPTURE(call, with_value_field, OP_CALL, test::other);
BENCHMARK_CAPTURE(call, delegate, OP_DELEGATECALL, test::other);
BENCHMARK(create);

}  // namespace
