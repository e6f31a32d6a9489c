#pragma once

#include <gtest/gtest.h>

#include <map>

#include "tests/differential/runs.hpp"

namespace weft::differential {

[[nodiscard]] inline Address numbered(uint64_t number) {
    return base::to_address(uint256{0xf000'0000 + number});
}

/// A block for one test, its transactions written down one by one.
class World {
public:
    explicit World(Revision revision);

    /// Names an account; rich unless said otherwise.
    void account(const Address& address, const uint256& balance, uint64_t nonce = 0);
    void contract(const Address& address, BytesView code, const uint256& balance = 0);
    /// Appends a call at the sender's next nonce and, unless changed afterwards, at the base fee and `price`
    /// on top.
    Transaction& call(const Address& from, const Address& to, const uint256& value = 0,
                      std::initializer_list<uint256> words = {});
    Transaction& create(const Address& from, BytesView init_code, const uint256& value = 0);
    /// An EIP-7702 transaction to nobody in particular, with one authorization.
    Transaction& delegate(const Address& from, const Address& authority, const Address& target,
                          uint64_t nonce);

    Scenario scenario;
    uint256 price = 0;
    std::map<Address, uint64_t> nonces;

private:
    Transaction& append(const Address& from);
};

/// What came of it.
struct After {
    BlockResult result;
    MemoryState state;
    [[nodiscard]] bool exists(const Address& address) const { return state.account(address)->has_value(); }
    [[nodiscard]] Account account(const Address& address) const {
        return state.account(address)->value_or(Account{});
    }
    [[nodiscard]] uint256 balance(const Address& address) const { return account(address).balance; }
    [[nodiscard]] uint256 slot(const Address& address, const uint256& key) const {
        return *state.storage(address, key);
    }
    [[nodiscard]] const state::AccountDiff* diff(const Address& address) const;
};

/// Runs it sequentially and in every forcing mode, and expects the same everywhere.
[[nodiscard]] Result run_everywhere(const World& world,
                                    execution::OnInvalid on_invalid = execution::OnInvalid::fail);
/// The same for a block that is valid, or becomes so by leaving transactions out.
[[nodiscard]] After succeed_everywhere(const World& world,
                                       execution::OnInvalid on_invalid = execution::OnInvalid::fail);
/// The same for one that isn't.
void expect_invalid_everywhere(const World& world, std::optional<size_t> transaction,
                               execution::Reason reason);

}  // namespace weft::differential
