#pragma once

#include "weft/evm/interpreter.hpp"

/// Floating words: what a frame has computed from a slot whose value before the run may still change
/// (SlotEntry::interval), being that value and a constant. Internal to this room.
///
/// A floating word lies on the stack as the number that it is by the slot's present base; the frame only
/// notes that it floats, and by which slot. So every instruction executes as always; those of a program's
/// symbolic form look first whether an operand floats. To add a constant keeps the note; a comparison narrows
/// the slot's interval to the bases that give the same answer; what can't be said so makes the base an exact
/// read. A frame runs the symbolic form from the first SLOAD that gives a floating word until there is none
/// left.
namespace weft::evm {

/// Words above this height don't float.
constexpr size_t most_floating_height = 63;

[[nodiscard]] inline size_t height_of(const Frame* f, const uint256* word) noexcept {
    return static_cast<size_t>(word - f->stack_base);
}
/// Whether one of the `count` words from sp downward floats. Nothing above sp ever does.
[[nodiscard]] inline bool any_floats(const Frame* f, const uint256* sp, size_t count) noexcept {
    const size_t lowest = height_of(f, sp) + 1 - count;
    return lowest <= most_floating_height && (f->floating >> lowest) != 0;
}
/// The slot that the word floats by; nullptr: its number is fixed.
[[nodiscard]] inline SlotEntry* float_slot(const Frame* f, const uint256* word) noexcept {
    const size_t height = height_of(f, word);
    if (height > most_floating_height || (f->floating >> height & 1) == 0) return nullptr;
    SlotEntry* const slot = f->core->float_slots.data()[f->depth][height];
    return slot->interval != nullptr ? slot : nullptr;
}
/// The word floats by this slot from now on; nullptr: by none.
inline void set_float_slot(Frame* f, const uint256* word, SlotEntry* slot) noexcept {
    const size_t height = height_of(f, word);
    if (height > most_floating_height) {
        if (slot != nullptr) Journal::observe(*slot);
        return;
    }
    const uint64_t bit = uint64_t{1} << height;
    if (slot == nullptr) {
        f->floating &= ~bit;
        return;
    }
    f->floating |= bit;
    f->core->float_slots.data()[f->depth][height] = slot;
}
/// The `count` words from sp downward no longer float. Nothing above sp ever does.
inline void fix(Frame* f, const uint256* sp, size_t count) noexcept {
    const size_t lowest = height_of(f, sp) + 1 - count;
    if (lowest <= most_floating_height) f->floating &= (uint64_t{1} << lowest) - 1;
}

/// ip in the program's symbolic form; no word floats yet.
[[nodiscard]] const Instruction* enter_symbolic(Frame* f, const Instruction* ip) noexcept;
/// ip, of the symbolic form, in the plain one where no word floats any more.
[[nodiscard]] inline const Instruction* leave_if_fixed(const Frame* f, const Instruction* ip) noexcept {
    return f->floating == 0 ? Program::plain(ip) : ip;
}

/// A number that may float.
struct Term {
    const uint256& value;
    SlotEntry* slot = nullptr;  ///< nullptr: it doesn't
};
// Each narrows the intervals to the bases for which the question has the answer that it has now.
void decide_zero(const Term& a) noexcept;
void decide_less(const Term& a, const Term& b) noexcept;
void decide_equal(const Term& a, const Term& b) noexcept;

}  // namespace weft::evm
