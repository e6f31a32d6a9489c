#include "weft/trie/state_trie.hpp"

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::trie {
namespace {

/// Precondition: check_node has accepted it.
TrieAccount read_account(BytesView rlp) {
    TrieAccount out;
    primitives::rlp::Decoder in(rlp);
    in.begin_list("account");
    in.read(out.account.nonce, "nonce");
    in.read(out.account.balance, "balance");
    in.read(out.storage_root, "storageRoot");
    in.read(out.account.code_hash, "codeHash");
    return out;
}

}  // namespace

StateTrie::StateTrie(const state::MemoryState& state, const TrieOptions& options) : StateTrie(options) {
    state.for_each_account([&](const Address& address, const state::Account& account) {
        pending_.add(address, account, false);
        state.for_each_slot(
            address, [&](const uint256& key, const uint256& value) { pending_.add(address, key, value); });
    });
    // Nothing can be missing where nothing was before.
    static_cast<void>(root());
    pending_ = {};
}

void StateTrie::commit(std::span<const state::CommittedAccount> accounts,
                       std::span<const state::CommittedSlot> slots) {
    pending_.add(accounts, slots);
}

void StateTrie::commit(const state::StateDiff& diff) {
    if (diff_.empty() && pending_.empty() && diff_.take(diff, forest_)) return;
    pending_.add(diff);
}

template <class Batch>
ReadResult<void> StateTrie::take_in(Batch& batch, base::FunctionRef<std::span<const Change>()> changes) {
    if (batch.empty()) return {};
    ReadResult<void> updated;
    forest_.together(batch.size(), [&] { updated = forest_.update(root_, changes(), accounts_place); });
    if (updated) batch.clear();
    return updated;
}

ReadResult<void> StateTrie::update() {
    if (forest_.is_reverting())
        return std::unexpected(StateError{.message = "revert() failed, and has not succeeded since"});
    if (auto taken = take_in(diff_, [&] { return diff_.changes(); }); !taken) return taken;
    if (auto taken = take_in(pending_, [&] { return pending_.changes(forest_); }); !taken) return taken;
    forest_.hash(root_);
    return {};
}

ReadResult<Hash> StateTrie::root() {
    if (auto updated = update(); !updated) return std::unexpected(std::move(updated.error()));
    return root_.hash;
}

ReadResult<void> StateTrie::check_whole() const {
    if (!root_.is_dirty && !forest_.is_reverting()) return {};
    return std::unexpected(StateError{
        .message = "the trie is between two states: root() or revert() failed, and has not succeeded since"});
}

ReadResult<void> StateTrie::mark() {
    if (auto whole = check_whole(); !whole) return whole;
    forest_.mark();
    return {};
}

ReadResult<Hash> StateTrie::revert() {
    // Without one nothing may be forgotten: part of it may be in the trie.
    if (!forest_.is_marked()) return std::unexpected(StateError{.message = "there is no mark to go back to"});
    diff_.clear();
    pending_.clear();
    if (auto reverted = forest_.revert(root_, accounts_place); !reverted)
        return std::unexpected(std::move(reverted.error()));
    return root();
}

ReadResult<std::optional<TrieAccount>> StateTrie::account(const Address& address, PathVisitor visit) const {
    if (auto whole = check_whole(); !whole) return std::unexpected(std::move(whole.error()));
    const auto found = forest_.walk(root_, crypto::keccak256(address.view()).view(), accounts_place, visit);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return read_account((*found)->value);
}

ReadResult<uint256> StateTrie::storage(const Address& address, const uint256& key, PathVisitor visit) const {
    if (auto whole = check_whole(); !whole) return std::unexpected(std::move(whole.error()));
    const Hash owner = crypto::keccak256(address.view());
    const auto account = forest_.walk(root_, owner.view(), accounts_place, [](const PathNode&) {});
    if (!account) return std::unexpected(account.error());
    if (!*account) return uint256{};
    const Forest::Root root{.ref = (*account)->below, .hash = read_account((*account)->value).storage_root};
    const Hash slot = crypto::keccak256(base::to_hash(key).view());
    const auto found =
        forest_.walk(root, slot.view(), {.left = 2 * Hash::size(), .owner = owner.view()}, visit);
    if (!found) return std::unexpected(found.error());
    if (!*found) return uint256{};
    uint256 value;
    primitives::rlp::Decoder in((*found)->value);
    in.read(value, "value");
    if (!in.finish()) return std::unexpected(StateError{.message = "a storage slot that is no number"});
    return value;
}

}  // namespace weft::trie
