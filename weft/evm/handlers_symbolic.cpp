// The handlers of programs' symbolic form: what an instruction means for floating words, and then the plain
// one's work.
#include <unordered_map>
#include <utility>

#include "weft/evm/symbolic.hpp"

namespace weft::evm {
namespace {

/// What each operation looks at, from the top of the stack downward.
const auto operand_counts = [] {
    std::array<uint8_t, operation_count> out{};
    const OpcodeTable& opcodes = opcode_table(primitives::newest_revision);
    for (size_t i = 0; i < opcodes.size(); ++i) out[i] = opcodes[i].inputs;
    for (const Operation operation :
         {X_JUMPI_TO, X_JUMPI_BACK, X_UNLESS_TO, X_UNLESS_BACK, X_SELECT, X_SUB_SMALL, X_MUL_SMALL,
          X_DIV_SMALL, X_AND_SMALL, X_EQ_SMALL, X_LT_SMALL, X_GT_SMALL, X_SHL_SMALL, X_SHR_SMALL,
          X_MSTORE_SMALL, X_AND_WIDE, X_TRUTH})
        out[operation] = 1;
    for (int operation = X_LT_TO; operation <= X_NOT_EQ_BACK; ++operation)
        out[static_cast<size_t>(operation)] = 2;
    out[X_DUP2_MSTORE] = 2;
    return out;
}();

/// Looked up once: to ask for the table costs more than some of its handlers.
const HandlerTable& plain_handlers = handler_table(false);
[[nodiscard]] Handler plain(uint16_t operation) noexcept { return plain_handlers[operation]; }
[[nodiscard]] Term term(const Frame* f, const uint256* word) noexcept { return {*word, float_slot(f, word)}; }

/// Needs the numbers themselves.
template <uint16_t operation>
WEFT_HANDLER void exact(WEFT_STATE) {
    const size_t count = operand_counts[operation];
    if (any_floats(f, sp, count)) {
        for (size_t i = 0; i < count; ++i)
            if (SlotEntry* const slot = float_slot(f, sp - i)) Journal::observe(*slot);
        fix(f, sp, count);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(operation)(ip, sp, gas, f);
}

/// Asks something of its operands, or of the first and the immediate, and takes them.
template <uint16_t operation, auto decide>
WEFT_HANDLER void question(WEFT_STATE) {
    const size_t count = operand_counts[operation];
    if (any_floats(f, sp, count)) {
        decide(f, sp, ip->immediate);
        fix(f, sp, count);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(operation)(ip, sp, gas, f);
}
constexpr auto whether_zero = [](const Frame* f, const uint256* sp, uint32_t) noexcept {
    decide_zero(term(f, sp));
};
constexpr auto whether_less = [](const Frame* f, const uint256* sp, uint32_t) noexcept {
    decide_less(term(f, sp), term(f, sp - 1));
};
constexpr auto whether_greater = [](const Frame* f, const uint256* sp, uint32_t) noexcept {
    decide_less(term(f, sp - 1), term(f, sp));
};
constexpr auto whether_equal = [](const Frame* f, const uint256* sp, uint32_t) noexcept {
    decide_equal(term(f, sp), term(f, sp - 1));
};
constexpr auto whether_constant_less = [](const Frame* f, const uint256* sp, uint32_t constant) noexcept {
    decide_less({uint256{constant}}, term(f, sp));
};
constexpr auto whether_constant_greater = [](const Frame* f, const uint256* sp, uint32_t constant) noexcept {
    decide_less(term(f, sp), {uint256{constant}});
};
constexpr auto whether_constant_equal = [](const Frame* f, const uint256* sp, uint32_t constant) noexcept {
    decide_equal({uint256{constant}}, term(f, sp));
};
/// The symbolic form of where a jump to the word goes. nullptr: f->status says why.
[[nodiscard]] const Instruction* symbolic_target(Frame* f, const uint256& word) noexcept {
    f->status = Status::bad_jump_destination;
    const Instruction* const target = word.is_u64() ? f->core->jump_target(f, word.low()) : nullptr;
    return target != nullptr ? f->program->symbolic(target) : nullptr;
}
WEFT_HANDLER void jump(WEFT_STATE) {
    if (any_floats(f, sp, 1)) {
        if (SlotEntry* const slot = float_slot(f, sp)) Journal::observe(*slot);
        fix(f, sp, 1);
        ip = leave_if_fixed(f, ip);
    }
    if (!Program::is_symbolic(ip)) {
        WEFT_TAIL plain(OP_JUMP)(ip, sp, gas, f);
    }
    const Instruction* const target = symbolic_target(f, sp[0]);
    if (target == nullptr) {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    if (sp[0].low() <= ip->immediate && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL pass_head(target, sp - 1, gas, f);
}
/// The condition below the destination, which no one computes from storage.
WEFT_HANDLER void jump_if(WEFT_STATE) {
    if (any_floats(f, sp, 2)) {
        if (SlotEntry* const slot = float_slot(f, sp)) Journal::observe(*slot);
        decide_zero(term(f, sp - 1));
        fix(f, sp, 2);
        ip = leave_if_fixed(f, ip);
    }
    if (!Program::is_symbolic(ip) || sp[-1].is_zero()) {
        WEFT_TAIL plain(OP_JUMPI)(ip, sp, gas, f);
    }
    const Instruction* const target = symbolic_target(f, sp[0]);
    if (target == nullptr) {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    if (sp[0].low() <= ip->immediate && f->core->is_due()) [[unlikely]] {
        WEFT_TAIL interrupt(ip, sp, gas, f);
    }
    WEFT_TAIL pass_head(target, sp - 2, gas, f);
}

/// The slot by which the sum of two words floats.
[[nodiscard]] SlotEntry* slot_of_sum(const Frame* f, const uint256* a, const uint256* b) noexcept {
    SlotEntry* const first = float_slot(f, a);
    SlotEntry* const second = float_slot(f, b);
    if (first == nullptr) return second;
    if (second == nullptr) return first;
    Journal::observe(*first);
    Journal::observe(*second);
    return nullptr;
}
WEFT_HANDLER void add(WEFT_STATE) {
    if (any_floats(f, sp, 2)) {
        SlotEntry* const slot = slot_of_sum(f, sp, sp - 1);
        fix(f, sp, 1);
        set_float_slot(f, sp - 1, slot);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(OP_ADD)(ip, sp, gas, f);
}
template <int n>
WEFT_HANDLER void dup_add(WEFT_STATE) {
    if (any_floats(f, sp, n)) set_float_slot(f, sp, slot_of_sum(f, sp, sp + 1 - n));
    WEFT_TAIL plain(static_cast<uint16_t>(X_DUP2_ADD + n - 2))(ip, sp, gas, f);
}
WEFT_HANDLER void subtract(WEFT_STATE) {
    if (any_floats(f, sp, 2)) {
        SlotEntry* slot = float_slot(f, sp);
        if (SlotEntry* const taken = float_slot(f, sp - 1)) {
            if (taken != slot) {
                Journal::observe(*taken);
                if (slot != nullptr) Journal::observe(*slot);
            }
            slot = nullptr;  // the difference of two that float by one slot is fixed
        }
        fix(f, sp, 1);
        set_float_slot(f, sp - 1, slot);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(OP_SUB)(ip, sp, gas, f);
}

WEFT_HANDLER void pop(WEFT_STATE) {
    if (any_floats(f, sp, 1)) {
        fix(f, sp, 1);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(OP_POP)(ip, sp, gas, f);
}
WEFT_HANDLER void pops(WEFT_STATE) {
    if (any_floats(f, sp, ip->immediate)) {
        fix(f, sp, ip->immediate);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(X_POPS)(ip, sp, gas, f);
}
WEFT_HANDLER void swap1_pop(WEFT_STATE) {
    if (any_floats(f, sp, 2)) {
        set_float_slot(f, sp - 1, float_slot(f, sp));
        fix(f, sp, 1);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL plain(X_SWAP1_POP)(ip, sp, gas, f);
}
template <int n>
WEFT_HANDLER void dup(WEFT_STATE) {
    if (SlotEntry* const slot = float_slot(f, sp + 1 - n)) set_float_slot(f, sp + 1, slot);
    WEFT_TAIL plain(OP_DUP1 + n - 1)(ip, sp, gas, f);
}
template <int n>
WEFT_HANDLER void push_dup(WEFT_STATE) {
    if (SlotEntry* const slot = float_slot(f, sp + 2 - n)) set_float_slot(f, sp + 2, slot);
    WEFT_TAIL plain(static_cast<uint16_t>(X_PUSH_DUP2 + n - 2))(ip, sp, gas, f);
}
template <int n>
WEFT_HANDLER void swap(WEFT_STATE) {
    if (any_floats(f, sp, n + 1)) {
        SlotEntry* const top = float_slot(f, sp);
        set_float_slot(f, sp, float_slot(f, sp - n));
        set_float_slot(f, sp - n, top);
    }
    WEFT_TAIL plain(OP_SWAP1 + n - 1)(ip, sp, gas, f);
}

/// To its own slot a floating word may go as it is.
WEFT_HANDLER void store(WEFT_STATE) {
    if (any_floats(f, sp, 2)) {
        if (SlotEntry* const slot = float_slot(f, sp)) Journal::observe(*slot);
        fix(f, sp, 1);
        SlotEntry* const slot = float_slot(f, sp - 1);
        if (slot == nullptr || slot->account != f->account || slot->key != sp[0]) {
            if (slot != nullptr) Journal::observe(*slot);
            fix(f, sp - 1, 1);
            ip = leave_if_fixed(f, ip);
        }
    }
    WEFT_TAIL plain(OP_SSTORE)(ip, sp, gas, f);
}

template <Operation first, auto decide>
void add_jumps(HandlerTable& table) {
    table[first] = question<first, decide>;
    table[first + 1] = question<first + 1, decide>;
    table[first + 2] = question<first + 2, decide>;
    table[first + 3] = question<first + 3, decide>;
}

HandlerTable make_table() {
    HandlerTable table = handler_table(false);
    const auto all_exact = []<size_t... operation>(std::index_sequence<operation...>) {
        return HandlerTable{exact<operation>...};
    }(std::make_index_sequence<operation_count>{});
    for (size_t i = 0; i < table.size(); ++i)
        if (operand_counts[i] != 0) table[i] = all_exact[i];
    [&]<int... n>(std::integer_sequence<int, n...>) {
        ((table[OP_DUP1 + n] = dup<n + 1>), ...);
        ((table[OP_SWAP1 + n] = swap<n + 1>), ...);
    }(std::make_integer_sequence<int, 16>{});
    table[OP_ADD] = add;
    table[X_ADD_SMALL] = handler_table(false)[X_ADD_SMALL];  // what floats goes on floating
    table[OP_SUB] = subtract;
    table[X_DUP2_ADD] = dup_add<2>;
    table[X_DUP3_ADD] = dup_add<3>;
    table[X_DUP4_ADD] = dup_add<4>;
    table[OP_POP] = pop;
    table[X_POPS] = pops;
    table[X_SWAP1_POP] = swap1_pop;
    table[X_PUSH_DUP2] = push_dup<2>;
    table[X_PUSH_DUP3] = push_dup<3>;
    table[X_PUSH_DUP4] = push_dup<4>;
    table[X_PUSH_DUP5] = push_dup<5>;
    table[OP_SSTORE] = store;
    table[OP_JUMP] = jump;
    table[OP_JUMPI] = jump_if;
    table[OP_ISZERO] = question<OP_ISZERO, whether_zero>;
    table[X_TRUTH] = question<X_TRUTH, whether_zero>;
    table[X_JUMPI_TO] = question<X_JUMPI_TO, whether_zero>;
    table[X_JUMPI_BACK] = question<X_JUMPI_BACK, whether_zero>;
    table[X_UNLESS_TO] = question<X_UNLESS_TO, whether_zero>;
    table[X_UNLESS_BACK] = question<X_UNLESS_BACK, whether_zero>;
    table[OP_LT] = question<OP_LT, whether_less>;
    table[OP_GT] = question<OP_GT, whether_greater>;
    table[OP_EQ] = question<OP_EQ, whether_equal>;
    table[X_LT_SMALL] = question<X_LT_SMALL, whether_constant_less>;
    table[X_GT_SMALL] = question<X_GT_SMALL, whether_constant_greater>;
    table[X_EQ_SMALL] = question<X_EQ_SMALL, whether_constant_equal>;
    add_jumps<X_LT_TO, whether_less>(table);
    add_jumps<X_GT_TO, whether_greater>(table);
    add_jumps<X_EQ_TO, whether_equal>(table);
    return table;
}

/// Words of the instruction, with what follows it.
uint32_t words_of(size_t operation) noexcept {
    switch (operation) {
        case X_PUSH_WIDE:
        case X_AND_WIDE:
            return 5;
        case X_BLOCK:
        case X_CONTINUE:
        case X_PUSH_WORD:
        case X_SELECT:
            return 2;
        default:
            return 1;
    }
}

}  // namespace

const HandlerTable& symbolic_handler_table() noexcept {
    static const HandlerTable table = make_table();
    return table;
}

const SymbolicForm& symbolic_form(int32_t plain_handler) noexcept {
    static const auto forms = [] {
        std::unordered_map<int32_t, SymbolicForm> out;
        for (size_t i = 0; i < operation_count; ++i)
            out.try_emplace(handler_offset(handler_table(false)[i]),
                            handler_offset(symbolic_handler_table()[i]), words_of(i));
        return out;
    }();
    return forms.find(plain_handler)->second;
}

}  // namespace weft::evm
