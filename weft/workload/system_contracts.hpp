#pragma once

#include <span>
#include <string_view>

#include "weft/base/bytes.hpp"

namespace weft::workload {

/// A contract that every block from Cancun or Prague on calls at its start or end.
struct SystemContract {
    Address address;
    std::string_view code;  ///< hex digits
};

/// Beacon block roots (EIP-4788), block hashes in state (EIP-2935), withdrawal requests (EIP-7002),
/// consolidation requests (EIP-7251), with the runtime code that the EIPs give. Without the last two a block
/// is invalid.
[[nodiscard]] std::span<const SystemContract> system_contracts() noexcept;

}  // namespace weft::workload
