// 256-bit arithmetic, one operation after another on fixed numbers of some sizes.
#include <benchmark/benchmark.h>

#include "weft/base/modulus.hpp"

namespace {

using namespace weft;

/// A number of `bits` bits, the i-th of its size.
uint256 number(unsigned bits, uint64_t i) {
    const uint256 all{i * 0x9e3779b97f4a7c15, i * 0xd6e8feb86659fd93, ~i * 0xa0761d6478bd642f,
                      (i * 0xe7037ed1a0b428db) | uint64_t{1} << 63};
    return all >> (256 - bits);
}

constexpr size_t count = 64;

/// Takes operands of state.range(0) and state.range(1) bits.
template <class Operation>
void words(benchmark::State& state, Operation operation) {
    std::array<uint256, count> a, b;
    for (size_t i = 0; i < count; ++i) {
        a[i] = number(static_cast<unsigned>(state.range(0)), i + 1);
        b[i] = number(static_cast<unsigned>(state.range(1)), i + 100);
    }
    size_t i = 0;
    for (auto _ : state) {
        auto result = operation(a[i % count], b[i % count]);
        benchmark::DoNotOptimize(result);
        ++i;
    }
}

const uint256 prime = (uint256{1} << 255) - 19;
const base::PreparedModulus prepared{prime};

#define WEFT_WORDS(NAME, ...) \
    BENCHMARK_CAPTURE(words, NAME, [](const uint256& a, const uint256& b) { return __VA_ARGS__; })

WEFT_WORDS(add, a + b)->Args({256, 256});
WEFT_WORDS(multiply, a* b)->Args({256, 256});
WEFT_WORDS(less, a < b)->Args({256, 256});
WEFT_WORDS(shift_left, a << b.low() % 256)->Args({256, 64});
WEFT_WORDS(divide, base::divide(a, b))
    ->Args({64, 32})
    ->Args({256, 32})
    ->Args({256, 64})
    ->Args({256, 127})
    ->Args({256, 191})
    ->Args({256, 255});
WEFT_WORDS(add_mod, base::add_mod(a, b, prime))->Args({254, 254});
WEFT_WORDS(mul_mod, base::mul_mod(a, b, prime))->Args({254, 254});
WEFT_WORDS(mul_mod_prepared, prepared.multiply(a, b))->Args({254, 254});
WEFT_WORDS(power, base::power(a, b))->Args({256, 8})->Args({256, 256});

}  // namespace
