#pragma once

#include <array>
#include <span>

#include "weft/evm/interpreter.hpp"

namespace weft::evm {

/// Translates one stretch of a code. Internal to this room; used once.
///
/// In plain programs constants pushed are held back until something needs them on the stack, so that an
/// operation on constants is done here (the address mask 2^160 - 1 is three pushes, SHL and SUB), an
/// operation with one becomes a single instruction, and a jump to a constant needs no look-up. Gas and stack
/// use are those of the opcodes as written.
///
/// A stretch goes on behind a jump to a constant with the destination, if that isn't translated yet, and
/// behind what ends otherwise only where a jump shortly before leads: to the else of an if.
class Translator {
public:
    /// The most words that a stretch takes.
    static constexpr size_t most_words = 1024;
    /// Words after which a stretch ends, so that nobody can have much translated by a call that does little.
    static constexpr size_t usual_words = 256;

    /// out: room for most_words.
    Translator(Program& program, const HandlerTable& handlers, Instruction* out)
        : program_(program),
          code_(program.code_),
          rules_(rules_of(program.revision_)),
          opcodes_(opcode_table(program.revision_)),
          handlers_(handlers),
          traced_(program.traced_),
          begin_(out),
          out_(out) {}

    /// Translates what follows pc, where an opcode begins. Returns the number of words.
    size_t run(size_t pc);

    struct Destination {
        uint32_t pc;
        uint32_t head;  ///< index of the head that a jump there goes to
    };
    /// The JUMPDESTs in this stretch.
    [[nodiscard]] std::span<const Destination> destinations() const noexcept {
        return {destinations_.data(), destination_count_};
    }

private:
    struct StaticJump {
        uint32_t index;   ///< of the instruction
        uint32_t source;  ///< in the code
        uint32_t target;  ///< in the code
    };
    /// An instruction of the present block that may still be merged with what follows it.
    struct Emitted {
        uint16_t operation = operation_count;
        uint32_t index = 0;
    };

    [[nodiscard]] bool is_full() const noexcept { return out_ >= begin_ + usual_words; }
    [[nodiscard]] uint32_t index() const noexcept { return static_cast<uint32_t>(out_ - begin_); }
    void open_block(size_t pc);
    void close_block();
    void write_head(uint32_t head, uint32_t gas, const BlockShape& shape);
    [[gnu::always_inline]] void charge(const OpcodeInfo& info) noexcept {
        empty_ = false;
        gas_ += info.gas;
        needed_ = std::max(needed_, info.inputs - height_);
        height_ += info.outputs - info.inputs;
        growth_ = std::max(growth_, height_);
    }
    [[nodiscard]] bool is_translated(size_t pc) const noexcept;
    /// A JUMPDEST that isn't translated; returns where to go on. One that does nothing but lead to another is
    /// a block of its own, charged for the whole way to the last of them.
    size_t destination(size_t pc);
    /// From a JUMPDEST on past all that does nothing but lead to another one, charging it; back: a jump
    /// backward is among it. Charges nothing where there is no way to go.
    size_t pass_over(size_t pc, bool& back);
    /// Where else this stretch goes on when nothing follows `pc`; false: nowhere.
    bool find_more(size_t& pc) const noexcept;
    /// Goes on at pc with what is translated elsewhere, or will be.
    void continue_elsewhere(size_t pc);
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
        last_ = {operation, index()};
        *out_++ = {handler_offset(handlers_[operation]), immediate};
    }
    void emit_push(const uint256& value);
    void append_limbs(const uint256& value, size_t count);
    uint16_t condition();
    void emit_jump(uint16_t operation, size_t source, size_t target);
    void retract(size_t words);
    [[nodiscard]] uint32_t distance_to(size_t pc, uint32_t place) const noexcept;
    void resolve_jumps();

    Program& program_;
    BytesView code_;
    const Rules& rules_;
    const OpcodeTable& opcodes_;
    const HandlerTable& handlers_;
    const bool traced_;
    Instruction* const begin_;
    Instruction* out_;
    std::array<StaticJump, usual_words> jumps_;
    size_t jump_count_ = 0;
    std::array<Destination, usual_words> destinations_;  ///< in the order of their heads
    size_t destination_count_ = 0;
    size_t led_to_ = none;   ///< where the jump goes that ended the last block
    bool leads_on_ = false;  ///< and the present block goes on to it
    static constexpr size_t none = ~size_t{0};

    // The present block.
    bool open_ = false;
    bool empty_ = true;
    uint32_t head_ = 0;
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
