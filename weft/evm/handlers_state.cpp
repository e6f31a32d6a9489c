// What touches state outside the frame: storage, transient storage, other accounts, block hashes, and
// SELFDESTRUCT. Each but TLOAD and TSTORE ends its gas-block, so the gas it sees is exact; the charge comes
// before the access.
#include "weft/evm/storage_charge.hpp"
#include "weft/evm/symbolic.hpp"
#include "weft/evm/trace.hpp"

namespace weft::evm {
namespace {

using base::copy_limbs;

WEFT_HANDLER void fail_state(WEFT_STATE) { WEFT_TAIL fail_with<Status::state_error>(ip, sp, gas, f); }
WEFT_HANDLER void fail_gas(WEFT_STATE) { WEFT_TAIL fail_with<Status::out_of_gas>(ip, sp, gas, f); }
WEFT_HANDLER void fail_static(WEFT_STATE) {
    WEFT_TAIL fail_with<Status::static_state_change>(ip, sp, gas, f);
}

/// The slot's place, warmed and charged for (EIP-2929); the static gas held the warm price.
[[gnu::always_inline]] inline SlotEntry& place_of(Core& core, Frame* f, const uint256& key, Gas& gas,
                                                  Gas cold_price) noexcept {
    SlotEntry& place = core.journal.entry_of(*f->account, key);
    if (core.rules->eip2929 && core.journal.warm(place)) gas -= cold_price;
    return place;
}

/// SLOAD of a slot with an interval, charged for and loaded.
[[gnu::cold, gnu::noinline]] WEFT_HANDLER void load_symbolic(WEFT_STATE) {
    SlotEntry& slot = f->core->journal.entry_of(*f->account, sp[0]);
    copy_limbs(sp[0], slot.now);
    if (height_of(f, sp) > most_floating_height) {
        Journal::observe(slot);
    } else if (Journal::floats(slot)) {
        if (!Program::is_symbolic(ip)) ip = enter_symbolic(f, ip);
        set_float_slot(f, sp, &slot);
    }
    WEFT_TAIL pass_head(ip + 1, sp, gas, f);
}

template <bool traced>
WEFT_HANDLER void sload(WEFT_STATE) {
    Core& core = *f->core;
    SlotEntry& place = place_of(core, f, sp[0], gas, gas::cold_slot_extra);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    if (core.stopped()) [[unlikely]] {
        WEFT_TAIL fail_with<Status::aborted>(ip, sp, gas, f);
    }
    SlotEntry* const slot = core.journal.loaded(place);
    if (slot == nullptr) [[unlikely]] {
        WEFT_TAIL fail_state(ip, sp, gas, f);
    }
    if (slot->interval != nullptr) [[unlikely]] {
        if constexpr (traced)
            Journal::observe(*slot);
        else
            WEFT_TAIL load_symbolic(ip, sp, gas, f);
    }
    if constexpr (traced) core.inspector->storage_read(f->account->address, slot->key, slot->now);
    copy_limbs(sp[0], slot->now);
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}

/// SSTORE to a slot with an interval, the cold access charged for: what storage_charge() asks is asked of
/// numbers that may float.
[[gnu::cold, gnu::noinline]] WEFT_HANDLER void store_symbolic(WEFT_STATE) {
    Journal& journal = f->core->journal;
    SlotEntry& slot = journal.entry_of(*f->account, sp[0]);
    const bool in_symbolic = Program::is_symbolic(ip);
    const Term value{sp[-1], in_symbolic ? float_slot(f, sp - 1) : nullptr};
    const Term now{slot.now, slot.interval->now_floats ? &slot : nullptr};
    const Term original{slot.original, slot.interval->original_floats ? &slot : nullptr};
    decide_zero(value);
    decide_zero(now);
    decide_equal(now, value);
    // Mostly it is the transaction's first SSTORE there.
    if (original.slot != now.slot || original.value != now.value) {
        decide_zero(original);
        decide_equal(now, original);
        decide_equal(original, value);
    }
    const StorageCharge charge = storage_charge(*f->core->rules, slot.original, slot.now, sp[-1]);
    if (charge.refund != 0) journal.add_refund(charge.refund);
    gas -= charge.gas;
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    if (slot.now != sp[-1]) {
        if (slot.interval != nullptr)
            journal.set(slot, sp[-1], value.slot != nullptr);
        else
            journal.set(slot, sp[-1]);
    }
    if (in_symbolic) {
        fix(f, sp, 2);
        ip = leave_if_fixed(f, ip);
    }
    WEFT_TAIL pass_head(ip + 1, sp - 2, gas, f);
}

template <bool traced>
WEFT_HANDLER void sstore(WEFT_STATE) {
    Core& core = *f->core;
    if (f->is_static) [[unlikely]] {
        WEFT_TAIL fail_static(ip, sp, gas, f);
    }
    if (core.rules->eip2200 && gas <= gas::sstore_sentry) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    SlotEntry& place = place_of(core, f, sp[0], gas, gas::cold_slot);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    if (core.stopped()) [[unlikely]] {
        WEFT_TAIL fail_with<Status::aborted>(ip, sp, gas, f);
    }
    SlotEntry* const slot = core.journal.loaded(place);
    if (slot == nullptr) [[unlikely]] {
        WEFT_TAIL fail_state(ip, sp, gas, f);
    }
    if (slot->interval != nullptr) [[unlikely]] {
        if constexpr (traced)
            Journal::observe(*slot);
        else
            WEFT_TAIL store_symbolic(ip, sp, gas, f);
    }
    const StorageCharge charge = storage_charge(*core.rules, slot->original, slot->now, sp[-1]);
    // What a failing frame has added is taken back with the rest; a tracer sees it, as geth's does.
    if (charge.refund != 0) core.journal.add_refund(charge.refund);
    gas -= charge.gas;
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    if constexpr (traced) core.inspector->storage_written(f->account->address, slot->key, slot->now, sp[-1]);
    if (slot->now != sp[-1]) core.journal.set(*slot, sp[-1]);
    WEFT_TAIL enter_block<traced>(ip + 1, sp - 2, gas, f);
}

/// EIP-1153.
WEFT_HANDLER void tload(WEFT_STATE) {
    sp[0] = f->core->journal.transient(*f->account, sp[0]);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void tstore(WEFT_STATE) {
    if (f->is_static) [[unlikely]] {
        WEFT_TAIL fail_static(ip, sp, gas, f);
    }
    f->core->journal.set_transient(*f->account, sp[0], sp[-1]);
    WEFT_TAIL next(ip + 1, sp - 2, gas, f);
}

/// The account of a word, warmed, charged for and loaded. nullptr: f->status says why.
template <bool traced>
inline AccountEntry* account_of(Frame* f, const uint256& word, Gas& gas) noexcept {
    Core& core = *f->core;
    const Address address = address_of(word);
    AccountEntry& place = core.journal.entry_of(address);
    if (core.rules->eip2929 && core.journal.warm(place)) {
        gas -= gas::cold_account_extra;
        if (gas < 0) [[unlikely]] {
            f->status = Status::out_of_gas;
            return nullptr;
        }
    }
    AccountEntry* const account = core.journal.loaded(place);
    if (account == nullptr) [[unlikely]]
        f->status = Status::state_error;
    else if constexpr (traced)
        core.inspector->account_read(address);
    return account;
}

template <bool traced>
WEFT_HANDLER void balance(WEFT_STATE) {
    AccountEntry* const account = account_of<traced>(f, sp[0], gas);
    if (account == nullptr) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    sp[0] = f->core->journal.balance(*account);
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}
template <bool traced>
WEFT_HANDLER void self_balance(WEFT_STATE) {
    sp[1] = f->core->journal.balance(*f->account);
    WEFT_TAIL enter_block<traced>(ip + 1, sp + 1, gas, f);
}
template <bool traced>
WEFT_HANDLER void external_code_size(WEFT_STATE) {
    AccountEntry* const account = account_of<traced>(f, sp[0], gas);
    if (account == nullptr) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    const state::Code* const code = f->core->journal.code(*account);
    if (code == nullptr) [[unlikely]] {
        WEFT_TAIL fail_state(ip, sp, gas, f);
    }
    store_small(sp, code->size());
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}
template <bool traced>
WEFT_HANDLER void external_code_hash(WEFT_STATE) {
    AccountEntry* const account = account_of<traced>(f, sp[0], gas);
    if (account == nullptr) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    Journal& journal = f->core->journal;
    sp[0] =
        journal.is_empty(*account) ? uint256{} : base::to_uint256(journal.code_hash(*account));  // EIP-1052
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}
template <bool traced>
WEFT_HANDLER void external_code_copy(WEFT_STATE) {
    const uint256& size = sp[-3];
    gas = reach(f, sp[-1], size, gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    gas -= gas::copy_word * static_cast<Gas>(word_count(size.limb[0]));
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_gas(ip, sp, gas, f);
    }
    AccountEntry* const account = account_of<traced>(f, sp[0], gas);
    if (account == nullptr) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    const state::Code* const code = f->core->journal.code(*account);
    if (code == nullptr) [[unlikely]] {
        WEFT_TAIL fail_state(ip, sp, gas, f);
    }
    copy_to_memory(f, sp[-1], code->bytes(), sp[-2], size);
    WEFT_TAIL enter_block<traced>(ip + 1, sp - 4, gas, f);
}

/// BLOCKHASH of an ancestor that no one has asked for in this block.
template <bool traced>
[[gnu::noinline]] WEFT_HANDLER void find_block_hash(WEFT_STATE) {
    const uint64_t number = sp[0].limb[0];
    const std::optional<Hash> found = f->core->journal.block_hash(number);
    if (!found) [[unlikely]] {
        WEFT_TAIL fail_state(ip, sp, gas, f);
    }
    f->core->ancestors.add(number, *found);
    copy_limbs(sp[0], *f->core->ancestors.find(number));
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}

/// The last 256 blocks' hashes; zero for all others.
template <bool traced>
WEFT_HANDLER void block_hash(WEFT_STATE) {
    const uint64_t current = f->core->block.number, number = sp[0].saturate();
    if (number < current && current - number <= AncestorHashes::count) {
        const uint256* const known = f->core->ancestors.find(number);
        if (known == nullptr) [[unlikely]] {
            WEFT_TAIL find_block_hash<traced>(ip, sp, gas, f);
        }
        copy_limbs(sp[0], *known);
    } else {
        sp[0] = {};
    }
    WEFT_TAIL enter_block<traced>(ip + 1, sp, gas, f);
}

template <bool traced>
void add_told(HandlerTable& table) {
    table[OP_SLOAD] = sload<traced>;
    table[OP_SSTORE] = sstore<traced>;
    table[OP_BALANCE] = balance<traced>;
    table[OP_SELFBALANCE] = self_balance<traced>;
    table[OP_EXTCODESIZE] = external_code_size<traced>;
    table[OP_EXTCODEHASH] = external_code_hash<traced>;
    table[OP_EXTCODECOPY] = external_code_copy<traced>;
    table[OP_BLOCKHASH] = block_hash<traced>;
}

}  // namespace

void add_state_handlers(HandlerTable& table, bool traced) {
    traced ? add_told<true>(table) : add_told<false>(table);
    table[OP_TLOAD] = tload;
    table[OP_TSTORE] = tstore;
}

}  // namespace weft::evm
