#pragma once

#include <immintrin.h>

#include <array>

#include "weft/evm/core.hpp"
#include "weft/evm/opcodes.hpp"

/// How handlers are written and reach each other. Internal to this room.
///
/// A handler executes one instruction and jumps to the next one's handler: instruction pointer, stack
/// pointer, gas and frame stay in registers all the way (preserve_none gives r12 to r15, which C functions
/// keep). Handlers of hot opcodes call nothing, so that they need no native stack frame; what is rare goes to
/// a handler of its own by a tail call.
#define WEFT_HANDLER __attribute__((preserve_none))
#define WEFT_TAIL [[clang::musttail]] return
#define WEFT_STATE const Instruction *ip, uint256 *sp, Gas gas, Frame *f

namespace weft::evm {

using Handler = void(WEFT_HANDLER*)(const Instruction* ip, uint256* sp, Gas gas, Frame* f);

/// Instructions of translated programs that aren't one opcode. Numbers below 256 are opcodes.
enum Operation : uint16_t {
    X_BLOCK = 256,  ///< a gas-block's head: gas; then a BlockShape
    X_CONTINUE,     ///< goes on, immediate words further; 0: not translated. Then a word with the pc
    X_UNDEFINED,    ///< an opcode that the revision lacks
    X_PUSH,         ///< the immediate
    X_PUSH_WORD,    ///< 8 bytes that follow
    X_PUSH_WIDE,    ///< 32 bytes that follow, as limbs
    X_JUMP_TO,      ///< PUSH, JUMP: immediate words further
    X_JUMP_BACK,    ///< the same, backward
    X_JUMPI_TO,     ///< PUSH, JUMPI
    X_JUMPI_BACK,
    X_UNLESS_TO,  ///< ISZERO, PUSH, JUMPI
    X_UNLESS_BACK,
    X_LT_TO,  ///< LT, PUSH, JUMPI
    X_LT_BACK,
    X_NOT_LT_TO,  ///< LT, ISZERO, PUSH, JUMPI
    X_NOT_LT_BACK,
    X_GT_TO,
    X_GT_BACK,
    X_NOT_GT_TO,
    X_NOT_GT_BACK,
    X_EQ_TO,
    X_EQ_BACK,
    X_NOT_EQ_TO,
    X_NOT_EQ_BACK,
    X_SELECT,  ///< DUP1, PUSH4, EQ, PUSH, JUMPI: immediate words further if the top is what follows
    X_GROW,    ///< in the block of a jump that lies immediate words before: its destination isn't translated
    X_ADD_SMALL,  ///< PUSH with up to 4 bytes and the opcode
    X_SUB_SMALL,
    X_MUL_SMALL,
    X_DIV_SMALL,
    X_AND_SMALL,
    X_EQ_SMALL,
    X_LT_SMALL,
    X_GT_SMALL,
    X_SHL_SMALL,
    X_SHR_SMALL,
    X_MLOAD_SMALL,
    X_MSTORE_SMALL,
    X_CALLDATALOAD_SMALL,
    X_AND_WIDE,   ///< PUSH and AND: 32 bytes that follow, as limbs
    X_PUSH_PAIR,  ///< two PUSHes of up to 2 bytes: the first is the immediate's low half
    X_PUSH_DUP2,  ///< PUSH with up to 4 bytes and DUP
    X_PUSH_DUP3,
    X_PUSH_DUP4,
    X_PUSH_DUP5,
    X_SWAP1_POP,
    X_POPS,      ///< immediate POPs
    X_TRUTH,     ///< ISZERO, ISZERO
    X_DUP2_ADD,  ///< DUP2, ADD
    X_DUP3_ADD,
    X_DUP4_ADD,
    X_DUP2_MSTORE,  ///< DUP2, MSTORE
    operation_count
};

using HandlerTable = std::array<Handler, operation_count>;

/// Offsets of handlers count from here.
[[gnu::visibility("hidden")]] WEFT_HANDLER void handler_base(WEFT_STATE);

/// The handler of each operation. Traced handlers tell the inspector; each begins with the step where it is
/// X_BLOCK.
[[nodiscard]] const HandlerTable& handler_table(bool traced) noexcept;

/// Handlers that know floating words (symbolic.hpp); they go on with the plain ones' work.
[[nodiscard]] const HandlerTable& symbolic_handler_table() noexcept;
/// What becomes of an instruction with this handler in the symbolic form, and how many words it takes.
struct SymbolicForm {
    int32_t handler;
    uint32_t words;
};
[[nodiscard]] const SymbolicForm& symbolic_form(int32_t plain_handler) noexcept;

// Each family of handlers enters its own.
void add_arithmetic_handlers(HandlerTable& table, bool traced);
void add_flow_handlers(HandlerTable& table, bool traced);
void add_memory_handlers(HandlerTable& table, bool traced);
void add_environment_handlers(HandlerTable& table, bool traced);
void add_state_handlers(HandlerTable& table, bool traced);
void add_call_handlers(HandlerTable& table, bool traced);

[[nodiscard]] inline int32_t handler_offset(Handler handler) noexcept {
    return static_cast<int32_t>(reinterpret_cast<const char*>(handler) -
                                reinterpret_cast<const char*>(&handler_base));
}

/// Goes on with the instruction at ip.
[[gnu::always_inline]] inline WEFT_HANDLER void next(WEFT_STATE) {
    const auto handler = reinterpret_cast<Handler>(reinterpret_cast<char*>(&handler_base) + ip->handler);
    WEFT_TAIL handler(ip, sp, gas, f);
}

/// Where the instruction's jump goes. The word may be written meanwhile (Program::follow()).
[[gnu::always_inline]] inline const Instruction* led_to(const Instruction* ip) noexcept {
    return ip + static_cast<int32_t>(__atomic_load_n(&ip->immediate, __ATOMIC_ACQUIRE));
}

/// The frame fails with f->status; `gas` shows tracers what it would have left.
WEFT_HANDLER void fail(WEFT_STATE);

template <Status status>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER void fail_with(WEFT_STATE) {
    f->status = status;
    WEFT_TAIL fail(ip, sp, gas, f);
}

/// Where Core::is_due(): the run ends, or the instruction at ip is done again.
WEFT_HANDLER void interrupt(WEFT_STATE);

/// A block's head didn't let it through: out of gas, or the stack is too small or too full.
WEFT_HANDLER void fail_block(WEFT_STATE);

/// Charges and checks the gas-block whose head lies at ip, and goes on with its first instruction.
[[gnu::always_inline]] inline WEFT_HANDLER void pass_head(WEFT_STATE) {
    BlockShape shape;
    std::memcpy(&shape, ip + 1, sizeof shape);
    gas -= ip->immediate;
    const auto height = static_cast<uint64_t>(reinterpret_cast<const char*>(sp) -
                                              reinterpret_cast<const char*>(f->stack_base));
    if (gas < 0 || height - shape.needed > shape.range) [[unlikely]] {
        WEFT_TAIL fail_block(ip, sp, gas, f);
    }
    WEFT_TAIL next(ip + 2, sp, gas, f);
}

/// Goes on with the block whose head lies at ip. Its step is told first where it is traced.
template <bool traced>
[[gnu::always_inline]] inline WEFT_HANDLER void enter_block(WEFT_STATE) {
    if constexpr (traced) {
        WEFT_TAIL next(ip, sp, gas, f);
    } else {
        WEFT_TAIL pass_head(ip, sp, gas, f);
    }
}

/// Goes on with the frame that a call, a creation or a return gave control to; ends the run where there is
/// none.
[[gnu::always_inline]] inline WEFT_HANDLER void resume(const Instruction*, uint256*, Gas, Frame* f) {
    if (f == nullptr) [[unlikely]]
        return;
    WEFT_TAIL next(f->ip, f->sp, f->gas, f);
}

/// Writes a number of 64 bits as a stack word: two wide stores, from which the next instruction's narrow
/// loads can be forwarded.
[[gnu::always_inline]] inline void store_small(uint256* to, uint64_t value) noexcept {
    auto* const half = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(half, _mm_cvtsi64_si128(static_cast<long long>(value)));
    _mm_storeu_si128(half + 1, _mm_setzero_si128());
}

}  // namespace weft::evm
