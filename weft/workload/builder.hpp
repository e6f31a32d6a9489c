#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "weft/state/diff.hpp"
#include "weft/workload/artifact.hpp"
#include "weft/workload/layout.hpp"
#include "weft/workload/random.hpp"
#include "weft/workload/workload.hpp"

namespace weft::workload {

inline constexpr uint64_t gwei = 1'000'000'000;
/// 10^18: wei in an ether, and the unit of tokens with 18 decimals.
inline constexpr uint64_t ether = 1'000'000'000'000'000'000;

/// An address that follows from a label and a number.
[[nodiscard]] Address labelled_address(std::string_view label, uint64_t number = 0);
/// A 32-byte value likewise.
[[nodiscard]] Hash labelled_hash(std::string_view label, uint64_t number = 0);

/// The state of one contract before the block.
class Contract {
public:
    Contract(const Address& address, std::map<uint256, uint256>& storage)
        : address_(address), storage_(&storage) {}

    [[nodiscard]] const Address& address() const noexcept { return address_; }
    /// The word in a slot, to be read or written.
    uint256& word(const uint256& slot) { return (*storage_)[slot]; }
    /// A variable, or a member of the struct that begins at `first_slot`.
    void set(const Field& field, const uint256& value) { set(0, field, value); }
    void set(const uint256& first_slot, const Field& field, const uint256& value) {
        uint256& target = word(first_slot + field.slot);
        target = with_field(target, field, value);
    }
    [[nodiscard]] uint256 get(const uint256& first_slot, const Field& field) {
        return field_of(word(first_slot + field.slot), field);
    }
    /// The slot of a value in a mapping, or in a mapping of mappings.
    template <class Key>
    [[nodiscard]] static uint256 at(const Field& mapping, const Key& key) {
        return mapping_slot(mapping.slot, key);
    }
    template <class Key, class Inner>
    [[nodiscard]] static uint256 at(const Field& mapping, const Key& key, const Inner& inner) {
        return mapping_slot(mapping_slot(mapping.slot, key), inner);
    }

private:
    Address address_;
    std::map<uint256, uint256>* storage_;
};

/// The input of a call, word by word (Solidity ABI: arguments of static types; callers place dynamic ones'
/// offsets).
class CallData {
public:
    explicit CallData(uint32_t selector) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes_.push_back(static_cast<uint8_t>(selector >> shift));
    }
    CallData& add(const uint256& word) {
        bytes_.resize(bytes_.size() + 32);
        base::store_be(bytes_.data() + bytes_.size() - 32, word);
        return *this;
    }
    CallData& add(const Address& address) { return add(base::to_uint256(address)); }
    CallData& add(const Hash& hash) { return add(base::to_uint256(hash)); }
    [[nodiscard]] Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

/// One transaction to be; the builder adds nonce, fees and chain id.
struct Call {
    uint64_t sender;  ///< number of the account
    Address to;
    uint64_t gas_limit;
    Bytes data;
    uint64_t value = 0;  ///< wei
};

/// Collects a workload: accounts that send, contracts with their storage, transactions in order.
class Builder {
public:
    Builder(uint64_t transactions, uint64_t accounts, const Options& options);

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] Random& random() noexcept { return random_; }
    [[nodiscard]] uint64_t transaction_count() const noexcept { return transaction_count_; }
    [[nodiscard]] uint64_t account_count() const noexcept { return accounts_.size(); }
    [[nodiscard]] const Address& account(uint64_t number) const noexcept { return accounts_[number]; }
    /// The next sender: every account once, in a random order, before one comes again.
    uint64_t next_account() noexcept;
    /// A random account that isn't `other`.
    uint64_t another_account(uint64_t other) noexcept;
    /// How many markets, pools, collections and the like suit this number of accounts: a sixteenth, 4 to
    /// `most`.
    [[nodiscard]] uint64_t places(uint64_t most) const noexcept;

    /// Puts a contract into the state, without running its constructor. The address follows from name and
    /// number.
    Contract deploy(const Artifact& artifact, uint64_t number = 0);
    /// The same for code and address given.
    Contract deploy(const Address& address, BytesView code);
    /// An account that holds ether and sends nothing.
    void fund(const Address& address, const uint256& wei);

    /// One transaction before the block; without `to` it creates a contract.
    struct Step {
        std::optional<Address> to;
        Bytes data;
    };
    /// Executes steps of `sender`, an account that sends nothing in the block, and leaves the state that they
    /// make: so contracts construct themselves. Error: one line that names the first step that fails.
    [[nodiscard]] std::expected<void, std::string> play(const Address& sender, std::vector<Step> steps);

    void send(Call call);
    /// Says that the transaction sent last reverts by intention.
    void expect_failure() noexcept { ++expected_failures_; }

    /// Ends it: funds the senders with what they can spend at most and more, sorts the state, fills the
    /// header.
    [[nodiscard]] Workload finish() &&;

private:
    struct Entry {
        Account account;
        Bytes code;
        std::map<uint256, uint256> storage;
    };
    void add_system_contracts();
    [[nodiscard]] std::vector<PrestateAccount> prestate() const;
    void take(const StateDiff& diff);
    [[nodiscard]] Header make_header() const;

    Options options_;
    Random random_;
    uint64_t transaction_count_;
    std::vector<Address> accounts_;
    std::vector<uint64_t> order_;  ///< accounts in sending order
    uint64_t turn_ = 0;
    std::vector<uint64_t> nonces_;  ///< next, by account
    std::vector<uint256> spent_;    ///< at most, by account
    std::map<Address, Entry> state_;
    std::vector<Transaction> transactions_;
    uint64_t expected_failures_ = 0;
};

}  // namespace weft::workload
