#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "weft/primitives/revision.hpp"

namespace weft::evm {

/// Gas is signed inside the interpreter: a charge is a subtraction and a look at the sign.
using Gas = int64_t;

namespace gas {
inline constexpr Gas keccak_word = 6;
inline constexpr Gas copy_word = 3;
inline constexpr Gas log_byte = 8;
inline constexpr Gas call_value = 9000;
inline constexpr Gas call_stipend = 2300;
inline constexpr Gas new_account = 25000;
inline constexpr Gas code_deposit_byte = 200;
inline constexpr Gas init_code_word = 2;         ///< EIP-3860
inline constexpr Gas warm_access = 100;          ///< EIP-2929
inline constexpr Gas cold_account_extra = 2500;  ///< EIP-2929: on top of the warm price
inline constexpr Gas cold_account = 2600;
inline constexpr Gas cold_slot_extra = 2000;
inline constexpr Gas cold_slot = 2100;
inline constexpr Gas selfdestruct_refund = 24000;  ///< until EIP-3529
inline constexpr Gas sstore_sentry = 2300;         ///< EIP-2200
/// Of what a call asks for beyond what there is (before EIP-150), what counts as wanting.
inline constexpr uint64_t most_counted = uint64_t{1} << 62;
}  // namespace gas

inline constexpr uint64_t max_code_size = 0x6000;           ///< EIP-170
inline constexpr uint64_t max_init_code_size = 2 * 0x6000;  ///< EIP-3860
inline constexpr uint32_t max_call_depth = 1024;

/// The cost and the refunds of SSTORE with net metering (EIP-1283, 2200, 2929, 3529).
struct StorageCosts {
    Gas no_change;      ///< the value stays, or the slot is dirty already
    Gas set;            ///< zero becomes something, for the first time
    Gas reset;          ///< something becomes something else, for the first time
    Gas clear_refund;   ///< something becomes zero
    Gas restore_empty;  ///< refund: an original zero is restored
    Gas restore;        ///< refund: another original value is restored
};

/// What a revision changes about the cold opcodes, looked up at run time; the hot opcodes are told by the
/// translation.
struct Rules {
    Revision revision = Revision::frontier;
    bool eip2 = false;     ///< creation fails where its code can't be paid for
    bool eip150 = false;   ///< all but one 64th of the gas
    bool eip158 = false;   ///< empty accounts disappear; nonce 1; code size limit
    bool eip1283 = false;  ///< net metering, Constantinople only
    bool eip2200 = false;
    bool eip2929 = false;
    bool eip3529 = false;
    bool eip3541 = false;
    bool eip3860 = false;
    bool eip6780 = false;
    bool eip7702 = false;
    Gas exp_byte = 10;
    StorageCosts storage{};
};

[[nodiscard]] constexpr Rules make_rules(Revision revision) noexcept {
    using enum Revision;
    Rules rules;
    rules.revision = revision;
    rules.eip2 = revision >= homestead;
    rules.eip150 = revision >= tangerine_whistle;
    rules.eip158 = revision >= spurious_dragon;
    rules.eip1283 = revision == constantinople;
    rules.eip2200 = revision >= istanbul;
    rules.eip2929 = revision >= berlin;
    rules.eip3529 = revision >= london;
    rules.eip3541 = revision >= london;
    rules.eip3860 = revision >= shanghai;
    rules.eip6780 = revision >= cancun;
    rules.eip7702 = revision >= prague;
    rules.exp_byte = revision >= spurious_dragon ? 50 : 10;  // EIP-160
    if (rules.eip3529)
        rules.storage = {100, 20000, 2900, 4800, 19900, 2800};
    else if (rules.eip2929)
        rules.storage = {100, 20000, 2900, 15000, 19900, 2800};
    else if (rules.eip2200)
        rules.storage = {800, 20000, 5000, 15000, 19200, 4200};
    else
        rules.storage = {200, 20000, 5000, 15000, 19800, 4800};
    return rules;
}

inline constexpr auto all_rules = [] {
    std::array<Rules, static_cast<size_t>(primitives::newest_revision) + 1> out{};
    for (size_t i = 0; i < out.size(); ++i) out[i] = make_rules(static_cast<Revision>(i));
    return out;
}();

[[nodiscard]] inline const Rules& rules_of(Revision revision) noexcept {
    return all_rules[static_cast<size_t>(revision)];
}

/// The number of 32-byte words that hold `bytes`.
[[nodiscard]] constexpr uint64_t word_count(uint64_t bytes) noexcept { return (bytes + 31) / 32; }

}  // namespace weft::evm
