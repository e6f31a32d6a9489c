#include "weft/workload/tokens.hpp"

#include <fmt/format.h>

#include <cassert>

#include "weft/workload/artifacts.hpp"

namespace weft::workload {

using artifacts::token;

TokenState::TokenState(Builder& builder, uint64_t number) : contract_(builder.deploy(token, number)) {
    contract_.set(token.field("name"), short_string_word(fmt::format("Weft token {}", number)));
    contract_.set(token.field("symbol"), short_string_word(fmt::format("WFT{}", number)));
    contract_.set(token.field("owner"), base::to_uint256(labelled_address("token owner", number)));
}

void TokenState::credit(const Address& holder, const uint256& amount) {
    contract_.word(Contract::at(token.field("balanceOf"), holder)) += amount;
    contract_.word(token.field("totalSupply").slot) += amount;
}

void TokenState::move(const Address& from, const Address& to, const uint256& amount) {
    uint256& source = contract_.word(Contract::at(token.field("balanceOf"), from));
    assert(source >= amount);
    source -= amount;
    contract_.word(Contract::at(token.field("balanceOf"), to)) += amount;
}

void TokenState::allow_all(const Address& holder, const Address& spender) {
    contract_.word(Contract::at(token.field("allowance"), holder, spender)) = uint256::max();
}

void TokenState::allow(const Address& holder, const Address& spender, const uint256& amount) {
    uint256& allowed = contract_.word(Contract::at(token.field("allowance"), holder, spender));
    if (allowed != uint256::max()) allowed += amount;
}

}  // namespace weft::workload
