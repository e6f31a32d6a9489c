#pragma once

#include "weft/capi/weft.h"
#include "weft/state/reader.hpp"

namespace weft::capi {

/// The caller's state behind weft_state_callbacks, as the executors read it.
class CallbackState final : public StateReader {
public:
    /// Every callback but `destroy` is there.
    explicit CallbackState(const weft_state_callbacks& callbacks) noexcept : callbacks_(callbacks) {}
    ~CallbackState() override {
        if (callbacks_.destroy != nullptr) callbacks_.destroy(callbacks_.user);
    }
    CallbackState(const CallbackState&) = delete;
    CallbackState& operator=(const CallbackState&) = delete;

    [[nodiscard]] state::ReadResult<std::optional<Account>> account(const Address& address) const override;
    [[nodiscard]] state::ReadResult<uint256> storage(const Address& address,
                                                     const uint256& key) const override;
    [[nodiscard]] state::ReadResult<bool> has_storage(const Address& address) const override;
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& code_hash) const override;
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override;

private:
    weft_state_callbacks callbacks_;
};

}  // namespace weft::capi
