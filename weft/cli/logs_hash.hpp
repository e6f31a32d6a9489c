#pragma once

#include <span>

#include "weft/primitives/receipt.hpp"

namespace weft::cli {

/// Keccak-256 of the RLP of the list of all logs, as official state tests and t8n have it.
[[nodiscard]] Hash logs_hash(std::span<const Receipt> receipts);

}  // namespace weft::cli
