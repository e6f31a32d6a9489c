#pragma once

#include <cstdint>
#include <vector>

#include "weft/base/bytes.hpp"
#include "weft/base/inline_vector.hpp"
#include "weft/base/uint256.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::primitives {

/// A step of a block as EIP-7928 counts them: 0 is what comes before the first transaction, 1 to n are the
/// transactions, n + 1 is what comes after the last.
using BlockAccessIndex = uint32_t;

/// EIP-7928's changes: the value after the step `index`.
struct SlotChange {
    uint256 slot;
    BlockAccessIndex index = 0;
    uint256 value;
    friend bool operator==(const SlotChange&, const SlotChange&) = default;
};
struct BalanceChange {
    BlockAccessIndex index = 0;
    uint256 balance;
    friend bool operator==(const BalanceChange&, const BalanceChange&) = default;
};
struct NonceChange {
    BlockAccessIndex index = 0;
    uint64_t nonce = 0;
    friend bool operator==(const NonceChange&, const NonceChange&) = default;
};
struct CodeChange {
    BlockAccessIndex index = 0;
    Bytes code;
    friend bool operator==(const CodeChange&, const CodeChange&) = default;
};

/// An account that a block accesses: what changes there, and the slots that are read and never changed.
struct AccountChanges {
    Address address;
    std::vector<SlotChange> storage_changes;            ///< by slot, then by index, ascending; no pair twice
    std::vector<uint256> storage_reads;                 ///< ascending; none that is in storage_changes
    base::InlineVector<BalanceChange> balance_changes;  ///< by index, ascending, as the two that follow
    base::InlineVector<NonceChange> nonce_changes;
    std::vector<CodeChange> code_changes;
    friend bool operator==(const AccountChanges&, const AccountChanges&) = default;
};

/// EIP-7928: every account and slot that a block accesses, with what became of it. Ascending by address, each
/// address once; so a block has exactly one.
using BlockAccessList = std::vector<AccountChanges>;

/// The RLP form of EIP-7928, in which a slot's changes are a list of their own.
[[nodiscard]] Bytes encode(const BlockAccessList& list);
/// Accepts the one canonical form only: DecodeErrorCode::wrong_order where addresses, slots or indices do not
/// ascend, or a slot is both changed and read; empty_list for a changed slot without changes.
[[nodiscard]] DecodeResult<BlockAccessList> decode_access_list(BytesView encoded);
/// Keccak-256 of the RLP: the header's block_access_list_hash.
[[nodiscard]] Hash hash(const BlockAccessList& list);

/// The addresses and storage keys of the list, each once: what EIP-7928 limits by the block's gas limit.
[[nodiscard]] uint64_t item_count(const BlockAccessList& list) noexcept;

}  // namespace weft::primitives

namespace weft {
using primitives::BlockAccessList;
}  // namespace weft
