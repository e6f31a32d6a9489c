#pragma once

#include <atomic>

#include "weft/base/bytes.hpp"
#include "weft/evm/result.hpp"
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

/// Bytecode translated for the interpreter, for one revision, as far as execution has led.
///
/// It grows by stretches: what follows the code's beginning, or a place that is jumped to and not translated
/// yet, up to where nothing leads on. A jump to a constant goes to a stub until it is first made; then the
/// stub translates the destination and the jump is made to go there. What stands never moves nor changes
/// otherwise, so that any number of threads run it while one of them, under the arena's lock, makes it grow.
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
    /// Translates the beginning of `code`, which must stay as long as the program; it may end anywhere, also
    /// within a PUSH's data. Opcodes that the revision lacks become invalid instructions. nullptr: the
    /// arena's space is used up. Precondition: the arena is locked, or nobody else's.
    [[nodiscard]] static Program* make(BytesView code, Revision revision, bool traced,
                                       state::CodeArena& arena) noexcept;
    /// The translation of `code`, made on first use and kept with it. nullptr as above.
    [[nodiscard]] static Program* of(const state::Code& code, Revision revision, bool traced) noexcept {
        const unsigned kind = kind_of(revision, traced);
        if (auto* const found = code.analysis(kind)) [[likely]]
            return static_cast<Program*>(found);
        return make_for(code, revision, traced);
    }

    [[nodiscard]] const Instruction* entry() const noexcept { return entry_; }
    /// Where a jump to `pc` goes; nullptr if no JUMPDEST is translated there.
    [[nodiscard]] const Instruction* jump_target(uint64_t pc) const noexcept {
        const Table* const table = table_.load(std::memory_order_acquire);
        for (size_t i = table->place_of(static_cast<uint32_t>(pc));; ++i) {
            const uint64_t cell = table->cells()[i & table->mask].load(std::memory_order_acquire);
            if (cell >> 32 == pc && cell != 0) [[likely]]
                return table->at(cell);
            if (cell == 0) return nullptr;
        }
    }

    // What follows translates where that is needed. nullptr: `why` says the reason, a bad jump destination
    // (section 9.4.3) or that there is no memory. Safe to call by many threads.

    /// Where a jump to `pc` goes.
    [[nodiscard]] const Instruction* reach(uint64_t pc, Status& why) noexcept;
    /// What an X_GROW or X_CONTINUE leads to, in any program of the code.
    struct Way {
        uint64_t pc = 0;
        bool in_sequence = false;  ///< what follows, which needs no JUMPDEST
        bool is_symbolic = false;
    };
    /// Where the jump goes whose stub (X_GROW) this is, or the code after an X_CONTINUE. The jump goes there
    /// from now on. `way`: what was looked for, where it isn't found.
    [[nodiscard]] const Instruction* follow(const Instruction* ip, Status& why, Way& way) noexcept;
    /// Where another program's way goes in this one.
    [[nodiscard]] const Instruction* enter(const Way& way, Status& why) noexcept;
    /// All that can ever be jumped to. False: no memory.
    bool complete() noexcept;

    /// The same place of the same code with handlers that know floating words (symbolic.hpp); those
    /// instructions are made on first use. Precondition: not traced.
    [[nodiscard]] const Instruction* symbolic(const Instruction* plain) noexcept;
    /// The reverse.
    [[nodiscard]] static const Instruction* plain(const Instruction* symbolic) noexcept {
        return symbolic - twin_distance;
    }
    [[nodiscard]] static bool is_symbolic(const Instruction* ip) noexcept {
        return state::CodeSpace::is_twin(ip);
    }

    /// For tests: the number of words in all stretches.
    [[nodiscard]] size_t size() const noexcept;

private:
    friend class Translator;
    static constexpr ptrdiff_t twin_distance = state::CodeSpace::twin_distance / sizeof(Instruction);

    /// Where the JUMPDESTs' heads lie: open addressing by pc, at most half full. A cell holds the pc and the
    /// head's distance from the table in words; 0: free.
    struct Table {
        uint32_t mask;
        uint32_t shift;
        [[nodiscard]] size_t place_of(uint32_t pc) const noexcept { return pc * 0x9e3779b1u >> shift; }
        [[nodiscard]] std::atomic<uint64_t>* cells() const noexcept {
            return reinterpret_cast<std::atomic<uint64_t>*>(const_cast<Table*>(this) + 1);
        }
        [[nodiscard]] const Instruction* at(uint64_t cell) const noexcept {
            return reinterpret_cast<const Instruction*>(this) + static_cast<int32_t>(cell);
        }
    };
    /// What lies before the words of each stretch.
    struct Stretch {
        const Stretch* before;
        size_t words;
        [[nodiscard]] Instruction* begin() const noexcept {
            return reinterpret_cast<Instruction*>(const_cast<Stretch*>(this) + 1);
        }
    };

    Program(BytesView code, Revision revision, bool traced, state::CodeArena& arena) noexcept;
    [[nodiscard]] static unsigned kind_of(Revision revision, bool traced) noexcept {
        return 2 * static_cast<unsigned>(revision) + (traced ? 1 : 0);
    }
    [[nodiscard]] static Program* make_for(const state::Code& code, Revision revision, bool traced) noexcept;

    // Under the arena's lock.
    const Instruction* find_or_translate(uint64_t pc, Status& why) noexcept;
    const Instruction* translate(size_t pc) noexcept;
    const Instruction* go(const Way& way, Status& why) noexcept;
    /// Also while a stretch is being written. Precondition: the arena has room for destination_bytes(), or
    /// this was asked before.
    [[nodiscard]] bool is_destination(uint64_t pc) noexcept;
    [[nodiscard]] size_t destination_bytes() const noexcept {
        return (code_.size() / 64 + 1) * sizeof(uint64_t);
    }
    bool add_destination(uint32_t pc, const Instruction* head) noexcept;
    static bool put(Table& table, uint64_t pc, const Instruction* head, bool anywhere) noexcept;
    bool enlarge_table(uint32_t pc, const Instruction* head) noexcept;
    void lead(const Instruction* jump, const Instruction* target) noexcept;
    void mirror(const Stretch& stretch) noexcept;

    std::atomic<const Table*> table_;
    const Instruction* entry_ = nullptr;
    BytesView code_;
    state::CodeArena& arena_;
    const Stretch* last_ = nullptr;
    uint64_t* destinations_ = nullptr;  ///< a bit for each byte of code below scanned_: a JUMPDEST
    size_t scanned_ = 0;                ///< where an opcode begins
    uint32_t destination_count_ = 0;
    const Revision revision_;
    const bool traced_;
    std::atomic<bool> has_twin_{false};
};

}  // namespace weft::evm
