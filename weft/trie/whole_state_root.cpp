#include "weft/trie/whole_state_root.hpp"

#include "weft/trie/roots.hpp"

namespace weft::trie {

void WholeStateRoot::commit(std::span<const state::CommittedAccount> accounts,
                            std::span<const state::CommittedSlot> slots) {
    for (const auto& account : accounts) {
        if (!account.value) {
            state_.remove_account(account.address);
            continue;
        }
        if (account.storage_wiped) state_.clear_storage(account.address);
        state_.set_account(account.address, *account.value);
    }
    for (const auto& slot : slots) state_.set_storage(slot.address, slot.key, slot.value);
}

state::ReadResult<Hash> WholeStateRoot::root() { return state_root(state_); }

}  // namespace weft::trie
