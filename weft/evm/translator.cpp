#include "weft/evm/translator.hpp"

namespace weft::evm {
namespace {

constexpr int stack_limit = 1024;
constexpr int word_bytes = 32;
/// A jump so many bytes before its destination is that of an if: else may lie there.
constexpr size_t near_bytes = 64;
/// A block this expensive is cut, so that its sum can't overflow.
constexpr uint32_t most_block_gas = 1u << 30;

/// The number after a PUSH. Code is read as if zeros followed its end.
uint256 pushed(BytesView code, size_t at, unsigned size) noexcept {
    if (at + 32 <= code.size()) [[likely]] {
        const uint8_t* const bytes = code.data() + at;
        if (size > 8) return base::load_be(bytes) >> (256 - 8 * size);
        uint64_t word;
        std::memcpy(&word, bytes, sizeof word);
        return __builtin_bswap64(word) >> (64 - 8 * size);
    }
    uint8_t bytes[32]{};
    const size_t there = at < code.size() ? std::min<size_t>(size, code.size() - at) : 0;
    if (there != 0) std::memcpy(bytes + 32 - size, code.data() + at, there);
    return base::load_be(bytes);
}

/// Opcodes for which held-back constants or the instruction before can make a difference.
constexpr std::array<bool, 256> is_special = [] {
    std::array<bool, 256> out{};
    for (const uint8_t opcode :
         {OP_PUSH0, OP_PC, OP_POP, OP_ISZERO, OP_ADD, OP_MSTORE, OP_JUMP, OP_JUMPI, OP_JUMPDEST})
        out[opcode] = true;
    return out;
}();

[[nodiscard]] bool is_small(const uint256& value) noexcept {
    return value.is_u64() && value.low() <= 0xffffffff;
}

}  // namespace

size_t Translator::run(size_t pc) {
    open_block(pc);
    for (;;) {
        if (pc >= code_.size()) {
            flush();
            emit(OP_STOP);
            close_block();
            break;
        }
        const bool at_destination = code_[pc] == OP_JUMPDEST;
        if (is_full() || (at_destination && is_translated(pc))) {
            continue_elsewhere(pc);
            break;
        }
        if (at_destination) {
            pc = destination(pc);
        } else {
            pc = plain_instructions(pc);
            if (pc == code_.size() || code_[pc] == OP_JUMPDEST || is_full()) continue;
            pc = instruction(pc);
        }
        if (!open_ && !find_more(pc)) break;
    }
    resolve_jumps();
    return index();
}

bool Translator::is_translated(size_t pc) const noexcept {
    for (const Destination& known : destinations())
        if (known.pc == pc) return true;
    return program_.jump_target(pc) != nullptr;
}

bool Translator::find_more(size_t& pc) const noexcept {
    if (is_full()) return false;
    if (led_to_ != none && !is_translated(led_to_)) {
        pc = led_to_;
        return true;
    }
    if (pc >= code_.size() || code_[pc] != OP_JUMPDEST || is_translated(pc)) return false;
    for (size_t i = jump_count_; i-- > 0;)
        if (jumps_[i].target == pc && pc - jumps_[i].source <= near_bytes) return true;
    return false;
}

void Translator::continue_elsewhere(size_t pc) {
    flush();
    if (traced_ && empty_) {
        out_ = begin_ + head_;  // the step is told there
        open_ = false;
    }
    const uint32_t place = index();
    emit(X_CONTINUE);
    *out_++ = {0, static_cast<uint32_t>(pc)};
    begin_[place].immediate = distance_to(pc, place);
    if (open_) close_block();
}

void Translator::open_block(size_t pc) {
    open_ = empty_ = true;
    head_ = index();
    block_pc_ = pc;
    gas_ = 0;
    height_ = needed_ = growth_ = 0;
    last_ = before_last_ = {};
    led_to_ = none;
    out_ += 2;
}

void Translator::close_block() {
    open_ = false;
    BlockShape shape{.needed = BlockShape::impossible,
                     .range = 0,  // lets no stack pass
                     .pc = static_cast<uint32_t>(block_pc_)};
    if (needed_ + growth_ <= stack_limit) {
        shape.needed = static_cast<uint16_t>(needed_ * word_bytes);
        shape.range = static_cast<uint16_t>((stack_limit - growth_ - needed_) * word_bytes);
    }
    write_head(head_, gas_, shape);
}

void Translator::write_head(uint32_t head, uint32_t gas, const BlockShape& shape) {
    begin_[head] = {handler_offset(handlers_[X_BLOCK]), gas};
    std::memcpy(&begin_[head + 1], &shape, sizeof shape);
}

size_t Translator::destination(size_t pc) {
    if (open_ && !empty_) {
        flush();
        close_block();
    }
    if (!open_) open_block(pc);
    destinations_[destination_count_++] = {static_cast<uint32_t>(pc), head_};
    if (traced_) {
        charge(opcodes_[OP_JUMPDEST]);
        emit(OP_JUMPDEST);
        close_block();
        open_block(pc + 1);
        return pc + 1;
    }
    bool back = false;
    const size_t last = pass_over(pc, back);
    if (empty_) {
        charge(opcodes_[OP_JUMPDEST]);
        return pc + 1;
    }
    if (back) {  // a loop of nothing else, too, has a jump that looks whether to stop
        emit_jump(X_JUMP_BACK, last, last);
        close_block();
        led_to_ = last;
    }
    return last;
}

size_t Translator::pass_over(size_t pc, bool& back) {
    constexpr unsigned most_hops = 64;
    constexpr size_t longest_run = 512;
    for (unsigned hops = 0; hops < most_hops; ++hops) {
        size_t run = 0;
        while (run < longest_run && pc + run + 1 < code_.size() && code_[pc + run + 1] == OP_JUMPDEST) ++run;
        if (run != 0) {
            empty_ = false;
            gas_ += static_cast<uint32_t>(run) * opcodes_[OP_JUMPDEST].gas;
            pc += run;
            continue;
        }
        const unsigned size = pc + 1 < code_.size() ? immediate_size(code_[pc + 1]) : 0;
        const size_t jump = pc + 2 + size;
        if (size == 0 || size > 4 || jump >= code_.size() || code_[jump] != OP_JUMP) break;
        const uint64_t target = pushed(code_, pc + 2, size).low();
        if (!program_.is_destination(target)) break;
        charge(opcodes_[OP_JUMPDEST]);
        charge(opcodes_[code_[pc + 1]]);
        charge(opcodes_[OP_JUMP]);
        back = back || target <= pc;
        pc = target;
        if (is_translated(pc)) break;
    }
    return pc;
}

/// Opcodes that stand for themselves, one after another, up to the first that doesn't. Nothing held back may
/// precede them.
size_t Translator::plain_instructions(size_t pc) {
    if (traced_ || constant_count_ != 0) return pc;
    for (; pc < code_.size() && !is_full(); ++pc) {
        const uint8_t opcode = code_[pc];
        const OpcodeInfo& info = opcodes_[opcode];
        const bool plain =
            info.defined && !info.ends_block && !is_special[opcode] && immediate_size(opcode) == 0;
        if (!plain || gas_ > most_block_gas) break;
        charge(info);
        emit(opcode);
    }
    return pc;
}

size_t Translator::instruction(size_t pc) {
    const uint8_t opcode = code_[pc];
    const unsigned size = immediate_size(opcode);
    const OpcodeInfo& info = opcodes_[opcode];
    const size_t after = pc + 1 + size;
    if (!info.defined) {
        empty_ = false;
        flush();
        emit(X_UNDEFINED);
        close_block();
        return after;
    }
    charge(info);
    if (size != 0)
        constant(pushed(code_, pc + 1, size));
    else
        operation(opcode, pc);
    if (leads_on_) {
        leads_on_ = false;
        return led_to_;
    }
    if (traced_ || info.ends_block || gas_ > most_block_gas) {
        flush();
        close_block();
        if (!info.terminates) open_block(after);
    }
    return after;
}

void Translator::operation(uint8_t opcode, size_t pc) {
    if (constant_count_ == 0 && !is_special[opcode]) return emit(opcode);
    if (opcode == OP_PUSH0) return constant({});
    if (opcode == OP_PC) return constant(pc);
    if (!traced_ && (fold(opcode) || fold_stack(opcode) || jump(opcode, pc) || with_constant(opcode))) return;
    flush();
    if (!traced_ && merge(opcode)) return;
    emit(opcode, static_cast<uint32_t>(pc));  // where a jump is, so that one backward can be told
}

/// Operations on constants only.
bool Translator::fold(uint8_t opcode) {
    if (constant_count_ == 0) return false;
    uint256& top = constants_[constant_count_ - 1];
    if (opcode == OP_NOT) return top = ~top, true;
    if (opcode == OP_ISZERO) return top = uint256{top.is_zero() ? uint64_t{1} : 0}, true;
    if (constant_count_ < 2) return false;
    uint256& second = constants_[constant_count_ - 2];
    switch (opcode) {
        case OP_ADD:
            second = top + second;
            break;
        case OP_SUB:
            second = top - second;
            break;
        case OP_MUL:
            second = top * second;
            break;
        case OP_DIV:
            second = base::divide(top, second).quotient;
            break;
        case OP_AND:
            second = top & second;
            break;
        case OP_OR:
            second = top | second;
            break;
        case OP_SHL:
            second = second << top.saturate();
            break;
        case OP_SHR:
            second = second >> top.saturate();
            break;
        case OP_EXP:
            gas_ += static_cast<uint32_t>(rules_.exp_byte) * base::byte_length(second);
            second = base::power(top, second);
            break;
        default:
            return false;
    }
    --constant_count_;
    return true;
}

/// POP, DUP and SWAP among constants.
bool Translator::fold_stack(uint8_t opcode) {
    if (opcode == OP_POP && constant_count_ > 0) {
        --constant_count_;
        return true;
    }
    if (opcode >= OP_DUP1 && opcode <= OP_DUP16 && opcode - OP_DUP1 + 1u <= constant_count_) {
        constant(uint256{constants_[constant_count_ - 1 - (opcode - OP_DUP1)]});
        return true;
    }
    if (opcode >= OP_SWAP1 && opcode <= OP_SWAP16 && opcode - OP_SWAP1 + 2u <= constant_count_) {
        std::swap(constants_[constant_count_ - 1], constants_[constant_count_ - 2 - (opcode - OP_SWAP1)]);
        return true;
    }
    return false;
}

/// An opcode whose first operand is a small constant.
bool Translator::with_constant(uint8_t opcode) {
    if (constant_count_ == 0) return false;
    if (!is_small(constants_[constant_count_ - 1])) {
        if (opcode != OP_AND) return false;
        const uint256 mask = constants_[--constant_count_];
        flush();
        emit(X_AND_WIDE);
        append_limbs(mask, 4);
        return true;
    }
    uint16_t merged = 0;
    switch (opcode) {
        case OP_ADD:
            merged = X_ADD_SMALL;
            break;
        case OP_SUB:
            merged = X_SUB_SMALL;
            break;
        case OP_MUL:
            merged = X_MUL_SMALL;
            break;
        case OP_DIV:
            merged = X_DIV_SMALL;
            break;
        case OP_AND:
            merged = X_AND_SMALL;
            break;
        case OP_EQ:
            merged = X_EQ_SMALL;
            break;
        case OP_LT:
            merged = X_LT_SMALL;
            break;
        case OP_GT:
            merged = X_GT_SMALL;
            break;
        case OP_SHL:
            merged = X_SHL_SMALL;
            break;
        case OP_SHR:
            merged = X_SHR_SMALL;
            break;
        case OP_MLOAD:
            merged = X_MLOAD_SMALL;
            break;
        case OP_MSTORE:
            merged = X_MSTORE_SMALL;
            break;
        case OP_CALLDATALOAD:
            merged = X_CALLDATALOAD_SMALL;
            break;
        default:
            return false;
    }
    const auto value = static_cast<uint32_t>(constants_[--constant_count_].low());
    flush();
    emit(merged, value);
    return true;
}

/// A jump to a constant. One forward that is always made, to what isn't translated yet, is none: that
/// follows.
bool Translator::jump(uint8_t opcode, size_t pc) {
    if ((opcode != OP_JUMP && opcode != OP_JUMPI) || constant_count_ == 0) return false;
    const uint64_t wanted = constants_[--constant_count_].saturate();
    const size_t target = std::min<uint64_t>(wanted, 0xffffffff);
    flush();
    const bool back = target <= pc;
    if (opcode == OP_JUMP) {
        if (program_.is_destination(target) && !is_translated(target)) {
            led_to_ = target;
            leads_on_ = !back;
        }
        if (!leads_on_) emit_jump(back ? X_JUMP_BACK : X_JUMP_TO, pc, target);
    } else if (last_.operation == X_EQ_SMALL && before_last_.operation == OP_DUP1 && !back) {
        const uint256 selector = begin_[last_.index].immediate;
        retract(2);
        emit_jump(X_SELECT, pc, target);
        append_limbs(selector, 1);
    } else {
        emit_jump(static_cast<uint16_t>(condition() + (back ? 1 : 0)), pc, target);
    }
    return true;
}

/// The forward jump on the condition that the last instructions have computed, which are taken back.
uint16_t Translator::condition() {
    const bool unless = last_.operation == OP_ISZERO;
    if (unless || last_.operation == X_TRUTH) retract(1);
    uint16_t first = 0;
    switch (last_.operation) {
        case OP_LT:
            first = X_LT_TO;
            break;
        case OP_GT:
            first = X_GT_TO;
            break;
        case OP_EQ:
            first = X_EQ_TO;
            break;
        default:
            return unless ? X_UNLESS_TO : X_JUMPI_TO;
    }
    retract(1);
    return static_cast<uint16_t>(first + (unless ? 2 : 0));
}

/// An opcode that makes one instruction with the one before.
bool Translator::merge(uint8_t opcode) {
    uint16_t merged = 0;
    uint32_t immediate = 0;
    if (opcode == OP_POP && last_.operation == OP_SWAP1) {
        merged = X_SWAP1_POP;
    } else if (opcode == OP_POP && last_.operation == OP_POP) {
        merged = X_POPS;
        immediate = 2;
    } else if (opcode == OP_POP && last_.operation == X_POPS) {
        ++begin_[last_.index].immediate;
        return true;
    } else if (opcode == OP_ISZERO && last_.operation == OP_ISZERO) {
        merged = X_TRUTH;
    } else if (opcode == OP_ADD && last_.operation >= OP_DUP2 && last_.operation <= OP_DUP2 + 2) {
        merged = static_cast<uint16_t>(X_DUP2_ADD + (last_.operation - OP_DUP2));
    } else if (opcode == OP_MSTORE && last_.operation == OP_DUP2) {
        merged = X_DUP2_MSTORE;
    } else if (opcode >= OP_DUP2 && opcode <= OP_DUP2 + 3 && last_.operation == X_PUSH) {
        merged = static_cast<uint16_t>(X_PUSH_DUP2 + (opcode - OP_DUP2));
        immediate = begin_[last_.index].immediate;
    } else {
        return false;
    }
    retract(1);
    emit(merged, immediate);
    return true;
}

void Translator::constant(const uint256& value) {
    if (constant_count_ == most_constants) flush();
    constants_[constant_count_++] = value;
}

void Translator::flush() {
    const auto fits_pair = [](const uint256& value) { return value.is_u64() && value.low() <= 0xffff; };
    for (size_t i = 0; i < constant_count_; ++i) {
        const bool pair =
            !traced_ && i + 1 < constant_count_ && fits_pair(constants_[i]) && fits_pair(constants_[i + 1]);
        if (pair) {
            emit(X_PUSH_PAIR, static_cast<uint32_t>(constants_[i].low() | constants_[i + 1].low() << 16));
            ++i;
        } else {
            emit_push(constants_[i]);
        }
    }
    constant_count_ = 0;
}

void Translator::emit_push(const uint256& value) {
    if (is_small(value)) return emit(X_PUSH, static_cast<uint32_t>(value.low()));
    const size_t words = value.is_u64() ? 1 : 4;
    emit(words == 1 ? X_PUSH_WORD : X_PUSH_WIDE);
    append_limbs(value, words);
}

void Translator::append_limbs(const uint256& value, size_t count) {
    std::memcpy(out_, value.limb.data(), count * sizeof(uint64_t));
    out_ += count;
}

void Translator::emit_jump(uint16_t operation, size_t source, size_t target) {
    jumps_[jump_count_++] = {index(), static_cast<uint32_t>(source), static_cast<uint32_t>(target)};
    emit(operation);
}

/// Takes back the last one or two instructions. Precondition: they have no words after them.
void Translator::retract(size_t count) {
    out_ = begin_ + (count == 1 ? last_.index : before_last_.index);
    last_ = count == 1 ? before_last_ : Emitted{};
    before_last_ = {};
}

/// From the instruction at `place` to where a jump to `pc` goes, in words; 0: that isn't translated.
uint32_t Translator::distance_to(size_t pc, uint32_t place) const noexcept {
    for (const Destination& known : destinations())
        if (known.pc == pc) return known.head - place;
    const Instruction* const found = program_.jump_target(pc);
    return found != nullptr ? static_cast<uint32_t>(found - (begin_ + place)) : 0;
}

/// A jump to what isn't translated goes to a block of its own, which lets all through.
void Translator::resolve_jumps() {
    for (size_t i = 0; i < jump_count_; ++i) {
        const StaticJump& jump = jumps_[i];
        uint32_t distance = distance_to(jump.target, jump.index);
        if (distance == 0) {
            distance = index() - jump.index;
            write_head(index(), 0, {.needed = 0, .range = 0xffff, .pc = jump.target});
            out_ += 2;
            emit(X_GROW, index() - jump.index);
        }
        begin_[jump.index].immediate = distance;
    }
}

}  // namespace weft::evm
