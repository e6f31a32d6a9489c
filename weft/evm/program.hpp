#pragma once

#include <memory>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/primitives/revision.hpp"
#include "weft/state/code.hpp"

namespace weft::evm {

/// One translated instruction: where its handler lies, relative to handler_base(), and what it needs to know.
struct Instruction {
    int32_t handler;
    uint32_t immediate;
};
static_assert(sizeof(Instruction) == 8);

/// The second word of a gas-block's head; the first holds the block's static gas as its immediate.
struct BlockShape {
    static constexpr uint16_t impossible = 0xffff;  ///< `needed` of a block that overflows any stack

    uint16_t needed;  ///< bytes of stack words that must be there when the block begins
    uint16_t range;   ///< (stack limit - growth) - needed, in bytes of stack words
    uint32_t pc;      ///< of the block's first opcode
};
static_assert(sizeof(BlockShape) == sizeof(Instruction));

/// Bytecode translated for the interpreter, for one revision.
///
/// The code is cut into gas-blocks. Each begins with a head of two words (gas, stack shape); its whole static
/// gas is charged and its stack use checked there, once. A block ends before each JUMPDEST and after each
/// opcode that jumps, ends the frame, touches state outside the frame (storage, accounts, block hashes,
/// calls, creations) or observes gas (GAS, CALL*, CREATE*, SSTORE). So:
///   - such an opcode, being the last of its block, finds the gas exactly as if every opcode were charged by
///   itself;
///   - all others change nothing but the frame's own stack, memory, logs and transient storage, which a
///   failure undoes.
///     That a block fails at its head, before those of its opcodes that could have been paid for, can't be
///     observed;
///   - an opcode never sees a state access hidden by an early failure, nor makes one that should not happen,
///   because nothing
///     but the block's last opcode makes any.
/// A traced program has one block for each opcode.
class Program final : public state::CodeAnalysis {
public:
    /// The code may end anywhere, also within a PUSH's data; opcodes that the revision lacks become invalid
    /// instructions.
    [[nodiscard]] static std::unique_ptr<Program> translate(BytesView code, Revision revision, bool traced);
    /// The same of init code, which mostly ends with the code that it installs, and never runs that: the
    /// translation ends (is_partial()) where no instruction leads on and no jump to a constant leads further.
    [[nodiscard]] static std::unique_ptr<Program> translate_init(BytesView code, Revision revision,
                                                                 bool traced);

    /// The translation of `code`, made on first use and kept with it.
    [[nodiscard]] static const Program& of(const state::Code& code, Revision revision, bool traced) {
        const size_t slot = 2 * static_cast<size_t>(revision) + (traced ? 1 : 0);
        if (const auto* found = code.analysis(slot)) [[likely]]
            return static_cast<const Program&>(*found);
        return static_cast<const Program&>(
            *code.publish_analysis(slot, translate(code.bytes(), revision, traced)));
    }

    [[nodiscard]] const Instruction* entry() const noexcept { return instructions_.data(); }
    /// Code follows that is not translated: jump_target() finds no JUMPDEST there.
    [[nodiscard]] bool is_partial() const noexcept { return is_partial_; }
    /// Where a jump to `pc` goes; nullptr if there is no JUMPDEST (section 9.4.3).
    [[nodiscard]] const Instruction* jump_target(uint64_t pc) const noexcept {
        if (pc >= code_size_) return nullptr;
        const DestinationWord& word = destinations_[pc / 64];
        const uint64_t bit = uint64_t{1} << (pc % 64);
        if ((word.bits & bit) == 0) return nullptr;
        return instructions_.data() +
               targets_[word.before + static_cast<uint32_t>(__builtin_popcountll(word.bits & (bit - 1)))];
    }
    /// For tests: the number of words.
    [[nodiscard]] size_t size() const noexcept { return instructions_.size(); }

private:
    friend class Translator;
    /// Which of 64 bytes of code are JUMPDESTs, and how many come before.
    struct DestinationWord {
        uint64_t bits = 0;
        uint64_t before = 0;
    };
    uint64_t code_size_ = 0;
    bool is_partial_ = false;
    std::vector<Instruction> instructions_;
    std::vector<DestinationWord> destinations_;
    std::vector<uint32_t> targets_;  ///< instruction indices of the JUMPDESTs, ascending by pc
};

}  // namespace weft::evm
