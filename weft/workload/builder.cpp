#include "weft/workload/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/execution/executor.hpp"
#include "weft/workload/system_contracts.hpp"

namespace weft::workload {

namespace {

constexpr uint64_t base_fee = gwei;
/// Mainnet's block gas limit at block_number.
constexpr uint64_t mainnet_gas_limit = 60'000'000;
/// The root of an empty trie (yellow paper, appendix D): transactions and withdrawals of an empty list.
constexpr Hash empty_trie_root = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"_hash;
/// EIP-7685: sha256 of nothing.
constexpr Hash no_requests_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"_hash;

/// The size of the block's RLP once it is signed: r and s of 32 bytes each.
uint64_t signed_rlp_size(Block block) {
    for (Transaction& transaction : block.transactions) transaction.r = transaction.s = uint256::max();
    return primitives::encode(block).size();
}

}  // namespace

Hash labelled_hash(std::string_view label, uint64_t number) {
    Bytes message(label.begin(), label.end());
    for (int shift = 56; shift >= 0; shift -= 8) message.push_back(static_cast<uint8_t>(number >> shift));
    return keccak256(message);
}

Address labelled_address(std::string_view label, uint64_t number) {
    return base::to_address(base::to_uint256(labelled_hash(label, number)));
}

Builder::Builder(uint64_t transactions, uint64_t accounts, const Options& options)
    : options_(options),
      random_(options.seed),
      transaction_count_(transactions),
      accounts_(accounts),
      order_(accounts),
      nonces_(accounts),
      spent_(accounts) {
    for (uint64_t i = 0; i < accounts; ++i) {
        accounts_[i] = labelled_address("account", i);
        order_[i] = i;
        nonces_[i] = random_.below(500);
        Account& account = state_[accounts_[i]].account;
        account.nonce = nonces_[i];
        account.balance = uint256{random_.between(1, 100)} * ether + random_.below(ether);
    }
    for (uint64_t i = accounts - 1; i > 0; --i) std::swap(order_[i], order_[random_.below(i + 1)]);
    add_system_contracts();
    fund(labelled_address("fee recipient"), uint256{17} * ether);
}

uint64_t Builder::next_account() noexcept {
    const uint64_t account = order_[turn_];
    turn_ = turn_ + 1 == order_.size() ? 0 : turn_ + 1;
    return account;
}

uint64_t Builder::another_account(uint64_t other) noexcept {
    const uint64_t account = random_.below(accounts_.size() - 1);
    return account < other ? account : account + 1;
}

uint64_t Builder::places(uint64_t most) const noexcept {
    return std::clamp<uint64_t>(accounts_.size() / 16, 4, most);
}

Contract Builder::deploy(const Artifact& artifact, uint64_t number) {
    return deploy(labelled_address(artifact.contract, number), artifact.code);
}

Contract Builder::deploy(const Address& address, BytesView code) {
    Entry& entry = state_[address];
    entry.account.nonce = 1;  // EIP-161: contracts begin with 1
    entry.account.code_hash = keccak256(code);
    entry.code.assign(code.begin(), code.end());
    return {address, entry.storage};
}

void Builder::fund(const Address& address, const uint256& wei) { state_[address].account.balance += wei; }

void Builder::add_system_contracts() {
    for (const SystemContract& contract : system_contracts())
        deploy(contract.address, *from_hex(contract.code));
}

void Builder::send(Call call) {
    assert(call.gas_limit <= max_transaction_gas);
    Transaction transaction;
    transaction.type = TxType::dynamic_fee;
    transaction.chain_id = chain_id;
    transaction.nonce = nonces_[call.sender]++;
    transaction.gas_limit = call.gas_limit;
    transaction.max_fee_per_gas = 3 * gwei;
    transaction.max_priority_fee_per_gas = random_.between(1, 100) * (gwei / 100);
    transaction.to = call.to;
    transaction.value = call.value;
    transaction.data = std::move(call.data);
    transaction.sender = accounts_[call.sender];
    spent_[call.sender] += uint256{call.gas_limit} * transaction.max_fee_per_gas + call.value;
    transactions_.push_back(std::move(transaction));
}

Header Builder::make_header() const {
    Header header;
    header.parent_hash = labelled_hash("parent");
    header.ommers_hash = primitives::empty_ommers_hash;
    header.coinbase = labelled_address("fee recipient");
    header.number = block_number;
    header.timestamp = block_timestamp;
    for (const Transaction& transaction : transactions_) header.gas_limit += transaction.gas_limit;
    header.gas_limit = std::max(header.gas_limit, mainnet_gas_limit);
    header.mix_hash = labelled_hash("randao");
    header.base_fee_per_gas = base_fee;
    header.withdrawals_root = empty_trie_root;
    header.blob_gas_used = 0;
    header.excess_blob_gas = 0;
    header.parent_beacon_block_root = labelled_hash("beacon root");
    header.requests_hash = no_requests_hash;
    return header;
}

Workload Builder::finish() && {
    Workload out;
    out.block.header = make_header();
    out.block.transactions = std::move(transactions_);
    out.block.withdrawals.emplace();
    out.expected_failures = expected_failures_;
    out.rlp_size = signed_rlp_size(out.block);
    for (size_t i = 0; i < accounts_.size(); ++i) fund(accounts_[i], spent_[i]);
    out.prestate = prestate();
    return out;
}

std::vector<PrestateAccount> Builder::prestate() const {
    std::vector<PrestateAccount> out;
    out.reserve(state_.size());
    for (const auto& [address, entry] : state_) {
        PrestateAccount& account = out.emplace_back(address, entry.account, entry.code);
        for (const auto& [key, value] : entry.storage)
            if (!value.is_zero()) account.storage.emplace_back(key, value);
    }
    return out;
}

std::expected<void, std::string> Builder::play(const Address& sender, std::vector<Step> steps) {
    Block block;
    block.header = make_header();
    block.header.number = block_number - 1;
    block.header.timestamp = block_timestamp - 12;
    block.header.gas_limit = steps.size() * max_transaction_gas;
    block.withdrawals.emplace();
    for (Step& step : steps) {
        Transaction& transaction = block.transactions.emplace_back();
        transaction.type = TxType::dynamic_fee;
        transaction.chain_id = chain_id;
        transaction.nonce = state_[sender].account.nonce + block.transactions.size() - 1;
        transaction.gas_limit = max_transaction_gas;
        transaction.max_fee_per_gas = base_fee;
        transaction.to = step.to;
        transaction.data = std::move(step.data);
        transaction.sender = sender;
    }
    const MemoryState before = make_state(prestate());
    ExecutionContext context({.executor = execution::ExecutorKind::sequential, .threads = 1});
    const auto result = execute_block(block, primitives::mainnet(), before, context);
    if (!result) return std::unexpected(execution::to_string(result.error()));
    for (size_t i = 0; i < result->receipts.size(); ++i)
        if (!result->receipts[i].success) return std::unexpected(fmt::format("step {} fails", i));
    take(result->diff);
    return {};
}

void Builder::take(const StateDiff& diff) {
    for (const state::AccountDiff& change : diff.accounts) {
        Entry& entry = state_[change.address];
        entry.account = change.after.value_or(Account{});
        if (change.storage_wiped) entry.storage.clear();
        for (const auto& slot : change.slots) entry.storage[slot.key] = slot.after;
        const auto code = std::ranges::find(diff.codes, entry.account.code_hash, &state::CodeDiff::hash);
        if (code != diff.codes.end()) entry.code = code->code;
    }
}

}  // namespace weft::workload
