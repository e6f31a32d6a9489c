#pragma once

#include <string>

#include "weft/cli/state_before.hpp"
#include "weft/crypto/keccak.hpp"

namespace weft::cli {

/// The state of a state test. BLOCKHASH gives what geth's state tests agreed on: the Keccak-256 of the number
/// in decimal digits.
class TestState final : public StateBefore {
public:
    explicit TestState(const MemoryState& state) : StateBefore(state) {}
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override {
        const std::string digits = std::to_string(number);
        return crypto::keccak256({reinterpret_cast<const uint8_t*>(digits.data()), digits.size()});
    }
};

}  // namespace weft::cli
