#pragma once

#include "weft/evm/interpreter.hpp"

namespace weft::evm {

/// Translates one code. Internal to this room; used once.
///
/// In plain programs constants pushed are held back until something needs them on the stack, so that an
/// operation on constants is done here (the address mask 2^160 - 1 is three pushes, SHL and SUB), an
/// operation with one becomes a single instruction, and a jump to a constant needs no look-up. Gas and stack
/// use are those of the opcodes as written.
class Translator {
public:
    Translator(BytesView code, Revision revision, bool traced, const HandlerTable& handlers, Program& program)
        : code_(code),
          rules_(rules_of(revision)),
          opcodes_(opcode_table(revision)),
          handlers_(handlers),
          traced_(traced),
          program_(program),
          out_(program.instructions_) {}

    /// may_be_partial: see Program::translate_init().
    void run(bool may_be_partial);

private:
    struct StaticJump {
        uint32_t index;   ///< of the instruction
        uint32_t target;  ///< in the code
    };
    struct Destination {
        uint32_t pc;
        uint32_t head;  ///< index of the head that a jump there goes to
    };
    /// An instruction of the present block that may still be merged with what follows it.
    struct Emitted {
        uint16_t operation = operation_count;
        uint32_t index = 0;
    };

    [[nodiscard]] bool reachable() const noexcept { return open_; }
    void open_block(size_t pc);
    void close_block();
    void write_head(size_t head, uint32_t gas, const BlockShape& shape);
    [[gnu::always_inline]] void charge(const OpcodeInfo& info) noexcept {
        empty_ = only_destinations_ = false;
        gas_ += info.gas;
        needed_ = std::max(needed_, info.inputs - height_);
        height_ += info.outputs - info.inputs;
        growth_ = std::max(growth_, height_);
    }
    /// A JUMPDEST. Those of a run share one block, each with a head of its own from which it is charged, so
    /// that who falls into the run passes one head.
    void destination(size_t pc);
    size_t plain_instructions(size_t pc);
    /// One opcode; returns the pc after it.
    size_t instruction(size_t pc);
    void operation(uint8_t opcode, size_t pc);

    // Each says whether it has dealt with the opcode.
    bool fold(uint8_t opcode);
    bool fold_stack(uint8_t opcode);
    bool with_constant(uint8_t opcode);
    bool jump(uint8_t opcode, size_t pc);
    bool merge(uint8_t opcode);

    void constant(const uint256& value);
    void flush();
    [[gnu::always_inline]] void emit(uint16_t operation, uint32_t immediate = 0) {
        before_last_ = last_;
        last_ = {operation, static_cast<uint32_t>(out_.size())};
        out_.push_back({handler_offset(handlers_[operation]), immediate});
    }
    void emit_push(const uint256& value);
    void append_limbs(const uint256& value, size_t count);
    uint16_t condition();
    void emit_jump(uint16_t forward, uint32_t target, bool back);
    void retract(size_t words);
    void index_destinations();
    void resolve_jumps();

    BytesView code_;
    const Rules& rules_;
    const OpcodeTable& opcodes_;
    const HandlerTable& handlers_;
    const bool traced_;
    Program& program_;
    std::vector<Instruction>& out_;
    std::vector<StaticJump> jumps_;
    std::vector<Destination> destinations_;  ///< all, ascending
    size_t farthest_target_ = 0;             ///< of the jumps to constants so far, in the code

    // The present block.
    bool open_ = false;
    bool empty_ = true;
    bool only_destinations_ = false;  ///< it holds JUMPDESTs and nothing else yet
    size_t head_ = 0;
    std::vector<size_t> earlier_heads_;  ///< of the JUMPDESTs before the last one of its run
    size_t block_pc_ = 0;
    uint32_t gas_ = 0;
    int height_ = 0;  ///< relative to the block's beginning
    int needed_ = 0;
    int growth_ = 0;
    Emitted last_, before_last_;

    static constexpr size_t most_constants = 16;
    std::array<uint256, most_constants> constants_;
    size_t constant_count_ = 0;
};

}  // namespace weft::evm
