#pragma once

#include <string>

#include "weft/crypto/keccak.hpp"
#include "weft/state/memory_state.hpp"

namespace weft::cli {

/// The state of a state test. BLOCKHASH gives what geth's state tests agreed on: the Keccak-256 of the number
/// in decimal digits.
class TestState final : public StateReader {
public:
    explicit TestState(const MemoryState& state) : state_(state) {}
    [[nodiscard]] state::ReadResult<std::optional<Account>> account(const Address& address) const override {
        return state_.account(address);
    }
    [[nodiscard]] state::ReadResult<uint256> storage(const Address& address,
                                                     const uint256& key) const override {
        return state_.storage(address, key);
    }
    [[nodiscard]] state::ReadResult<bool> has_storage(const Address& address) const override {
        return state_.has_storage(address);
    }
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& code_hash) const override {
        return state_.code(code_hash);
    }
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override {
        const std::string digits = std::to_string(number);
        return crypto::keccak256({reinterpret_cast<const uint8_t*>(digits.data()), digits.size()});
    }

private:
    const MemoryState& state_;
};

}  // namespace weft::cli
