#include "weft/base/hex.hpp"
#include "weft/execution/mainnet_rules.hpp"
#include "weft/primitives/dao.hpp"

namespace weft::execution {
namespace {

using base::operator""_address;
using base::operator""_hash;

constexpr Address system_address = "0xfffffffffffffffffffffffffffffffffffffffe"_address;
constexpr Address beacon_roots_address = "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address;  // EIP-4788
constexpr Address history_address = "0x0000f90827f1c53a10cb7a02335b175320002935"_address;       // EIP-2935
constexpr Address withdrawal_requests_address =
    "0x00000961ef480eb55e80d19ad83579a64c007002"_address;  // EIP-7002
constexpr Address consolidation_requests_address =
    "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address;  // EIP-7251
constexpr uint64_t system_call_gas = 30'000'000;

constexpr uint8_t deposit_request_type = 0x00;        // EIP-6110
constexpr uint8_t withdrawal_request_type = 0x01;     // EIP-7002
constexpr uint8_t consolidation_request_type = 0x02;  // EIP-7251

const ExecutionError source_failed = StateError{};  // the executor puts in the source's own reason

ExecutionError invalid(Reason reason) { return InvalidBlock{std::nullopt, reason}; }

/// What must be there: the call is part of the block's validity (EIP-7002, EIP-7251); or may: the call then
/// does nothing.
enum class Presence : uint8_t { required, optional };

/// Calls a system contract as its EIP says; `output` gets what it returned.
std::optional<ExecutionError> system_call(evm::Machine& machine, const Address& contract, BytesView input,
                                          Presence presence, Bytes& output) {
    Journal& journal = machine.journal();
    journal.begin_transaction();
    state::AccountEntry* account = journal.account(contract);
    if (account == nullptr) return source_failed;
    const Code* code = journal.code(*account);
    if (code == nullptr) return source_failed;
    if (code->size() == 0) {
        if (presence == Presence::required) return invalid(Reason::system_contract_missing);
        return std::nullopt;
    }
    evm::Message message;
    message.gas = system_call_gas;
    message.sender = system_address;
    message.recipient = contract;
    message.input = input;
    message.transfers_value = false;
    const auto result =
        machine.execute(message, {.origin = system_address, .gas_price = {}, .blob_versioned_hashes = {}});
    if (result.status == evm::Status::state_error) return source_failed;
    if (result.status == evm::Status::aborted) return Cancelled{};
    if (result.status == evm::Status::resource_limit) return ResourceLimit{};
    if (result.status != evm::Status::success && presence == Presence::required)
        return invalid(Reason::system_call_failed);
    output.assign(result.output.begin(), result.output.end());
    journal.end_transaction();
    return std::nullopt;
}

/// The irregular state change of the DAO fork: the balances of the listed accounts go to the refund contract.
bool drain_dao(Journal& journal) {
    journal.begin_transaction();
    state::AccountEntry* refund = journal.account(primitives::dao_refund_contract);
    if (refund == nullptr) return false;
    for (const Address& address : primitives::dao_drained_accounts) {
        state::AccountEntry* account = journal.account(address);
        if (account == nullptr) return false;
        const uint256 balance = journal.balance(*account);
        journal.debit(*account, balance);
        journal.credit(*refund, balance);
    }
    journal.end_transaction();
    return true;
}

bool credit(Journal& journal, const Address& address, const uint256& amount) {
    state::AccountEntry* account = journal.account(address);
    if (account == nullptr) return false;
    journal.credit(*account, amount);
    return true;
}

/// Yellow paper, section 11.3: each ommer named brings the coinbase a 32nd of the reward, and its own
/// coinbase an eighth less for every generation of age.
bool pay_rewards(Journal& journal, const BlockEnv& env) {
    if (!env.reward) return true;
    const uint256& reward = *env.reward;
    uint256 total = reward;
    for (const Ommer& ommer : env.ommers) {
        const uint256 share =
            base::divide(reward * uint256{8 + ommer.number - env.context.number}, 8).quotient;
        if (!credit(journal, ommer.coinbase, share)) return false;
        total += base::divide(reward, 32).quotient;
    }
    return credit(journal, env.context.coinbase, total);
}

/// EIP-4895; amounts are in Gwei.
bool pay_withdrawals(Journal& journal, const BlockEnv& env) {
    constexpr uint256 gwei{1'000'000'000};
    for (const auto& withdrawal : env.withdrawals)
        if (!credit(journal, withdrawal.address, gwei * uint256{withdrawal.amount})) return false;
    return true;
}

/// A field of a DepositEvent's data: where its offset stands, what the offset must be, and the field's
/// length.
struct DepositField {
    size_t offset_at;
    uint64_t offset;
    uint64_t length;
};

/// Appends the 192 bytes of a deposit request (EIP-6110). False: the log's layout is not the deposit
/// contract's.
bool append_deposit(Bytes& out, BytesView data) {
    static constexpr DepositField fields[] = {
        {0, 160, 48}, {32, 256, 32}, {64, 320, 8}, {96, 384, 96}, {128, 512, 8}};
    if (data.size() != 576) return false;
    for (const auto& field : fields) {
        if (base::load_be(data.data() + field.offset_at) != uint256{field.offset}) return false;
        if (base::load_be(data.data() + field.offset) != uint256{field.length}) return false;
        const auto value = data.subspan(field.offset + 32, field.length);
        out.insert(out.end(), value.begin(), value.end());
    }
    return true;
}

std::optional<ExecutionError> collect_deposits(std::span<const primitives::Receipt> receipts,
                                               const Address& contract, Bytes& out) {
    static constexpr Hash deposit_event =
        "0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"_hash;
    // What made the logs ran long ago, on other cores.
    constexpr size_t ahead = 16;
    for (size_t i = 0; i < receipts.size(); ++i) {
        if (i + 2 * ahead < receipts.size()) __builtin_prefetch(&receipts[i + 2 * ahead].logs);
        if (i + ahead < receipts.size()) __builtin_prefetch(receipts[i + ahead].logs.data());
        for (const auto& log : receipts[i].logs) {
            if (log.address != contract || log.topics.empty() || log.topics[0] != deposit_event) continue;
            if (!append_deposit(out, log.data)) return invalid(Reason::invalid_deposit_log);
        }
    }
    return std::nullopt;
}

/// EIP-7685's order: by type. A type without requests is left out.
std::optional<ExecutionError> collect_requests(evm::Machine& machine, const BlockEnv& env,
                                               std::span<const primitives::Receipt> receipts,
                                               std::vector<Bytes>& requests) {
    const auto append = [&](uint8_t type, const Bytes& data) {
        if (data.empty()) return;
        Bytes& request = requests.emplace_back();
        request.reserve(1 + data.size());
        request.push_back(type);
        request.insert(request.end(), data.begin(), data.end());
    };
    Bytes data;
    if (auto error = collect_deposits(receipts, env.deposit_contract, data)) return error;
    append(deposit_request_type, data);
    if (!env.system_calls) return std::nullopt;
    if (auto error = system_call(machine, withdrawal_requests_address, {}, Presence::required, data))
        return error;
    append(withdrawal_request_type, data);
    if (auto error = system_call(machine, consolidation_requests_address, {}, Presence::required, data))
        return error;
    append(consolidation_request_type, data);
    return std::nullopt;
}

}  // namespace

std::optional<ExecutionError> MainnetRules::begin_block(evm::Machine& machine, const BlockEnv& env) {
    if (env.dao_fork && !drain_dao(machine.journal())) return source_failed;
    if (!env.system_calls) return std::nullopt;
    Bytes ignored;
    if (env.revision >= Revision::cancun && env.parent_beacon_block_root)
        if (auto error = system_call(machine, beacon_roots_address, env.parent_beacon_block_root->view(),
                                     Presence::optional, ignored))
            return error;
    if (env.revision >= Revision::prague)
        if (auto error =
                system_call(machine, history_address, env.parent_hash.view(), Presence::optional, ignored))
            return error;
    return std::nullopt;
}

std::optional<ExecutionError> MainnetRules::end_block(evm::Machine& machine, const BlockEnv& env,
                                                      std::span<const primitives::Receipt> receipts,
                                                      std::vector<Bytes>& requests) {
    Journal& journal = machine.journal();
    journal.begin_transaction();
    if (!pay_rewards(journal, env) || !pay_withdrawals(journal, env)) return source_failed;
    journal.end_transaction();
    if (env.revision < Revision::prague) return std::nullopt;
    return collect_requests(machine, env, receipts, requests);
}

}  // namespace weft::execution
