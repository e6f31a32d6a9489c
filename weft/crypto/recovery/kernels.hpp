#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::crypto::recovery {

// What the parts of batch recovery hand each other. Plain arrays: a file that is compiled for AVX-512 must
// not emit inline functions that the linker could then hand to the rest of the program.

// Scalars are written in signed digits that are all odd, so that no digit is zero and every signature of a
// batch does the same steps (see scalar.hpp).
inline constexpr unsigned point_window = 5;       ///< bits of a digit of the nonce point's multiplier
inline constexpr unsigned point_digits = 26;      ///< of each half of it: 130 bits
inline constexpr unsigned generator_window = 12;  ///< bits of a digit of the generator's multiplier
inline constexpr unsigned generator_digits = 11;  ///< of each half of it: 132 bits
inline constexpr unsigned point_entries = 1 << (point_window - 1);
inline constexpr unsigned generator_entries = 1 << (generator_window - 1);

/// A signed odd digit d: |d| / 2 rounded down, the place of |d| in a table of odd multiples; and d's sign.
struct Digit {
    uint16_t place : 15;
    uint16_t negative : 1;
};

/// A signature made ready: the nonce point R as x and the parity of y, and the digits, least significant
/// first, of numbers with generator[0] G + generator[1] 2^132 G + point[0] R + point[1] lambda R = key.
struct Multiplication {
    uint64_t x[4];  ///< least significant first, below p
    bool y_is_odd;
    Digit point[2][point_digits];
    Digit generator[2][generator_digits];
};

enum class Outcome : uint8_t {
    found,
    no_point,    ///< no point of the curve has that x
    exceptional  ///< the formulas don't cover what was met (equal or opposite points): ask the slow way
};
struct Key {
    uint64_t x[4];  ///< affine, canonical, least significant first; undefined unless found
    uint64_t y[4];
    Outcome outcome;
};

/// An affine point in one cache line: x and y, canonical or at least below 2^256, least significant first.
struct alignas(64) Row {
    uint64_t word[8];
};
/// The odd multiples 1, 3, 5 ... of G and of 2^132 G: 256 KiB, so that it fits a core's second-level cache.
struct GeneratorTable {
    Row row[2][generator_entries];
};

/// The most multiplications that a kernel takes: what it holds between its steps lies on the stack.
inline constexpr size_t kernel_most = 256;

/// Does `count` multiplications. Precondition: count is at most kernel_most and a multiple of the kernel's
/// lanes.
using Kernel = void(const Multiplication* in, size_t count, const GeneratorTable& generator,
                    Key* out) noexcept;
inline constexpr size_t portable_lanes = 1, avx512_lanes = 8;
Kernel multiply_portable;
/// Precondition: has_avx512() (weft/crypto/cpu.hpp).
Kernel multiply_avx512;

/// Fills the table, in about half a millisecond.
void make_generator_table(GeneratorTable& out) noexcept;

/// For tests: one operation of the field on each lane of `a` and `b`, whose first four words are any number
/// of 256 bits; canonical results in the first four words of `out`.
enum class FieldOperation : uint8_t {
    multiply,
    square,
    subtract,
    negate,
    inverse,
    square_root,         ///< of the square a root, of anything else something
    two_products,        ///< a b + (-a) (a - b)
    eight_squares_less,  ///< 8 a a - 3 b
    three_less_square,   ///< 3 a - b b
    parity,              ///< 1 where a mod p is odd, else 0
    equal                ///< 1 where a = b mod p, else 0
};
using FieldTest = void(FieldOperation which, const Row* a, const Row* b, Row* out) noexcept;
FieldTest field_operation_portable, field_operation_avx512;

}  // namespace weft::crypto::recovery
