#include "weft/execution/mainnet_rules.hpp"

#include <algorithm>
#include <array>

#include "weft/execution/intrinsic_gas.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::execution {
namespace {

constexpr uint64_t max_transaction_gas = uint64_t{1} << 24;  ///< EIP-7825
constexpr size_t max_blobs_per_transaction = 6;              ///< EIP-7594, from Osaka on
constexpr uint8_t kzg_version = 0x01;                        ///< EIP-4844's VERSIONED_HASH_VERSION_KZG

constexpr uint64_t access_list_item_gas = 2000;  ///< EIP-7928's ITEM_COST

constexpr uint64_t max_init_code_size = 49152;  ///< EIP-3860

Revision first_revision(TxType type) noexcept {
    switch (type) {
        case TxType::legacy:
            return Revision::frontier;
        case TxType::access_list:
            return Revision::berlin;
        case TxType::dynamic_fee:
            return Revision::london;
        case TxType::blob:
            return Revision::cancun;
        case TxType::set_code:
            return Revision::prague;
    }
    return Revision::frontier;
}

/// a * b, noting in `overflows` whether it exceeds 256 bits.
uint256 checked_product(const uint256& a, uint64_t b, bool& overflows) noexcept {
    if (base::byte_length(a) + base::byte_length(b) > 32) {
        // Rare: decide exactly by dividing back.
        const uint256 product = a * uint256{b};
        if (b != 0 && base::divide(product, b).quotient != a) overflows = true;
        return product;
    }
    return a * uint256{b};
}

void price(const Transaction& tx, const BlockEnv& env, Terms& terms) noexcept {
    const uint256& base_fee = env.context.base_fee;
    if (tx.type < TxType::dynamic_fee) {
        terms.gas_price = tx.max_fee_per_gas;
    } else {
        uint256 wanted;
        const bool overflow = uint256::add_carry(base_fee, tx.max_priority_fee_per_gas, wanted);
        terms.gas_price = overflow || tx.max_fee_per_gas < wanted ? tx.max_fee_per_gas : wanted;
    }
    terms.priority_fee = terms.gas_price < base_fee ? uint256{} : terms.gas_price - base_fee;
    terms.blob_gas = gas_per_blob * tx.blob_versioned_hashes.size();
    bool overflow = false;
    uint256 cost = checked_product(tx.max_fee_per_gas, tx.gas_limit, overflow);
    overflow |=
        uint256::add_carry(cost, checked_product(tx.max_fee_per_blob_gas, terms.blob_gas, overflow), cost);
    overflow |= uint256::add_carry(cost, tx.value, cost);
    terms.max_cost = cost;
    terms.cost_overflows = overflow;
}

std::optional<Reason> validate_fees(const Transaction& tx, const BlockEnv& env,
                                    const Checks& checks) noexcept {
    if (env.revision < Revision::london) return std::nullopt;
    if (tx.max_fee_per_gas < tx.max_priority_fee_per_gas) return Reason::priority_fee_above_max_fee;
    if (checks.base_fee && tx.max_fee_per_gas < env.context.base_fee) return Reason::max_fee_below_base_fee;
    return std::nullopt;
}

/// EIP-4844, 7594.
std::optional<Reason> validate_blobs(const Transaction& tx, const BlockEnv& env,
                                     const Checks& checks) noexcept {
    const auto& hashes = tx.blob_versioned_hashes;
    if (!tx.to) return Reason::blob_transaction_creates;
    if (hashes.empty()) return Reason::no_blobs;
    const size_t limit = env.revision >= Revision::osaka ? max_blobs_per_transaction : env.blobs.max;
    if (hashes.size() > limit) return Reason::too_many_blobs;
    if (std::ranges::any_of(hashes, [](const Hash& hash) { return hash[0] != kzg_version; }))
        return Reason::invalid_blob_version;
    if (checks.base_fee && tx.max_fee_per_blob_gas < env.context.blob_base_fee)
        return Reason::max_blob_fee_too_low;
    return std::nullopt;
}

/// How many bytes are zero. In sums of bytes, many at a time: blocks may be full of call data.
uint64_t count_zeros(BytesView data) noexcept {
    constexpr size_t lanes = 64, most_rows = 255;  // before a lane's sum overflows
    uint64_t zeros = 0;
    while (data.size() >= lanes) {
        std::array<uint8_t, lanes> sums{};
        const size_t rows = std::min(data.size() / lanes, most_rows);
        for (size_t row = 0; row < rows; ++row)
            for (size_t i = 0; i < lanes; ++i) sums[i] += data[row * lanes + i] == 0 ? 1 : 0;
        for (const uint8_t sum : sums) zeros += sum;
        data = data.subspan(rows * lanes);
    }
    return zeros + static_cast<uint64_t>(std::ranges::count(data, 0));
}

}  // namespace

void count_intrinsic_gas(const Transaction& tx, Revision revision, Terms& terms) noexcept {
    const uint64_t zeros = count_zeros(tx.data);
    const uint64_t nonzeros = tx.data.size() - zeros;
    uint64_t gas = 21000 + 4 * zeros + (revision >= Revision::istanbul ? 16 : 68) * nonzeros;
    if (!tx.to && revision >= Revision::homestead) gas += 32000;
    if (!tx.to && revision >= Revision::shanghai) gas += 2 * ((tx.data.size() + 31) / 32);
    for (const auto& tuple : tx.access_list) gas += 2400 + 1900 * tuple.storage_keys.size();
    gas += 25000 * tx.authorization_list.size();
    terms.intrinsic_gas = gas;
    terms.floor_gas = revision >= Revision::prague ? 21000 + 10 * (zeros + 4 * nonzeros) : 0;
}

const evm::PrecompileSet& MainnetRules::precompiles(Revision revision) noexcept {
    static const auto sets = [] {
        std::vector<evm::PrecompileSet> all;
        for (int i = 0; i <= static_cast<int>(primitives::newest_revision); ++i)
            all.emplace_back(static_cast<Revision>(i));
        return all;
    }();
    return sets[static_cast<size_t>(revision)];
}

std::optional<uint64_t> MainnetRules::access_list_limit(const BlockEnv& env) noexcept {
    if (env.revision < Revision::amsterdam) return std::nullopt;
    return env.context.gas_limit / access_list_item_gas;
}

std::optional<Reason> MainnetRules::validate(const Transaction& tx, const BlockEnv& env, const Checks& checks,
                                             Terms& terms) noexcept {
    if (env.revision < first_revision(tx.type)) return Reason::type_not_supported;
    // Before EIP-155 a v that names a chain is none.
    if (tx.chain_id && tx.type == TxType::legacy && !env.eip155) return Reason::invalid_signature;
    if (tx.chain_id && *tx.chain_id != env.context.chain_id) return Reason::wrong_chain_id;
    if (env.revision >= Revision::osaka && tx.gas_limit > max_transaction_gas)
        return Reason::gas_limit_too_high;
    if (env.revision >= Revision::shanghai && !tx.to && tx.data.size() > max_init_code_size)
        return Reason::init_code_too_large;
    if (checks.nonce && tx.nonce == ~uint64_t{0}) return Reason::nonce_overflow;
    if (const auto invalid = validate_fees(tx, env, checks)) return invalid;
    if (tx.type == TxType::blob)
        if (const auto invalid = validate_blobs(tx, env, checks)) return invalid;
    if (tx.type == TxType::set_code) {
        if (!tx.to) return Reason::set_code_transaction_creates;
        if (tx.authorization_list.empty()) return Reason::no_authorizations;
    }
    count_intrinsic_gas(tx, env.revision, terms);
    if (tx.gas_limit < terms.intrinsic_gas) return Reason::intrinsic_gas_too_low;
    if (tx.gas_limit < terms.floor_gas) return Reason::floor_gas_too_low;
    price(tx, env, terms);
    return std::nullopt;
}

MainnetRules::SenderVerdict MainnetRules::validate_sender(const Transaction& tx, state::AccountEntry& sender,
                                                          Journal& journal, const Checks& checks,
                                                          const Terms& terms) noexcept {
    if (checks.nonce) {
        const uint64_t nonce = journal.nonce(sender);
        if (tx.nonce < nonce) return {Reason::nonce_too_low};
        if (tx.nonce > nonce) return {Reason::nonce_too_high};
    }
    if (checks.sender_code && journal.code_hash(sender) != crypto::empty_code_hash) {
        const Code* code = journal.code(sender);
        if (code == nullptr) return {std::nullopt, true};
        if (!code->delegation()) return {Reason::sender_has_code};
    }
    // Beyond 256 bits nobody can be given what is lacking either.
    if (terms.cost_overflows || (checks.balance && !journal.covers(sender, terms.max_cost)))
        return {Reason::insufficient_balance};
    return {};
}

void MainnetRules::buy_gas(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                           const BlockEnv& env, const Checks& checks, const Terms& terms) noexcept {
    // Where the base fees aren't checked, a cap below one is the price, of blobs as of gas.
    const uint256 blob_price = std::min(env.context.blob_base_fee, tx.max_fee_per_blob_gas);
    const uint256 cost = terms.gas_price * uint256{tx.gas_limit} + blob_price * uint256{terms.blob_gas};
    if (!checks.balance) {
        const uint256 needed = cost + tx.value;
        if (!journal.covers(sender, needed)) journal.credit(sender, needed - journal.balance(sender));
    }
    journal.debit(sender, cost);
}

bool MainnetRules::settle(const Transaction& tx, state::AccountEntry& sender, Journal& journal,
                          const BlockEnv& env, const Terms& terms, uint64_t gas_used) noexcept {
    journal.credit(sender, terms.gas_price * uint256{tx.gas_limit - gas_used});
    state::AccountEntry* coinbase = journal.account(env.context.coinbase);
    if (coinbase == nullptr) return false;
    journal.credit(*coinbase, terms.priority_fee * uint256{gas_used});
    return true;
}

}  // namespace weft::execution
