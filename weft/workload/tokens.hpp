#pragma once

#include "weft/workload/builder.hpp"

namespace weft::workload {

/// One deployed Token with who holds what before the block.
class TokenState {
public:
    /// number: tells tokens apart, in address, name and ticker.
    TokenState(Builder& builder, uint64_t number);

    [[nodiscard]] const Address& address() const noexcept { return contract_.address(); }
    /// Adds to a balance and to the total supply.
    void credit(const Address& holder, const uint256& amount);
    /// Between two balances. Precondition: `from` has as much.
    void move(const Address& from, const Address& to, const uint256& amount);
    /// Lets the spender move any amount, or `amount` more than before.
    void allow_all(const Address& holder, const Address& spender);
    void allow(const Address& holder, const Address& spender, const uint256& amount);

private:
    Contract contract_;
};

}  // namespace weft::workload
