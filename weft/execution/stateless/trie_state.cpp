#include "weft/execution/stateless/trie_state.hpp"

namespace weft::execution {

using state::ReadResult;

std::vector<Bytes> AskedKeys::take() const {
    const std::lock_guard lock(mutex_);
    std::vector<Bytes> out;
    for (const Address& address : addresses_) out.emplace_back(address.begin(), address.end());
    for (const Hash& slot : slots_) out.emplace_back(slot.begin(), slot.end());
    return out;
}

ReadResult<std::optional<Account>> TrieState::account(const Address& address) const {
    if (asked_ != nullptr) asked_->note(address);
    auto found = trie_.account(address);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return std::optional<Account>{};
    return std::optional<Account>{(*found)->account};
}

ReadResult<uint256> TrieState::storage(const Address& address, const uint256& key) const {
    if (asked_ != nullptr) asked_->note(key);
    return trie_.storage(address, key);
}

ReadResult<bool> TrieState::has_storage(const Address& address) const {
    auto found = trie_.account(address);
    if (!found) return std::unexpected(std::move(found.error()));
    return *found && (*found)->storage_root != trie::empty_root;
}

ReadResult<Bytes> TrieState::code(const Hash& code_hash) const {
    if (code_hash == crypto::empty_code_hash) return Bytes{};
    return codes_.code(code_hash);
}

ReadResult<Hash> TrieState::block_hash(uint64_t number) const {
    const std::lock_guard lock(mutex_);
    while (hashes_.empty() || oldest_ > number) {
        auto header = ancestors_.header(next_);
        if (!header) return std::unexpected(std::move(header.error()));
        if (!*header) return Hash{};  // the chain begins after the block asked for
        hashes_.push_back(next_);
        oldest_ = (*header)->number;
        next_ = (*header)->parent_hash;
    }
    const uint64_t back = oldest_ + hashes_.size() - 1 - number;
    return back < hashes_.size() ? hashes_[back] : Hash{};
}

}  // namespace weft::execution
