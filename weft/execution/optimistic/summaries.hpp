#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "weft/base/function_ref.hpp"
#include "weft/evm/summary.hpp"
#include "weft/execution/optimistic/versioned_state.hpp"
#include "weft/execution/predictor.hpp"

namespace weft::execution::optimistic {

/// The summaries of the functions that a block calls often. Made when no other thread is here, then read by
/// all; only for this block, whose number and time they hold.
class Summaries {
public:
    struct Function;
    /// An account's.
    struct Code {
        Address of;
        AccountLocation* account = nullptr;
        Hash hash;
    };
    /// One path through a function.
    struct Path {
        const Function* function;
        evm::Summary summary;
        uint8_t number = 0;  ///< among the function's, of which those come first that calls took most
        size_t taken = 0;    ///< by so many of the calls that were looked at
    };
    struct Function {
        size_t number = 0;  ///< below most_functions
        Address to;
        uint32_t selector = 0;
        size_t input_size = 0;
        AccountLocation* contract = nullptr;
        /// What the paths run: the contract's code, and those it delegates to.
        std::vector<Code> codes;
        /// All of this is still so.
        bool is_current = false;
        std::deque<Path> paths;
        size_t most_places = 0;  ///< of a path
        void add(evm::Summary summary);
        [[nodiscard]] bool takes(const FunctionCall& call) const noexcept {
            return call.data.size() == input_size && call.selector() == selector && *call.to == to;
        }
    };
    static constexpr size_t most_functions = 64;
    static constexpr size_t most_paths = 4;  ///< of a function

    void forget() noexcept { functions_.clear(); }
    [[nodiscard]] bool empty() const noexcept { return functions_.empty(); }
    /// nullptr: nothing is known of what it does.
    [[nodiscard]] const Function* find(const FunctionCall& call) const noexcept {
        for (const Function& function : functions_)
            if (function.takes(call)) return function.is_current ? &function : nullptr;
        return nullptr;
    }
    /// Whether its function has paths here, of whatever code.
    [[nodiscard]] bool knows(const FunctionCall& call) const noexcept {
        return std::ranges::any_of(functions_, [&](const Function& f) { return f.takes(call); });
    }
    [[nodiscard]] std::deque<Function>& functions() noexcept { return functions_; }

    using ReadSlot = base::FunctionRef<std::optional<uint256>(const Address& contract, const uint256& key)>;
    /// Whether a call follows the summary's path also by what the slots hold. values: of its formulas, for
    /// which it does by itself.
    [[nodiscard]] static bool slots_allow(const evm::Summary& summary, const evm::SummaryValues& values,
                                          size_t lane, const Address& contract, ReadSlot read);
    using Summarize = base::FunctionRef<std::optional<evm::Summary>(size_t i)>;
    /// The calls among a batch's transactions, or among those that are looked at.
    struct Sample {
        std::vector<FunctionCall> calls = {};
        std::vector<size_t> indices = {};  ///< in the batch
        size_t batch_size = 0;
        size_t least_in_row = 0;
        size_t often = 2;      ///< of these calls, for a function to be worth a summary
        bool is_last = false;  ///< no larger sample of the batch comes
    };
    /// Summarises the functions that are called often, as long as there may be a row in the batch; goes on
    /// where a smaller sample ended. summarize: the i-th call; nullopt: it can't be. read: what the call
    /// finds; nullopt: that can't be read. False: there is no row, as the sample says.
    [[nodiscard]] bool learn(const Sample& sample, Summarize summarize, ReadSlot read);

    /// Summarises what this call does, of a function that is known, where it takes a path of its own. False:
    /// it takes none, or one that can't be said.
    [[nodiscard]] bool learn_path(const FunctionCall& call,
                                  base::FunctionRef<std::optional<evm::Summary>()> summarize, ReadSlot read);

private:
    static constexpr size_t most_tried = 16;  ///< of a function, for paths that none before took

    /// The same of one function and its calls. False: it has no summary.
    [[nodiscard]] bool learn(std::span<const FunctionCall> calls, std::span<const size_t> mine,
                             Summarize summarize, ReadSlot read);

    std::deque<Function> functions_;
};

}  // namespace weft::execution::optimistic
