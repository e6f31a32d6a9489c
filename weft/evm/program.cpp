#include "weft/evm/program.hpp"

#include "weft/evm/translator.hpp"

namespace weft::evm {
namespace {

constexpr int stack_limit = 1024;
constexpr int word_bytes = 32;
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

std::unique_ptr<Program> Program::translate(BytesView code, Revision revision, bool traced) {
    auto program = std::make_unique<Program>();
    Translator{code, revision, traced, handler_table(traced), *program}.run(false);
    return program;
}

std::unique_ptr<Program> Program::translate_init(BytesView code, Revision revision, bool traced) {
    auto program = std::make_unique<Program>();
    Translator{code, revision, traced, handler_table(traced), *program}.run(
        !traced);  // traced programs hold no jumps to constants
    return program;
}

const Program& Program::symbolic(BytesView code, Revision revision) const {
    const Program* standing = symbolic_.load(std::memory_order_acquire);
    if (standing != nullptr) return *standing;
    auto made = std::make_unique<Program>();
    Translator{code, revision, false, symbolic_handler_table(), *made}.run(false);
    made->plain_ = this;
    if (symbolic_.compare_exchange_strong(standing, made.get(), std::memory_order_acq_rel))
        return *made.release();
    return *standing;
}

Program::~Program() { delete symbolic_.load(std::memory_order_relaxed); }

void Translator::run(bool may_be_partial) {
    constexpr size_t usual_constructor = 512;
    program_.translated_ = code_.size();
    out_.reserve((may_be_partial ? std::min(code_.size(), usual_constructor) : code_.size()) + 16);
    open_block(0);
    size_t pc = 0;
    while (pc < code_.size()) {
        if (code_[pc] == OP_JUMPDEST) {
            destination(pc++);
        } else if (reachable()) {
            pc = plain_instructions(pc);
            if (pc == code_.size() || code_[pc] == OP_JUMPDEST) continue;
            pc = instruction(pc);
        } else if (may_be_partial && pc > farthest_target_) {
            program_.is_partial_ = true;
            program_.translated_ = pc;
            break;
        } else {
            pc += 1 + immediate_size(code_[pc]);  // nothing goes there
        }
    }
    if (reachable()) {
        flush();
        emit(OP_STOP);
        close_block();
    }
    resolve_jumps();
}

void Translator::open_block(size_t pc) {
    open_ = empty_ = true;
    head_ = out_.size();
    block_pc_ = pc;
    gas_ = 0;
    height_ = needed_ = growth_ = 0;
    last_ = before_last_ = {};
    earlier_heads_.clear();
    out_.resize(head_ + 2);
}

void Translator::close_block() {
    open_ = false;
    BlockShape shape{
        .needed = 0xffff, .range = 0, .pc = static_cast<uint32_t>(block_pc_)};  // lets no stack pass
    if (needed_ + growth_ <= stack_limit) {
        shape.needed = static_cast<uint16_t>(needed_ * word_bytes);
        shape.range = static_cast<uint16_t>((stack_limit - growth_ - needed_) * word_bytes);
    }
    uint32_t gas = gas_;
    for (const size_t head : earlier_heads_) {
        write_head(head, gas, shape);
        ++shape.pc;  // a run's JUMPDESTs lie side by side
        out_[head + 2] = {handler_offset(handlers_[X_SKIP]), static_cast<uint32_t>(head_ - head)};
        gas -= opcodes_[OP_JUMPDEST].gas;
    }
    write_head(head_, gas, shape);
}

void Translator::write_head(size_t head, uint32_t gas, const BlockShape& shape) {
    out_[head] = {handler_offset(handlers_[X_BLOCK]), gas};
    std::memcpy(&out_[head + 1], &shape, sizeof shape);
}

void Translator::destination(size_t pc) {
    if (open_ && only_destinations_) {
        earlier_heads_.push_back(head_);
        head_ = out_.size() + 1;  // after the X_SKIP
        out_.resize(head_ + 2);
    } else if (!open_ || !empty_) {
        if (open_) {
            flush();
            close_block();
        }
        open_block(pc);
    }
    destinations_.push_back({static_cast<uint32_t>(pc), static_cast<uint32_t>(head_)});
    charge(opcodes_[OP_JUMPDEST]);
    only_destinations_ = !traced_;
    if (traced_) {
        emit(OP_JUMPDEST);
        close_block();
        open_block(pc + 1);
    }
}

/// Opcodes that stand for themselves, one after another, up to the first that doesn't. Nothing held back may
/// precede them.
size_t Translator::plain_instructions(size_t pc) {
    if (traced_ || constant_count_ != 0) return pc;
    for (; pc < code_.size(); ++pc) {
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
    emit(opcode);
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

/// A jump to a constant. One to no JUMPDEST goes to a place that fails, see resolve_jumps().
bool Translator::jump(uint8_t opcode, size_t pc) {
    if ((opcode != OP_JUMP && opcode != OP_JUMPI) || constant_count_ == 0) return false;
    const uint64_t wanted = constants_[--constant_count_].saturate();
    const auto target = static_cast<uint32_t>(std::min<uint64_t>(wanted, 0xffffffff));
    if (target < code_.size()) farthest_target_ = std::max<size_t>(farthest_target_, target);
    flush();
    const bool back = target <= pc;
    if (opcode == OP_JUMP) {
        emit_jump(X_JUMP_TO, target, back);
    } else if (last_.operation == X_EQ_SMALL && before_last_.operation == OP_DUP1 && !back) {
        const uint256 selector = out_[last_.index].immediate;
        retract(2);
        emit_jump(X_SELECT, target, false);
        append_limbs(selector, 1);
    } else {
        emit_jump(condition(), target, back);
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
        ++out_[last_.index].immediate;
        return true;
    } else if (opcode == OP_ISZERO && last_.operation == OP_ISZERO) {
        merged = X_TRUTH;
    } else if (opcode == OP_ADD && last_.operation >= OP_DUP2 && last_.operation <= OP_DUP2 + 2) {
        merged = static_cast<uint16_t>(X_DUP2_ADD + (last_.operation - OP_DUP2));
    } else if (opcode == OP_MSTORE && last_.operation == OP_DUP2) {
        merged = X_DUP2_MSTORE;
    } else if (opcode >= OP_DUP2 && opcode <= OP_DUP2 + 3 && last_.operation == X_PUSH) {
        merged = static_cast<uint16_t>(X_PUSH_DUP2 + (opcode - OP_DUP2));
        immediate = out_[last_.index].immediate;
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
    const size_t at = out_.size();
    out_.resize(at + count);
    std::memcpy(&out_[at], value.limb.data(), count * sizeof(uint64_t));
}

void Translator::emit_jump(uint16_t forward, uint32_t target, bool back) {
    jumps_.push_back({static_cast<uint32_t>(out_.size()), target});
    emit(static_cast<uint16_t>(forward + (back ? 1 : 0)), 0);
}

/// Takes back the last one or two instructions. Precondition: they have no words after them.
void Translator::retract(size_t count) {
    out_.resize(count == 1 ? last_.index : before_last_.index);
    last_ = count == 1 ? before_last_ : Emitted{};
    before_last_ = {};
}

/// Gives each JUMPDEST a cell. Code as compiled has few, so that one cell for 8 bytes does; a code that holds
/// them so densely that a look-up would take long gets more.
void Translator::index_destinations() {
    const auto fit = [&](unsigned shift) {
        auto& cells = program_.cells_;
        cells.assign((program_.translated_ >> shift) + Program::most_probes, 0);
        for (const Destination& destination : destinations_) {
            size_t at = destination.pc >> shift;
            const size_t end = at + Program::most_probes;
            while (cells[at] != 0)
                if (++at == end) return false;
            cells[at] = destination.head + 1;
        }
        return true;
    };
    program_.shift_ = 3;
    while (!fit(program_.shift_)) --program_.shift_;  // with 0 each has a cell of its own
}

void Translator::resolve_jumps() {
    index_destinations();
    // A block of its own for jumps that go nowhere: it charges nothing and fails.
    open_block(code_.size());
    emit(X_BAD_JUMP);
    const size_t nowhere = head_;
    close_block();
    for (const StaticJump& jump : jumps_) {
        const Instruction* const found = program_.jump_target(jump.target);
        const size_t target = found != nullptr ? static_cast<size_t>(found - out_.data()) : nowhere;
        out_[jump.index].immediate =
            static_cast<uint32_t>(static_cast<int64_t>(target) - static_cast<int64_t>(jump.index));
    }
    out_.shrink_to_fit();
}

}  // namespace weft::evm
