#include "weft/evm/symbolic.hpp"

namespace weft::evm {

SlotEntry* float_slot(const Frame* f, const uint256* word) noexcept {
    const size_t height = height_of(f, word);
    if (height > most_floating_height || (f->floating >> height & 1) == 0) return nullptr;
    SlotEntry* const slot = f->core->float_slots.data()[f->depth][height];
    return slot->interval != nullptr ? slot : nullptr;
}

void set_float_slot(Frame* f, const uint256* word, SlotEntry* slot) noexcept {
    const size_t height = height_of(f, word);
    if (height > most_floating_height) {
        if (slot != nullptr) Journal::observe(*slot);
        return;
    }
    const uint64_t bit = uint64_t{1} << height;
    f->floating = slot != nullptr ? f->floating | bit : f->floating & ~bit;
    f->core->float_slots.data()[f->depth][height] = slot;
}

void fix(Frame* f, const uint256* sp, size_t count) noexcept {
    for (size_t i = 0; i < count; ++i) set_float_slot(f, sp - i, nullptr);
}

const Instruction* enter_symbolic(Frame* f, const Instruction* ip) noexcept {
    f->floating = 0;
    return f->program->symbolic(ip);
}

void decide_zero(const Term& a) noexcept { decide_equal(a, {uint256{}}); }

void decide_less(const Term& a, const Term& b) noexcept {
    const bool is_less = a.value < b.value;
    if (a.slot != nullptr && a.slot == b.slot) {
        // Their distance stays, as long as neither wraps.
        const uint256& low = is_less ? a.value : b.value;
        const uint256& high = is_less ? b.value : a.value;
        Journal::keep_within(*a.slot, a.value, a.value - low, a.value + (uint256::max() - high));
    } else if (a.slot != nullptr && b.slot != nullptr) {
        Journal::observe(*a.slot);
        Journal::observe(*b.slot);
    } else if (a.slot != nullptr) {
        const uint256 last_less = b.value - 1;
        Journal::keep_within(*a.slot, a.value, is_less ? uint256{} : b.value,
                             is_less ? last_less : uint256::max());
    } else if (b.slot != nullptr) {
        const uint256 first_greater = a.value + 1;
        Journal::keep_within(*b.slot, b.value, is_less ? first_greater : uint256{},
                             is_less ? uint256::max() : a.value);
    }
}

void decide_equal(const Term& a, const Term& b) noexcept {
    if (a.slot == b.slot) return;  // neither floats, or both do at one distance
    if ((a.slot != nullptr && b.slot != nullptr) || a.value == b.value) {
        for (SlotEntry* const slot : {a.slot, b.slot})
            if (slot != nullptr) Journal::observe(*slot);
        return;
    }
    decide_less(a, b);
    decide_less(b, a);
}

}  // namespace weft::evm
