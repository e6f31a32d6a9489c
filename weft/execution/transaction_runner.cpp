#include "weft/execution/transaction_runner.hpp"

#include <array>

#include "weft/primitives/transaction.hpp"

namespace weft::execution::detail {
namespace {

/// What an authority that exists already saves: PER_EMPTY_ACCOUNT_COST - PER_AUTH_BASE_COST (EIP-7702).
constexpr int64_t existing_authority_refund = 25000 - 12500;

/// False: the source failed.
bool apply(const primitives::Authorization& authorization, Journal& journal, uint64_t chain_id) noexcept {
    if (!authorization.chain_id.is_zero() && authorization.chain_id != uint256{chain_id}) return true;
    if (authorization.nonce == ~uint64_t{0}) return true;
    const auto authority = authorization.authority_recovered ? authorization.authority
                                                             : primitives::recover_authority(authorization);
    if (!authority) return true;
    state::AccountEntry* account = journal.account(*authority);
    if (account == nullptr) return false;
    journal.warm(*account);
    if (journal.code_hash(*account) != crypto::empty_code_hash) {
        const Code* code = journal.code(*account);
        if (code == nullptr) return false;
        if (!code->delegation()) return true;
    }
    if (journal.nonce(*account) != authorization.nonce) return true;
    if (journal.exists(*account)) journal.add_refund(existing_authority_refund);

    if (authorization.address.is_zero()) {
        journal.set_code(*account, {});
    } else {
        std::array<uint8_t, 23> designator{0xef, 0x01, 0x00};
        std::ranges::copy(authorization.address, designator.begin() + 3);
        journal.set_code(*account, designator);
    }
    journal.set_nonce(*account, authorization.nonce + 1);
    return true;
}

}  // namespace

bool apply_authorizations(const primitives::Transaction& tx, Journal& journal, uint64_t chain_id) noexcept {
    for (const auto& authorization : tx.authorization_list)
        if (!apply(authorization, journal, chain_id)) return false;
    return true;
}

}  // namespace weft::execution::detail
