#pragma once

#include <initializer_list>
#include <string_view>

#include "weft/base/hex.hpp"
#include "weft/evm/machine.hpp"
#include "weft/evm/opcodes.hpp"
#include "weft/state/memory_state.hpp"

/// For this room's tests: a state in memory, a journal on it, a machine.
namespace weft::evm::test {

/// A journal's source that reads a MemoryState, fails on request and counts.
class WorldSource final : public state::Source {
public:
    WorldSource(const MemoryState& world, CodeCache& codes) : world_(world), codes_(codes) {}

    bool load(state::AccountEntry& entry) noexcept override {
        if (fails()) return false;
        const auto account = world_.account(entry.address);
        entry.base_exists = account->has_value();
        entry.base = account->value_or(Account{});
        return true;
    }
    bool load(state::SlotEntry& entry) noexcept override {
        if (fails()) return false;
        ++slot_reads;
        entry.base = *world_.storage(entry.account->address, entry.key);
        entry.may_commute = slots_may_commute;
        return true;
    }
    std::optional<bool> has_storage(state::AccountEntry& entry) noexcept override {
        if (fails()) return std::nullopt;
        return *world_.has_storage(entry.address);
    }
    const Code* code(const state::AccountEntry& account) noexcept override {
        const Hash& hash = account.now.code_hash;
        if (fails()) return nullptr;
        if (hash != account.base.code_hash)
            if (const auto* made = codes_.find(hash)) return made;
        const auto found = codes_.get(hash, world_);
        return found ? *found : nullptr;
    }
    std::optional<Hash> block_hash(uint64_t number) noexcept override {
        if (fails()) return std::nullopt;
        return *world_.block_hash(number);
    }

    int reads = 0;
    int slot_reads = 0;
    bool slots_may_commute = false;
    int fail_at = -1;  ///< which read fails, counted from 0

private:
    bool fails() noexcept { return reads++ == fail_at; }
    const MemoryState& world_;
    CodeCache& codes_;
};

/// Bytecode from opcodes, numbers as the shortest PUSH, and other bytecode.
class Code {
public:
    Code() = default;
    Code(std::initializer_list<Opcode> opcodes) {  // NOLINT(google-explicit-constructor)
        for (const Opcode opcode : opcodes) bytes_.push_back(opcode);
    }
    Code& op(Opcode opcode) {
        bytes_.push_back(opcode);
        return *this;
    }
    Code& raw(std::string_view hex) {
        const Bytes more = *from_hex(hex);
        bytes_.insert(bytes_.end(), more.begin(), more.end());
        return *this;
    }
    Code& push(const uint256& value) {
        const unsigned size = std::max(1u, base::byte_length(value));
        uint8_t word[32];
        base::store_be(word, value);
        bytes_.push_back(static_cast<uint8_t>(OP_PUSH1 + size - 1));
        bytes_.insert(bytes_.end(), word + 32 - size, word + 32);
        return *this;
    }
    Code& push(const Address& address) {
        bytes_.push_back(OP_PUSH20);
        bytes_.insert(bytes_.end(), address.begin(), address.end());
        return *this;
    }
    Code& add(const Code& other) {
        bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
        return *this;
    }
    /// Operands in the order in which the opcode takes them, then the opcode.
    Code& call(Opcode opcode, std::initializer_list<uint256> operands) {
        for (auto it = std::rbegin(operands); it != std::rend(operands); ++it) push(*it);
        return op(opcode);
    }
    /// Ends with the top of the stack as output.
    Code& give() { return push(0).op(OP_MSTORE).push(32).push(0).op(OP_RETURN); }
    [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
    [[nodiscard]] size_t size() const noexcept { return bytes_.size(); }

private:
    Bytes bytes_;
};

/// Counts its calls in slot 0, and logs the count as a topic.
[[nodiscard]] inline Code counting_code() {
    return Code()
        .push(0)
        .op(OP_SLOAD)
        .push(1)
        .op(OP_ADD)
        .op(OP_DUP1)
        .push(0)
        .op(OP_SSTORE)
        .push(0)
        .push(0)
        .op(OP_LOG1);
}

inline constexpr Address sender = "0x00000000000000000000000000000000000a11ce"_address;
inline constexpr Address contract = "0x00000000000000000000000000000000000c0de0"_address;
inline constexpr Address other = "0x00000000000000000000000000000000000c0de1"_address;
inline constexpr Address third = "0x00000000000000000000000000000000000c0de2"_address;
inline constexpr Address nobody = "0x0000000000000000000000000000000000decade"_address;

struct World {
    explicit World(Revision revision_ = primitives::newest_revision)
        : revision(revision_),
          precompiles(revision_),
          codes(std::make_unique<CodeCache>()),
          source(state, *codes),
          journal(*codes),
          machine(journal, size_t{256} << 20) {
        state.set_account(sender,
                          {.nonce = 1, .balance = uint256{0, 1, 0, 0}, .code_hash = crypto::empty_code_hash});
        transaction.origin = sender;
        transaction.gas_price = 7;
        block.number = 1000;
        block.timestamp = 1'700'000'000;
        block.gas_limit = 30'000'000;
    }
    void deploy(const Address& address, const Bytes& code, uint64_t balance = 0) {
        Account account{.nonce = 1, .balance = balance, .code_hash = crypto::empty_code_hash};
        if (!code.empty()) account.code_hash = state.set_code(code);
        state.set_account(address, account);
    }
    void deploy(const Address& address, const Code& code, uint64_t balance = 0) {
        deploy(address, code.bytes(), balance);
    }

    /// Begins anew from the state.
    void begin() {
        const state::JournalRules rules{.eip161 = revision >= Revision::spurious_dragon};
        journal.reset(source, rules);
        journal.begin_transaction();
        machine.begin_block(block, revision, precompiles);
        if (revision >= Revision::berlin) {
            journal.warm(journal.entry_of(sender));
            journal.warm(journal.entry_of(contract));
            precompiles.for_each_address([&](const Address& a) { journal.warm(journal.entry_of(a)); });
        }
    }
    /// Calls `contract` from `sender` on a fresh journal.
    CallResult call(uint64_t gas = 1'000'000, BytesView input = {}, const uint256& value = {}) {
        begin();
        return machine.execute(message(gas, input, value), transaction);
    }
    CallResult run(const Code& code, uint64_t gas = 1'000'000, BytesView input = {},
                   const uint256& value = {}) {
        deploy(contract, code);
        return call(gas, input, value);
    }
    [[nodiscard]] static Message message(uint64_t gas, BytesView input = {}, const uint256& value = {}) {
        Message out;
        out.gas = gas;
        out.sender = sender;
        out.recipient = contract;
        out.input = input;
        out.value = value;
        return out;
    }
    uint256 storage(const Address& address, const uint256& key) {
        return journal.value_now(*journal.slot(*journal.account(address), key));
    }

    Revision revision;
    PrecompileSet precompiles;
    MemoryState state;
    std::unique_ptr<CodeCache> codes;
    WorldSource source;
    state::Journal journal;
    Machine machine;
    BlockContext block;
    TransactionContext transaction;
};

[[nodiscard]] inline uint256 word_of_address(const Address& address) { return base::to_uint256(address); }
[[nodiscard]] inline uint256 word(BytesView output) {
    return output.size() == 32 ? base::load_be(output.data()) : uint256{~0ULL};
}

}  // namespace weft::evm::test
