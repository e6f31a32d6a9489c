#pragma once

#include <cstdint>
#include <limits>

#include "weft/base/bytes.hpp"
#include "weft/primitives/revision.hpp"

namespace weft::evm {

/// One precompiled contract (yellow paper, appendix E, and the EIPs that added further ones). Pure: input in,
/// output out.
struct Precompile {
    /// What `gas` answers where no caller can pay: the call then fails and takes all its gas.
    static constexpr uint64_t unpayable = std::numeric_limits<uint64_t>::max();

    /// The gas that a run on this input costs, or `unpayable`: the sum overflows, or the input's form alone
    /// is invalid.
    uint64_t (*gas)(BytesView input, Revision revision) noexcept;
    /// Replaces `output` by the result. False: failure, the call takes all its gas, and `output` means
    /// nothing. Precondition: the caller could pay gas(input, revision), which bounds the work done here.
    bool (*run)(BytesView input, Revision revision, Bytes& output) noexcept;
    /// The name in EIP-7910 (eth_config): "ECREC", "BN254_ADD", "P256VERIFY".
    const char* name;
};

/// The precompile at this address in this revision; nullptr if there is none. Very cheap, as every call asks
/// it.
[[nodiscard]] const Precompile* precompile_at(const Address& address, Revision revision) noexcept;

}  // namespace weft::evm
