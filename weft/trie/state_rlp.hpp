#pragma once

#include <bit>

#include "weft/base/uint256.hpp"
#include "weft/state/account.hpp"
#include "weft/trie/forest.hpp"
#include "weft/trie/node.hpp"

namespace weft::trie {

/// Writes a number as RLP; returns the end, at most 33 bytes on. All 33 may be written to.
inline uint8_t* put_number(uint8_t* out, const uint256& number) noexcept {
    unsigned top = 3;
    while (top > 0 && number.limb[top] == 0) --top;
    const size_t size = 8 * top + (static_cast<size_t>(std::bit_width(number.limb[top])) + 7) / 8;
    if (size == 1 && number.limb[0] < 0x80) {
        *out = static_cast<uint8_t>(number.limb[0]);
        return out + 1;
    }
    *out = static_cast<uint8_t>(0x80 + size);
    // Its bytes first, then zeros: shifted, for to read back what was just written in smaller pieces waits.
    base::store_be(out + 1, number << (256 - 8 * size));
    return out + 1 + size;
}

/// Room for an account as the state trie holds it, with what is written beyond its end.
inline constexpr size_t account_room = 112;

/// Writes an account as the state trie holds it (yellow paper, section 4.1), with an empty storage; returns
/// its size. out: account_room bytes.
inline size_t put_account(uint8_t* out, const state::Account& account) noexcept {
    // The two hashes alone make it longer than 55 bytes, and 108 are the most.
    uint8_t* end = put_number(out + 2, uint256{account.nonce});
    end = put_number(end, account.balance);
    end = put_string(end, empty_root.view());
    end = put_string(end, account.code_hash.view());
    out[0] = 0xf8;
    out[1] = static_cast<uint8_t>(end - out - 2);
    return static_cast<size_t>(end - out);
}

}  // namespace weft::trie
