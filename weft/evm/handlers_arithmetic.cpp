// Arithmetic, comparison, bits: 0x01 to 0x1e (yellow paper, appendix H.2), and the same with a pushed
// operand.
#include "weft/evm/interpreter.hpp"
#include "weft/evm/word_functions.hpp"

namespace weft::evm {
namespace {

using namespace words;

/// An opcode with two operands, the first on top. Precondition of all handlers here: the block's head saw the
/// operands.
template <auto function>
WEFT_HANDLER void binary(WEFT_STATE) {
    sp[-1] = function(sp[0], sp[-1]);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
/// The same with the first operand in the instruction.
template <auto function>
WEFT_HANDLER void binary_small(WEFT_STATE) {
    sp[0] = function(uint256{ip->immediate}, sp[0]);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
template <auto predicate>
WEFT_HANDLER void compare(WEFT_STATE) {
    store_small(sp - 1, predicate(sp[0], sp[-1]) ? 1 : 0);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
template <auto predicate>
WEFT_HANDLER void compare_small(WEFT_STATE) {
    store_small(sp, predicate(uint256{ip->immediate}, sp[0]) ? 1 : 0);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
template <auto function>
WEFT_HANDLER void ternary(WEFT_STATE) {
    sp[-2] = function(sp[0], sp[-1], sp[-2]);
    WEFT_TAIL next(ip + 1, sp - 2, gas, f);
}

/// What is divided or reduced by zero is zero, and that zero is where the result belongs: `operands` below
/// the top. A loop of remainders soon comes to it.
template <auto function, int operands = 2>
WEFT_HANDLER void divided(WEFT_STATE) {
    if (sp[1 - operands].is_zero()) {
        WEFT_TAIL next(ip + 1, sp - (operands - 1), gas, f);
    }
    WEFT_TAIL function(ip, sp, gas, f);
}

WEFT_HANDLER void is_zero(WEFT_STATE) {
    store_small(sp, sp[0].is_zero() ? 1 : 0);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void truth(WEFT_STATE) {
    store_small(sp, sp[0].is_zero() ? 0 : 1);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void bit_not(WEFT_STATE) {
    sp[0] = ~sp[0];
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
/// EIP-7939.
WEFT_HANDLER void leading_zeros(WEFT_STATE) {
    store_small(sp, base::count_leading_zeros(sp[0]));
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void exponentiate(WEFT_STATE) {
    gas -= f->core->rules->exp_byte * base::byte_length(sp[-1]);  // EIP-160
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_with<Status::out_of_gas>(ip, sp, gas, f);
    }
    sp[-1] = base::power(sp[0], sp[-1]);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
WEFT_HANDLER void multiply_modulo(WEFT_STATE) {
    sp[-2] = f->core->moduli.multiply(sp[0], sp[-1], sp[-2]);
    WEFT_TAIL next(ip + 1, sp - 2, gas, f);
}
/// DUPn, ADD.
template <int n>
WEFT_HANDLER void dup_add(WEFT_STATE) {
    sp[0] = sp[1 - n] + sp[0];
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
/// Mostly an address's 160 bits.
WEFT_HANDLER void and_wide(WEFT_STATE) {
    uint256 mask;
    std::memcpy(mask.limb.data(), ip + 1, sizeof mask);
    sp[0] = sp[0] & mask;
    WEFT_TAIL next(ip + 5, sp, gas, f);
}

}  // namespace

void add_arithmetic_handlers(HandlerTable& table, bool /*traced*/) {
    table[OP_ADD] = binary<add>;
    table[OP_MUL] = binary<multiply>;
    table[OP_SUB] = binary<subtract>;
    table[OP_DIV] = divided<binary<quotient>>;
    table[OP_SDIV] = divided<binary<quotient_signed>>;
    table[OP_MOD] = divided<binary<remainder>>;
    table[OP_SMOD] = divided<binary<remainder_signed>>;
    table[OP_ADDMOD] = divided<ternary<base::add_mod>, 3>;
    table[OP_MULMOD] = divided<multiply_modulo, 3>;
    table[OP_EXP] = exponentiate;
    table[OP_SIGNEXTEND] = binary<sign_extend>;
    table[OP_LT] = compare<less>;
    table[OP_GT] = compare<greater>;
    table[OP_SLT] = compare<less_signed>;
    table[OP_SGT] = compare<greater_signed>;
    table[OP_EQ] = compare<equal>;
    table[OP_ISZERO] = is_zero;
    table[OP_AND] = binary<bit_and>;
    table[OP_OR] = binary<bit_or>;
    table[OP_XOR] = binary<bit_xor>;
    table[OP_NOT] = bit_not;
    table[OP_BYTE] = binary<byte_at>;
    table[OP_SHL] = binary<shift_left>;
    table[OP_SHR] = binary<shift_right>;
    table[OP_SAR] = binary<shift_arithmetic>;
    table[OP_CLZ] = leading_zeros;
    table[X_ADD_SMALL] = binary_small<add>;
    table[X_SUB_SMALL] = binary_small<subtract>;
    table[X_MUL_SMALL] = binary_small<multiply>;
    table[X_DIV_SMALL] = binary_small<quotient>;
    table[X_AND_SMALL] = binary_small<bit_and>;
    table[X_EQ_SMALL] = compare_small<equal>;
    table[X_LT_SMALL] = compare_small<less>;
    table[X_GT_SMALL] = compare_small<greater>;
    table[X_SHL_SMALL] = binary_small<shift_left>;
    table[X_SHR_SMALL] = binary_small<shift_right>;
    table[X_TRUTH] = truth;
    table[X_DUP2_ADD] = dup_add<2>;
    table[X_DUP3_ADD] = dup_add<3>;
    table[X_DUP4_ADD] = dup_add<4>;
    table[X_AND_WIDE] = and_wide;
}

}  // namespace weft::evm
