#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "weft/evm/machine.hpp"
#include "weft/evm/storage_charge.hpp"

namespace weft::evm {

class FormulaGraph;
class SummaryMaker;

/// What a call of a contract does along one path through its code, as formulas of the call's sender, its
/// input and what the slots hold: a function summary (Godefroid, "Compositional Dynamic Test Generation",
/// POPL 2007). Made from one call that was run (summarize()); holds for each call of the same contract with
/// the same code in the same block, with input of the same size and no value, by the transaction's origin,
/// with nothing warm but sender, recipient and coinbase, the sender having no code, for which all its
/// conditions hold. Such a call ends
/// as ending() says if its gas suffices (gas(), what its SSTOREs cost, and reserve() of them suffice surely),
/// changes no more than the places named here, and logs what is said here. What it returns
/// isn't said.
///
/// Each place is a slot of the contract. Its conditions and the values stored there are formulas of the call
/// and of this slot's value alone, so places can be looked at one by one, by different threads. Where what
/// the call does depends on several slots at once, some of those that it only reads are pinned: to hold what
/// they held in the call that was run is a condition, and the formulas take it for a constant.
///
/// Immutable. Copies are the same summary.
class Summary {
public:
    /// Of a formula of the call alone.
    using Index = uint16_t;
    enum class Ending : uint8_t {
        success,
        revert,   ///< what it did is undone, gas is taken as far as it came
        failure,  ///< an instruction that is none, or a jump to nowhere: undone, and takes all gas there is
    };
    struct Place {
        Index key = 0;
        /// What apply() must be given of the call: in most summaries one or two words.
        std::vector<Index> needs;
        /// What the stores there came to in the call that was run. Others mostly have the same.
        StorageCharge charge;
        /// False: the call only reads here, apply() leaves the value as it is.
        bool stored = false;
        /// One of its conditions is that it holds what it held in the call that was run.
        bool pinned = false;
    };
    struct LogFormula {
        std::vector<Index> topics;
        std::vector<Index> data;  ///< words, one after the other
    };

    [[nodiscard]] Ending ending() const noexcept { return ending_; }
    [[nodiscard]] std::span<const Place> places() const noexcept { return places_; }
    /// Their address is the contract's.
    [[nodiscard]] std::span<const LogFormula> logs() const noexcept { return logs_; }
    /// Gas that the call takes, beyond the transaction's intrinsic gas and what its SSTOREs cost. Of a
    /// failure it means nothing.
    [[nodiscard]] int64_t gas() const noexcept { return gas_; }
    /// What a call must have beyond the gas that it takes, so that this is enough on all of its way: 2300 for
    /// an SSTORE (EIP-2200), one 63rd for a delegation (EIP-150).
    [[nodiscard]] Gas reserve(Gas taken) const noexcept {
        constexpr Gas store = 2300;
        return store + (delegate_ ? (taken + store) / 63 + 1 : 0);
    }
    /// The account whose code the contract's code delegates the call to: it is to have the same code, too.
    [[nodiscard]] const std::optional<Address>& delegate() const noexcept { return delegate_; }
    /// Of each call that it holds for.
    [[nodiscard]] size_t input_size() const noexcept { return input_size_; }

    /// One place's part of the call. needs: the values of Place::needs, in that order. value: the slot's;
    /// what the call leaves there, if the result is true. False: a condition doesn't hold, so another path is
    /// taken; then `value` and `charge` mean nothing.
    [[nodiscard]] bool apply(size_t place, const uint256* needs, uint256& value,
                             StorageCharge& charge) const noexcept;

private:
    friend class SummaryMaker;
    friend class SummaryValues;

    /// Values of the call: constants first, then one for each step. `opcode` is a function of words, or says
    /// CALLER, CALLDATALOAD (of `offset`) or KECCAK256 (of `count` words).
    struct Step {
        uint8_t opcode = 0;
        uint8_t count = 0;
        uint32_t offset = 0;
        std::array<Index, 4> from{};
    };
    struct Condition {
        Index formula = 0;
        bool truth = false;  ///< whether it is to be non-zero
    };
    /// A word that a place's formulas use: where it lies, and which it is there.
    struct Operand {
        enum Where : uint8_t { constants, needs, results };
        uint8_t where = constants;
        uint8_t index = 0;
        friend bool operator==(const Operand&, const Operand&) = default;
    };
    struct PlaceStep {
        uint8_t opcode = 0;
        std::array<Operand, 3> from;
    };
    struct PlaceCondition {
        Operand formula;
        bool truth = false;
    };
    /// A place's results are the slot's value, then one for each step.
    struct PlaceFormulas {
        std::vector<PlaceStep> steps;
        std::vector<PlaceCondition> conditions;
        std::vector<Operand> stores;  ///< in their order
    };
    static constexpr size_t most_place_steps = 32;

    uint64_t identity_ = 0;  ///< no other summary's
    const Rules* rules_ = nullptr;
    Ending ending_ = Ending::success;
    int64_t gas_ = 0;
    size_t input_size_ = 0;
    std::optional<Address> delegate_;
    std::vector<uint256> constants_;
    std::vector<Step> steps_;
    std::vector<Condition> conditions_;
    std::vector<Place> places_;
    std::vector<PlaceFormulas> formulas_;  ///< of places_
    std::vector<LogFormula> logs_;
};

/// The formulas of a summary that are of the call alone, for some calls at once. One for each thread; it is
/// fastest where it is asked for one summary for long.
class SummaryValues {
public:
    static constexpr size_t lanes = 8;
    struct Call {
        Address sender;
        BytesView input;
    };
    /// At most `lanes` calls. A bit for each whose conditions hold, those of single slots aside; not set
    /// where the input has another size.
    [[nodiscard]] uint32_t evaluate(const Summary& summary, std::span<const Call> calls);
    /// Precondition: evaluate().
    [[nodiscard]] const uint256& value(Summary::Index formula, size_t call) const noexcept {
        return words_[formula][call];
    }

private:
    using Lanes = std::array<uint256, lanes>;

    void hash(const Summary::Step& step, Lanes& out, size_t calls);

    uint64_t summary_ = 0;  ///< whose constants lie in words_
    std::vector<Lanes> words_;
};

/// Runs the call on the machine's journal, in a transaction that has begun, and says what it did as a
/// summary; nullopt: it ended in another way than Summary::Ending, or did what no summary can say, or code is
/// another account's (EIP-7702). The journal is to be reset then. What no summary can say is not run to its
/// end; afterwards the machine has no stop flag.
/// Preconditions: nobody inspects the machine; sender, recipient (and coinbase, where the rules say so) are
/// warm and nothing else is.
[[nodiscard]] std::optional<Summary> summarize(Machine& machine, const Message& message,
                                               const TransactionContext& transaction);

}  // namespace weft::evm
