#pragma once

#include <atomic>
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
        if (pc >= translated_) return nullptr;
        const uint32_t* const cells = cells_.data() + (pc >> shift_);
        for (size_t i = 0; i < most_probes && cells[i] != 0; ++i) {
            const Instruction* const head = instructions_.data() + (cells[i] - 1);
            BlockShape shape;
            std::memcpy(&shape, head + 1, sizeof shape);
            if (shape.pc == pc) [[likely]]
                return head;
        }
        return nullptr;
    }
    /// The same code with handlers that know floating words (symbolic.hpp), each at the place of the plain
    /// one; made on first use. `code` and `revision` are those that this program was translated from.
    /// Precondition: neither traced nor partial.
    [[nodiscard]] const Program& symbolic(BytesView code, Revision revision) const;
    /// Of a symbolic program: the plain one. nullptr: this is none.
    [[nodiscard]] const Program* plain() const noexcept { return plain_; }
    Program() = default;
    ~Program() override;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// For tests: the number of words.
    [[nodiscard]] size_t size() const noexcept { return instructions_.size(); }

private:
    friend class Translator;
    /// A JUMPDEST's cell is among so many from pc >> shift_ on.
    static constexpr size_t most_probes = 4;

    uint64_t translated_ = 0;  ///< bytes of the code
    bool is_partial_ = false;
    unsigned shift_ = 0;
    std::vector<Instruction> instructions_;
    /// Where the JUMPDESTs' heads lie, which say whose they are: an instruction's index and 1; 0: none.
    std::vector<uint32_t> cells_;
    const Program* plain_ = nullptr;
    mutable std::atomic<const Program*> symbolic_{nullptr};
};

}  // namespace weft::evm
