// Stack, jumps, and the ends of frames: POP, JUMP, JUMPI, PC, GAS, JUMPDEST, PUSH, DUP, SWAP, STOP, INVALID.
#include <utility>

#include "weft/evm/interpreter.hpp"
#include "weft/evm/trace.hpp"
#include "weft/evm/word_functions.hpp"

namespace weft::evm {

WEFT_HANDLER void handler_base(WEFT_STATE) {
    WEFT_TAIL fail_with<Status::invalid_instruction>(ip, sp, gas, f);
}

WEFT_HANDLER void fail(WEFT_STATE) {
    f = f->core->fail(f, f->status, gas);
    WEFT_TAIL resume(ip, sp, gas, f);
}

[[gnu::cold, gnu::noinline]] WEFT_HANDLER void interrupt(WEFT_STATE) {
    if (f->core->ends()) {
        WEFT_TAIL fail_with<Status::aborted>(ip, sp, gas, f);
    }
    WEFT_TAIL next(ip, sp, gas, f);
}

WEFT_HANDLER void fail_block(WEFT_STATE) {
    BlockShape shape;
    std::memcpy(&shape, ip + 1, sizeof shape);
    const auto height = static_cast<uint64_t>(reinterpret_cast<const char*>(sp) -
                                              reinterpret_cast<const char*>(f->stack_base));
    // The order in which geth looks: what a trace of one opcode shows.
    if (shape.needed == BlockShape::impossible ||
        (height >= shape.needed && height - shape.needed > shape.range))
        f->status = Status::stack_overflow;
    else if (height < shape.needed)
        f->status = Status::stack_underflow;
    else
        f->status = Status::out_of_gas;
    WEFT_TAIL fail(ip, sp, gas, f);
}

namespace {

using base::copy_limbs;

template <bool traced>
WEFT_HANDLER void block(WEFT_STATE) {
    if constexpr (traced) trace_step(f, ip, sp, gas);
    WEFT_TAIL pass_head(ip, sp, gas, f);
}
WEFT_HANDLER void undefined(WEFT_STATE) { WEFT_TAIL fail_with<Status::invalid_instruction>(ip, sp, gas, f); }
WEFT_HANDLER void stop(WEFT_STATE) {
    f = f->core->leave(f, Status::success, gas, {});
    WEFT_TAIL resume(ip, sp, gas, f);
}

WEFT_HANDLER void pop(WEFT_STATE) { WEFT_TAIL next(ip + 1, sp - 1, gas, f); }
WEFT_HANDLER void pops(WEFT_STATE) { WEFT_TAIL next(ip + 1, sp - ip->immediate, gas, f); }

WEFT_HANDLER void push(WEFT_STATE) {
    store_small(sp + 1, ip->immediate);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}
WEFT_HANDLER void push_word(WEFT_STATE) {
    uint64_t value;
    std::memcpy(&value, ip + 1, sizeof value);
    store_small(sp + 1, value);
    WEFT_TAIL next(ip + 2, sp + 1, gas, f);
}
WEFT_HANDLER void push_wide(WEFT_STATE) {
    const auto* const from = reinterpret_cast<const __m128i*>(ip + 1);
    auto* const to = reinterpret_cast<__m128i*>(sp + 1);
    _mm_storeu_si128(to, _mm_loadu_si128(from));
    _mm_storeu_si128(to + 1, _mm_loadu_si128(from + 1));
    WEFT_TAIL next(ip + 5, sp + 1, gas, f);
}

WEFT_HANDLER void push_pair(WEFT_STATE) {
    store_small(sp + 1, ip->immediate & 0xffff);
    store_small(sp + 2, ip->immediate >> 16);
    WEFT_TAIL next(ip + 1, sp + 2, gas, f);
}

template <int n>
WEFT_HANDLER void push_dup(WEFT_STATE) {
    store_small(sp + 1, ip->immediate);
    copy_limbs(sp[2], sp[2 - n]);
    WEFT_TAIL next(ip + 1, sp + 2, gas, f);
}
template <int n>
WEFT_HANDLER void dup(WEFT_STATE) {
    copy_limbs(sp[1], sp[1 - n]);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}
template <int n>
WEFT_HANDLER void swap(WEFT_STATE) {
    const uint256 top = sp[0];
    copy_limbs(sp[0], sp[-n]);
    sp[-n] = top;
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void swap1_pop(WEFT_STATE) {
    copy_limbs(sp[-1], sp[0]);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}

/// Where a jump to the word goes; nullptr: nowhere that is translated. A run that has been told to stop stops
/// where it goes back: there is no loop without that.
[[gnu::always_inline]] inline const Instruction* destination(const Frame* f, const uint256& word) noexcept {
    return word.is_u64() ? f->program->jump_target(word.low()) : nullptr;
}

/// A jump, of so many operands, to what isn't translated.
template <bool traced, int operands>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER void jump_beyond(WEFT_STATE) {
    f->status = Status::bad_jump_destination;
    const Instruction* const target = sp[0].is_u64() ? f->core->jump_target(f, sp[0].low()) : nullptr;
    if (target == nullptr) {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    if (sp[0].low() <= ip->immediate && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL enter_block<traced>(target, sp - operands, gas, f);
}

template <bool traced>
WEFT_HANDLER void jump(WEFT_STATE) {
    const Instruction* const target = destination(f, sp[0]);
    if (target == nullptr) [[unlikely]] {
        WEFT_TAIL jump_beyond<traced, 1>(ip, sp, gas, f);
    }
    if (sp[0].low() <= ip->immediate && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL enter_block<traced>(target, sp - 1, gas, f);
}
template <bool traced>
WEFT_HANDLER void jumpi(WEFT_STATE) {
    if (sp[-1].is_zero()) {
        WEFT_TAIL enter_block<traced>(ip + 1, sp - 2, gas, f);
    }
    const Instruction* const target = destination(f, sp[0]);
    if (target == nullptr) [[unlikely]] {
        WEFT_TAIL jump_beyond<traced, 2>(ip, sp, gas, f);
    }
    if (sp[0].low() <= ip->immediate && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL enter_block<traced>(target, sp - 2, gas, f);
}

/// The stub of a jump to a constant, or the end of a stretch: what follows is translated now.
template <bool traced>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER void grow(WEFT_STATE) {
    const Instruction* const target = f->core->follow(f, ip);
    if (target == nullptr) {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    WEFT_TAIL enter_block<traced>(target, sp, gas, f);
}
template <bool traced>
WEFT_HANDLER void go_on(WEFT_STATE) {
    const Instruction* const target = led_to(ip);
    if (target == ip) [[unlikely]] {
        WEFT_TAIL grow<traced>(ip, sp, gas, f);
    }
    WEFT_TAIL enter_block<traced>(target, sp, gas, f);
}

// Jumps to constants. They exist in plain programs only.

template <bool back>
WEFT_HANDLER void jump_to(WEFT_STATE) {
    if (back && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL pass_head(led_to(ip), sp, gas, f);
}
template <bool when, bool back>
WEFT_HANDLER void jumpi_to(WEFT_STATE) {
    if (sp[0].is_zero() == when) {
        WEFT_TAIL pass_head(ip + 1, sp - 1, gas, f);
    }
    if (back && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL pass_head(led_to(ip), sp - 1, gas, f);
}
/// A comparison and the jump that hangs on it.
template <auto predicate, bool when, bool back>
WEFT_HANDLER void compare_jump(WEFT_STATE) {
    if (predicate(sp[0], sp[-1]) != when) {
        WEFT_TAIL pass_head(ip + 1, sp - 2, gas, f);
    }
    if (back && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL pass_head(led_to(ip), sp - 2, gas, f);
}
template <auto predicate>
void add_compare_jumps(HandlerTable& table, Operation first) {
    table[first] = compare_jump<predicate, true, false>;
    table[first + 1] = compare_jump<predicate, true, true>;
    table[first + 2] = compare_jump<predicate, false, false>;
    table[first + 3] = compare_jump<predicate, false, true>;
}
WEFT_HANDLER void select(WEFT_STATE) {
    uint64_t selector;
    std::memcpy(&selector, ip + 1, sizeof selector);
    if (sp[0].limb[0] != selector || !sp[0].is_u64()) {
        WEFT_TAIL pass_head(ip + 2, sp, gas, f);
    }
    WEFT_TAIL pass_head(led_to(ip), sp, gas, f);
}
template <bool traced>
WEFT_HANDLER void gas_left(WEFT_STATE) {
    store_small(sp + 1, static_cast<uint64_t>(gas));
    WEFT_TAIL enter_block<traced>(ip + 1, sp + 1, gas, f);
}
/// A JUMPDEST is the head of its block; in traced programs an instruction of its own, too.
WEFT_HANDLER void jumpdest(WEFT_STATE) { WEFT_TAIL next(ip + 1, sp, gas, f); }

template <bool traced>
void add_jumps(HandlerTable& table) {
    table[X_BLOCK] = block<traced>;
    table[OP_JUMP] = jump<traced>;
    table[OP_JUMPI] = jumpi<traced>;
    table[OP_GAS] = gas_left<traced>;
    table[X_CONTINUE] = go_on<traced>;
    table[X_GROW] = grow<traced>;
}

}  // namespace

void add_flow_handlers(HandlerTable& table, bool traced) {
    traced ? add_jumps<true>(table) : add_jumps<false>(table);
    table[X_UNDEFINED] = undefined;
    table[OP_STOP] = stop;
    table[OP_POP] = pop;
    table[OP_JUMPDEST] = jumpdest;
    table[X_PUSH] = push;
    table[X_PUSH_WORD] = push_word;
    table[X_PUSH_WIDE] = push_wide;
    table[X_PUSH_PAIR] = push_pair;
    table[X_PUSH_DUP2] = push_dup<2>;
    table[X_PUSH_DUP3] = push_dup<3>;
    table[X_PUSH_DUP4] = push_dup<4>;
    table[X_PUSH_DUP5] = push_dup<5>;
    [&]<int... n>(std::integer_sequence<int, n...>) {
        ((table[OP_DUP1 + n] = dup<n + 1>), ...);
        ((table[OP_SWAP1 + n] = swap<n + 1>), ...);
    }(std::make_integer_sequence<int, 16>{});
    table[X_JUMP_TO] = jump_to<false>;
    table[X_JUMP_BACK] = jump_to<true>;
    table[X_JUMPI_TO] = jumpi_to<true, false>;
    table[X_JUMPI_BACK] = jumpi_to<true, true>;
    table[X_UNLESS_TO] = jumpi_to<false, false>;
    table[X_UNLESS_BACK] = jumpi_to<false, true>;
    add_compare_jumps<words::less>(table, X_LT_TO);
    add_compare_jumps<words::greater>(table, X_GT_TO);
    add_compare_jumps<words::equal>(table, X_EQ_TO);
    table[X_SELECT] = select;
    table[X_SWAP1_POP] = swap1_pop;
    table[X_POPS] = pops;
}

const HandlerTable& handler_table(bool traced) noexcept {
    static const auto make = [](bool with_trace) {
        HandlerTable table;
        table.fill(undefined);
        add_arithmetic_handlers(table, with_trace);
        add_flow_handlers(table, with_trace);
        add_memory_handlers(table, with_trace);
        add_environment_handlers(table, with_trace);
        add_state_handlers(table, with_trace);
        add_call_handlers(table, with_trace);
        return table;
    };
    static const HandlerTable plain = make(false), with_trace = make(true);
    return traced ? with_trace : plain;
}

}  // namespace weft::evm
