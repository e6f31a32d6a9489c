#pragma once

#include "weft/state/memory_state.hpp"

namespace weft::cli {

/// A state in memory for a block to run on. Which hashes of earlier blocks there are is for the derived class
/// to say: block_hash().
class StateBefore : public StateReader {
public:
    /// `state` must outlive this reader.
    explicit StateBefore(const MemoryState& state) : state_(state) {}
    [[nodiscard]] state::ReadResult<std::optional<Account>> account(const Address& address) const final {
        return state_.account(address);
    }
    [[nodiscard]] state::ReadResult<uint256> storage(const Address& address, const uint256& key) const final {
        return state_.storage(address, key);
    }
    [[nodiscard]] state::ReadResult<bool> has_storage(const Address& address) const final {
        return state_.has_storage(address);
    }
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& code_hash) const final {
        return state_.code(code_hash);
    }
    [[nodiscard]] state::ReadResult<std::shared_ptr<const Bytes>> shared_code(
        const Hash& code_hash) const final {
        return state_.shared_code(code_hash);
    }

private:
    const MemoryState& state_;
};

}  // namespace weft::cli
