#pragma once

#include <optional>
#include <span>

#include "weft/crypto/secp256k1.hpp"

namespace weft::crypto::recovery {

/// The ways a batch can be recovered; all give the same answers.
enum class Way {
    library,  ///< libsecp256k1, one after the other: what the other ways are held against
    portable,
    avx512
};

/// What this machine's processor can do, and the fastest of it.
[[nodiscard]] bool is_there(Way way) noexcept;
[[nodiscard]] Way fastest() noexcept;

/// recover_addresses (secp256k1.hpp) in that way, whatever the batch's size. Preconditions: is_there(way);
/// out.size() == signatures.size().
void recover(Way way, std::span<const SignedHash> signatures, std::span<std::optional<Address>> out) noexcept;

}  // namespace weft::crypto::recovery
