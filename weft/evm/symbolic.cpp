#include "weft/evm/symbolic.hpp"

namespace weft::evm {

const Instruction* enter_symbolic(Frame* f, const Instruction* ip) noexcept {
    f->floating = 0;
    return f->program->symbolic(ip);
}

void decide_zero(const Term& a) noexcept {
    if (a.slot == nullptr) return;
    if (a.value.is_zero())
        Journal::observe(*a.slot);
    else
        Journal::keep_within(*a.slot, a.value - 1, ~a.value);
}

void decide_less(const Term& a, const Term& b) noexcept {
    const bool is_less = a.value < b.value;
    const Term& low = is_less ? a : b;
    const Term& high = is_less ? b : a;
    if (a.slot == b.slot) {
        // Their distance stays, as long as neither wraps.
        if (a.slot != nullptr) Journal::keep_within(*a.slot, low.value, ~high.value);
    } else if (a.slot != nullptr && b.slot != nullptr) {
        Journal::observe(*a.slot);
        Journal::observe(*b.slot);
    } else {
        // How far either may go towards the other.
        const uint256 room = high.value - low.value - (is_less ? 1 : 0);
        if (low.slot != nullptr)
            Journal::keep_within(*low.slot, low.value, room);
        else
            Journal::keep_within(*high.slot, room, ~high.value);
    }
}

void decide_equal(const Term& a, const Term& b) noexcept {
    if (a.slot == b.slot) return;  // neither floats, or both do at one distance
    if ((a.slot != nullptr && b.slot != nullptr) || a.value == b.value) {
        for (SlotEntry* const slot : {a.slot, b.slot})
            if (slot != nullptr) Journal::observe(*slot);
        return;
    }
    // The one that is less stays so.
    if (a.value < b.value)
        decide_less(a, b);
    else
        decide_less(b, a);
}

}  // namespace weft::evm
