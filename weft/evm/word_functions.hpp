#pragma once

#include "weft/base/uint256.hpp"
#include "weft/evm/opcodes.hpp"

/// The functions of words that opcodes are (yellow paper, appendix H.2): the interpreter's and a summary's.
/// The first operand is the top of the stack. Internal to this room.
namespace weft::evm::words {

inline constexpr auto add = [](const uint256& a, const uint256& b) noexcept { return a + b; };
inline constexpr auto multiply = [](const uint256& a, const uint256& b) noexcept { return a * b; };
inline constexpr auto subtract = [](const uint256& a, const uint256& b) noexcept { return a - b; };
inline constexpr auto quotient = [](const uint256& a, const uint256& b) noexcept {
    return base::divide(a, b).quotient;
};
inline constexpr auto remainder = [](const uint256& a, const uint256& b) noexcept {
    return base::divide(a, b).remainder;
};
inline constexpr auto quotient_signed = [](const uint256& a, const uint256& b) noexcept {
    return base::divide_signed(a, b).quotient;
};
inline constexpr auto remainder_signed = [](const uint256& a, const uint256& b) noexcept {
    return base::divide_signed(a, b).remainder;
};
inline constexpr auto bit_and = [](const uint256& a, const uint256& b) noexcept { return a & b; };
inline constexpr auto bit_or = [](const uint256& a, const uint256& b) noexcept { return a | b; };
inline constexpr auto bit_xor = [](const uint256& a, const uint256& b) noexcept { return a ^ b; };
inline constexpr auto shift_left = [](const uint256& n, const uint256& a) noexcept {
    return a << n.saturate();
};
inline constexpr auto shift_right = [](const uint256& n, const uint256& a) noexcept {
    return a >> n.saturate();
};
inline constexpr auto shift_arithmetic = [](const uint256& n, const uint256& a) noexcept {
    return base::shift_right_signed(a, n.saturate());
};
/// BYTE: the n-th byte, the most significant being the first.
inline constexpr auto byte_at = [](const uint256& n, const uint256& a) noexcept {
    if (n.saturate() >= 32) return uint256{};
    const uint64_t place = 31 - n.low();
    return uint256{a.limb[place / 8] >> (8 * (place % 8)) & 0xff};
};
/// SIGNEXTEND: byte n, counted from the least significant, holds the sign.
inline constexpr auto sign_extend = [](const uint256& n, const uint256& a) noexcept {
    if (n.saturate() >= 31) return a;
    const uint64_t place = n.low() / 8, unused = 56 - 8 * (n.low() % 8);
    const auto signed_limb = static_cast<int64_t>(a.limb[place] << unused) >> unused;
    const auto limb = static_cast<uint64_t>(signed_limb), fill = static_cast<uint64_t>(signed_limb >> 63);
    return uint256{place == 0 ? limb : a.limb[0],
                   place < 1    ? fill
                   : place == 1 ? limb
                                : a.limb[1],
                   place < 2    ? fill
                   : place == 2 ? limb
                                : a.limb[2],
                   place < 3 ? fill : limb};
};

inline constexpr auto less_signed = [](const uint256& a, const uint256& b) noexcept {
    return base::less_signed(a, b);
};
inline constexpr auto greater_signed = [](const uint256& a, const uint256& b) noexcept {
    return base::less_signed(b, a);
};

/// LT, GT, EQ.
inline constexpr auto less = [](const uint256& a, const uint256& b) noexcept { return a < b; };
inline constexpr auto greater = [](const uint256& a, const uint256& b) noexcept { return b < a; };
inline constexpr auto equal = [](const uint256& a, const uint256& b) noexcept { return a == b; };

/// Calls visit(function) with the function that the opcode is, made one of three words (it ignores those that
/// it doesn't take), and returns true; false: it is none of those that ask nothing but their operands and
/// cost the same for all of them.
template <class Visit>
[[gnu::always_inline]] inline bool visit_function(uint8_t opcode, Visit&& visit) {
    using W = const uint256&;
    switch (opcode) {
        case OP_ADD:
            return visit([](W a, W b, W) { return add(a, b); }), true;
        case OP_MUL:
            return visit([](W a, W b, W) { return multiply(a, b); }), true;
        case OP_SUB:
            return visit([](W a, W b, W) { return subtract(a, b); }), true;
        case OP_DIV:
            return visit([](W a, W b, W) { return quotient(a, b); }), true;
        case OP_SDIV:
            return visit([](W a, W b, W) { return quotient_signed(a, b); }), true;
        case OP_MOD:
            return visit([](W a, W b, W) { return remainder(a, b); }), true;
        case OP_SMOD:
            return visit([](W a, W b, W) { return remainder_signed(a, b); }), true;
        case OP_ADDMOD:
            return visit([](W a, W b, W c) { return base::add_mod(a, b, c); }), true;
        case OP_MULMOD:
            return visit([](W a, W b, W c) { return base::mul_mod(a, b, c); }), true;
        case OP_SIGNEXTEND:
            return visit([](W a, W b, W) { return sign_extend(a, b); }), true;
        case OP_LT:
            return visit([](W a, W b, W) { return uint256{less(a, b)}; }), true;
        case OP_GT:
            return visit([](W a, W b, W) { return uint256{greater(a, b)}; }), true;
        case OP_SLT:
            return visit([](W a, W b, W) { return uint256{less_signed(a, b)}; }), true;
        case OP_SGT:
            return visit([](W a, W b, W) { return uint256{greater_signed(a, b)}; }), true;
        case OP_EQ:
            return visit([](W a, W b, W) { return uint256{equal(a, b)}; }), true;
        case OP_ISZERO:
            return visit([](W a, W, W) { return uint256{a.is_zero()}; }), true;
        case OP_AND:
            return visit([](W a, W b, W) { return bit_and(a, b); }), true;
        case OP_OR:
            return visit([](W a, W b, W) { return bit_or(a, b); }), true;
        case OP_XOR:
            return visit([](W a, W b, W) { return bit_xor(a, b); }), true;
        case OP_NOT:
            return visit([](W a, W, W) { return ~a; }), true;
        case OP_BYTE:
            return visit([](W a, W b, W) { return byte_at(a, b); }), true;
        case OP_SHL:
            return visit([](W a, W b, W) { return shift_left(a, b); }), true;
        case OP_SHR:
            return visit([](W a, W b, W) { return shift_right(a, b); }), true;
        case OP_SAR:
            return visit([](W a, W b, W) { return shift_arithmetic(a, b); }), true;
        case OP_CLZ:
            return visit([](W a, W, W) { return uint256{base::count_leading_zeros(a)}; }), true;
        default:
            return false;
    }
}

}  // namespace weft::evm::words
