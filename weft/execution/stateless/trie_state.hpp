#pragma once

#include <mutex>
#include <set>
#include <vector>

#include "weft/execution/validation/ancestors.hpp"
#include "weft/state/reader.hpp"
#include "weft/trie/state_trie.hpp"

namespace weft::execution {

/// Codes by their hash.
class CodeSource {
public:
    virtual ~CodeSource() = default;
    /// An unknown hash is a StateError. Called by many threads at once.
    [[nodiscard]] virtual state::ReadResult<Bytes> code(const Hash& hash) const = 0;
};

/// The addresses and slots that a state was asked for. Thread-safe.
class AskedKeys {
public:
    void note(const Address& address) {
        const std::lock_guard lock(mutex_);
        addresses_.insert(address);
    }
    void note(const uint256& slot) {
        const std::lock_guard lock(mutex_);
        slots_.insert(base::to_hash(slot));
    }
    /// Each once: the addresses, then the slots, ascending.
    [[nodiscard]] std::vector<Bytes> take() const;

private:
    mutable std::mutex mutex_;
    std::set<Address> addresses_;
    std::set<Hash> slots_;
};

/// A state as its commitment has it, of the trie's last root: accounts and slots from the trie, codes by
/// hash, block hashes from the chain of headers. What it can't find is an error, never an empty account.
/// Thread-safe.
class TrieState final : public StateReader {
public:
    /// parent: the newest block that BLOCKHASH may ask for. What is referred to outlives this. asked: hears
    /// what is read; may be nullptr.
    TrieState(const trie::StateTrie& trie, const CodeSource& codes, const Ancestors& ancestors,
              const Hash& parent, AskedKeys* asked = nullptr)
        : trie_(trie), codes_(codes), ancestors_(ancestors), asked_(asked), next_(parent) {}

    [[nodiscard]] state::ReadResult<std::optional<Account>> account(const Address& address) const override;
    [[nodiscard]] state::ReadResult<uint256> storage(const Address& address,
                                                     const uint256& key) const override;
    [[nodiscard]] state::ReadResult<bool> has_storage(const Address& address) const override;
    [[nodiscard]] state::ReadResult<Bytes> code(const Hash& code_hash) const override;
    [[nodiscard]] state::ReadResult<Hash> block_hash(uint64_t number) const override;

private:
    const trie::StateTrie& trie_;
    const CodeSource& codes_;
    const Ancestors& ancestors_;
    AskedKeys* asked_;
    mutable std::mutex mutex_;
    mutable std::vector<Hash> hashes_;  ///< of the ancestors met so far, the parent's first; under mutex_
    mutable uint64_t oldest_ = 0;       ///< the number of the last of them; under mutex_
    mutable Hash next_;                 ///< the hash of the one before it; under mutex_
};

}  // namespace weft::execution
