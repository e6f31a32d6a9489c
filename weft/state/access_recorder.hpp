#pragma once

#include <vector>

#include "weft/primitives/access_list.hpp"
#include "weft/state/journal.hpp"

namespace weft::state {

/// What a step of a block (see primitives::BlockAccessIndex) made of an account. `Place` stands for the
/// account: a journal's entry, or whatever an executor keeps beyond the journal.
template <class Place>
struct AccountStep {
    enum Changes : uint8_t {
        balance_changed = 1,
        nonce_changed = 2,
        code_changed = 4,
        balance_floats = 8,  ///< an executor's own mark: the balance is known only as a difference so far
    };
    Place* account = nullptr;
    primitives::BlockAccessIndex index = 0;
    uint8_t changes = 0;
    uint64_t nonce = 0;
    uint256 balance;
    const Code* code = nullptr;  ///< nullptr: none
};

template <class Place>
struct SlotStep {
    Place* slot = nullptr;
    primitives::BlockAccessIndex index = 0;
    uint256 value;
};

/// Gathers what the transactions of a journal change, one after another, for the block's access list
/// (EIP-7928). What they access the journal itself knows: its loaded accounts and slots.
class AccessRecorder final : public TransactionObserver {
public:
    /// Forgets everything.
    void clear() noexcept {
        accounts_.clear();
        slots_.clear();
        index_ = 0;
    }
    /// The step that the transactions ending from now on belong to.
    void set_index(primitives::BlockAccessIndex index) noexcept { index_ = index; }
    void transaction_ended(Journal& journal) override;

    [[nodiscard]] const std::vector<AccountStep<AccountEntry>>& accounts() const noexcept {
        return accounts_;
    }
    [[nodiscard]] const std::vector<SlotStep<SlotEntry>>& slots() const noexcept { return slots_; }

private:
    primitives::BlockAccessIndex index_ = 0;
    std::vector<AccountStep<AccountEntry>> accounts_;
    std::vector<SlotStep<SlotEntry>> slots_;
};

/// The access list of all that a journal did.
[[nodiscard]] primitives::BlockAccessList make_access_list(const Journal& journal,
                                                           const AccessRecorder& recorder);

}  // namespace weft::state
