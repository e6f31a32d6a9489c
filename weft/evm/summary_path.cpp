// A path's conditions, and what follows from them.
#include <algorithm>

#include "weft/evm/summarizer.hpp"

namespace weft::evm {

void SummaryPath::require(Index formula) {
    bool truth = !graph[formula].value.is_zero();
    while (graph[formula].opcode == OP_ISZERO) {
        formula = graph[formula].from[0];
        truth = !truth;
    }
    if (graph[formula].opcode == OP_SUB || graph[formula].opcode == OP_XOR) {
        formula = graph.apply(OP_EQ, graph[formula].from[0], graph[formula].from[1]);
        truth = !truth;
    }
    if (graph[formula].is_constant()) return;
    const Condition condition{formula, truth};
    if (std::ranges::find(conditions, condition) == conditions.end()) conditions.push_back(condition);
}

void SummaryPath::undo(Summary::Ending ending) {
    logs.clear();
    for (Place& place : places) {
        place.now = place.slot;
        place.charge.refund = 0;
        if (ending == Summary::Ending::revert) continue;
        place.charge = {};
        place.stores.clear();
    }
}

std::optional<SummaryPath::Equality> SummaryPath::equality(const Condition& condition) {
    const Formula formula = graph[condition.formula];
    if (formula.places == 0) return std::nullopt;
    if (!condition.truth) return Equality{condition.formula, graph.constant(0)};
    for (size_t k = 0; formula.opcode == OP_EQ && k < 2; ++k)
        if (graph[formula.from[k]].places == 0) return Equality{formula.from[1 - k], formula.from[k]};
    if (formula.width <= 1) return Equality{condition.formula, graph.constant(1)};
    return std::nullopt;
}

void SummaryPath::use_known() {
    constexpr Index itself = 0xffff;
    std::vector<std::optional<Equality>> equalities;
    for (const Condition& condition : conditions) equalities.push_back(equality(condition));
    std::vector<Index> is(graph.size(), itself);
    for (std::optional<Equality>& one : equalities) {
        if (one && is[one->formula] == itself)
            is[one->formula] = one->is;
        else
            one.reset();
    }
    // A formula anew, of what stands for its operands now; and what stands for it. Those of the call first:
    // they are what others may be known to be.
    std::vector<Index> anew(graph.size()), now(graph.size());
    FormulaGraph out;
    for (const bool of_call : {true, false})
        for (Index i = 0; i < graph.size(); ++i) {
            const Formula& formula = graph[i];
            if ((formula.places == 0) != of_call) continue;
            std::array<Index, 4> from{};
            for (size_t k = 0; k < formula.count; ++k) from[k] = now[formula.from[k]];
            anew[i] = out.like(formula, from);
            now[i] = is[i] == itself ? anew[i] : now[is[i]];
        }
    graph = std::move(out);
    // A condition that says what a formula is stays one on that formula.
    const std::vector<Condition> before = std::exchange(conditions, {});
    for (size_t i = 0; i < before.size(); ++i) {
        const std::optional<Equality>& says = equalities[i];
        if (!says)
            require(now[before[i].formula]);
        else if (says->formula == before[i].formula)
            require(anew[says->formula]);
        else
            require(graph.apply(OP_EQ, anew[says->formula], now[says->is]));
    }
    for (Place& place : places) place.slot = anew[place.slot];
    replace(now);
}

void SummaryPath::replace(const std::vector<Index>& now) {
    const auto replace_all = [&](std::vector<Index>& formulas) {
        for (Index& formula : formulas) formula = now[formula];
    };
    for (Place& place : places) {
        place.key = now[place.key];
        place.now = now[place.now];
        replace_all(place.stores);
    }
    for (LogFormula& log : logs) {
        replace_all(log.topics);
        replace_all(log.data);
    }
}

bool SummaryPath::pin(size_t i) {
    Place& place = places[i];
    const uint256 value = graph[place.slot].value;
    // What lies at a key of the call is its own, but for flags.
    const bool is_shared = graph[place.key].is_constant() || value <= uint256{1};
    if (!place.stores.empty() || place.pinned || !is_shared) return false;
    place.pinned = true;
    require(graph.apply(OP_EQ, place.slot, graph.constant(value)));
    return true;
}

}  // namespace weft::evm
