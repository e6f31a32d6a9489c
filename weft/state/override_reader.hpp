#pragma once

#include <unordered_map>

#include "weft/base/hash_map.hpp"
#include "weft/state/reader.hpp"

namespace weft::state {

/// What is put in the place of one account's state; what is absent stays as it is. The fields are those of a
/// state override of eth_call (execution-apis; geth's OverrideAccount).
struct AccountOverride {
    std::optional<uint256> balance = {};  ///< wei
    std::optional<uint64_t> nonce = {};
    std::optional<Bytes> code = {};
    /// Replaces the whole storage (`state`): slots not named are zero.
    std::optional<std::vector<std::pair<uint256, uint256>>> storage = {};
    /// Replaces single slots (`stateDiff`), after `storage` where both are given.
    std::vector<std::pair<uint256, uint256>> storage_diff = {};
};

/// Another reader's state with some accounts overridden: what eth_call and eth_simulate execute on.
///
/// An account whose balance, nonce or code is overridden exists; one with only storage overridden exists if
/// it did before. Fill it before it is read; reading is thread-safe where the base is. has_storage() of an
/// account whose single slots are overridden with zero says what the base says: a reader can't list the slots
/// that remain.
class OverrideReader final : public StateReader {
public:
    /// `base` must outlive this reader.
    explicit OverrideReader(const StateReader& base) : base_(base) {}

    /// Overrides an account; what an earlier call said of the same address is forgotten.
    void set(const Address& address, AccountOverride what);
    /// Overrides a block's hash, for BLOCKHASH.
    void set_block_hash(uint64_t number, const Hash& hash) { block_hashes_[number] = hash; }

    [[nodiscard]] ReadResult<std::optional<Account>> account(const Address& address) const override;
    [[nodiscard]] ReadResult<uint256> storage(const Address& address, const uint256& key) const override;
    [[nodiscard]] ReadResult<bool> has_storage(const Address& address) const override;
    [[nodiscard]] ReadResult<Bytes> code(const Hash& code_hash) const override;
    [[nodiscard]] ReadResult<std::shared_ptr<const Bytes>> shared_code(const Hash& code_hash) const override;
    [[nodiscard]] ReadResult<Hash> block_hash(uint64_t number) const override;
    [[nodiscard]] ReadResult<void> accounts(std::span<const Address> addresses,
                                            std::span<std::optional<Account>> out) const override;
    [[nodiscard]] ReadResult<void> slots(const Address& address, std::span<const uint256> keys,
                                         std::span<uint256> out) const override;
    void prefetch(std::span<const Location> locations) const override { base_.prefetch(locations); }
    [[nodiscard]] uint64_t read_time() const noexcept override { return base_.read_time(); }

private:
    struct HashOf {
        size_t operator()(const Address& address) const noexcept { return hasher(address); }
        size_t operator()(const Hash& hash) const noexcept { return hasher(hash); }
        size_t operator()(const uint256& key) const noexcept { return hasher(key); }
        base::Hasher hasher;
    };
    struct Overridden {
        std::optional<uint256> balance;
        std::optional<uint64_t> nonce;
        std::optional<Hash> code_hash;
        bool replaces_storage = false;
        std::unordered_map<uint256, uint256, HashOf> slots;

        void apply_to(std::optional<Account>& account) const;
    };
    [[nodiscard]] const Overridden* find(const Address& address) const noexcept;

    const StateReader& base_;
    std::unordered_map<Address, Overridden, HashOf> overrides_;
    std::unordered_map<Hash, Bytes, HashOf> codes_;
    std::unordered_map<uint64_t, Hash> block_hashes_;
};

}  // namespace weft::state

namespace weft {
using state::OverrideReader;
}  // namespace weft
