#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "weft/evm/machine.hpp"

namespace weft::evm {

struct Rules;

/// Gas that SSTOREs cost beyond the access, and what they add to the refund counter.
struct StorageCharge {
    int64_t gas = 0;
    int64_t refund = 0;
    friend bool operator==(const StorageCharge&, const StorageCharge&) = default;
};

/// What a call of a contract does along one path through its code, as formulas of the call's sender, its
/// input and what the slots hold: a function summary (Godefroid, "Compositional Dynamic Test Generation",
/// POPL 2007). Made from one call that was run (summarize()); holds for each call of the same contract in the
/// same block with input of the same size and no value, from an account, with nothing warm but sender, recipient and
/// coinbase, for which all its conditions hold: such a call succeeds if its gas suffices, changes no more than the places
/// named here, and logs what is said here.
///
/// Each place is a slot of the contract. Its conditions and the values stored there are formulas of the call
/// and of this slot's value alone, so places can be looked at one by one, by different threads.
class Summary {
public:
    /// Of a formula of the call alone.
    using Index = uint16_t;
    struct Place {
        Index key = 0;
        /// What apply() must be given of the call: in most summaries one or two words.
        std::vector<Index> needs;
        /// What the stores there came to in the call that was run. Others mostly have the same.
        StorageCharge charge;
    };
    struct LogFormula {
        std::vector<Index> topics;
        std::vector<Index> data;  ///< words, one after the other
    };

    [[nodiscard]] std::span<const Place> places() const noexcept;
    [[nodiscard]] std::span<const LogFormula> logs() const noexcept;
    /// Gas that the call takes, beyond the transaction's intrinsic gas and what its SSTOREs cost.
    [[nodiscard]] int64_t gas() const noexcept;

    /// One place's part of the call. needs: the values of Place::needs, in that order. value: the slot's; what
    /// the call leaves there, if the result is true. False: a condition doesn't hold, so another path is
    /// taken; then `value` and `charge` mean nothing.
    [[nodiscard]] bool apply(size_t place, const uint256* needs, uint256& value,
                             StorageCharge& charge) const noexcept;
};

/// The formulas of a summary that are of the call alone, for some calls at once.
class SummaryValues {
public:
    static constexpr size_t lanes = 8;
    struct Call {
        Address sender;
        BytesView input;
    };
    /// At most `lanes` calls. A bit for each whose conditions hold, those of single slots aside.
    [[nodiscard]] uint32_t evaluate(const Summary& summary, std::span<const Call> calls);
    /// Precondition: evaluate().
    [[nodiscard]] const uint256& value(Summary::Index formula, size_t call) const noexcept;
};

/// Runs the call on the machine's journal, in a transaction that has begun, and says what it did as a
/// summary; nullopt: it failed, or did what no summary can say. The journal is to be reset then.
/// Preconditions: nobody inspects the machine; message.value is 0; sender, recipient (and coinbase, where rules say so) are warm and nothing else is.
[[nodiscard]] std::optional<Summary> summarize(Machine& machine, const Message& message,
                                               const TransactionContext& transaction);

}  // namespace weft::evm
