#pragma once

#include <optional>
#include <string>

#include "weft/execution/result.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/revision.hpp"

namespace weft::cli {

/// A block's result held against its header; absent: this header, or this fork, has nothing to hold it
/// against.
struct HeaderChecks {
    bool gas_used = false;
    bool logs_bloom = false;
    /// Absent before Byzantium, whose receipts hold state roots, and where it was not asked for.
    std::optional<bool> receipts_root;
    std::optional<bool> requests_hash;  ///< EIP-7685
    std::optional<bool> blob_gas_used;  ///< EIP-4844
    std::optional<bool> access_list;    ///< EIP-7928

    [[nodiscard]] bool ok() const noexcept {
        return gas_used && logs_bloom && receipts_root.value_or(true) && requests_hash.value_or(true) &&
               blob_gas_used.value_or(true) && access_list.value_or(true);
    }
    /// The fields that differ, "gasUsed, receiptsRoot"; empty if none does.
    [[nodiscard]] std::string failures() const;
};

/// What the receipts are held against: their root needs a trie of all of them.
enum class ReceiptChecks : uint8_t { root, bloom_only };

/// Precondition: the result's blooms are filled.
[[nodiscard]] HeaderChecks check_header(const Header& header, const execution::BlockResult& result,
                                        Revision revision, ReceiptChecks receipts = ReceiptChecks::root);

}  // namespace weft::cli
