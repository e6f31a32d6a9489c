#include <algorithm>
#include <atomic>
#include <bit>

#include "weft/evm/summarizer.hpp"

namespace weft::evm {
namespace {

/// Formulas that a summary may have, those of its places included.
constexpr size_t most_formulas = 256;

uint64_t next_identity() noexcept {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::optional<Summary::Ending> ending_of(Status status) noexcept {
    switch (status) {
        case Status::success:
            return Summary::Ending::success;
        case Status::revert:
            return Summary::Ending::revert;
        case Status::invalid_instruction:
        case Status::bad_jump_destination:
            return Summary::Ending::failure;
        default:
            return std::nullopt;
    }
}

/// Places' formulas are functions of words.
bool can_say(const Formula& formula) noexcept {
    return formula.opcode != OP_GAS && (formula.opcode != OP_KECCAK256 || formula.places == 0);
}

/// Another account's code (EIP-7702) may change without this one's doing so.
bool has_own_code(state::Journal& journal, const Address& address) {
    state::AccountEntry* const account = journal.account(address);
    const Code* const code = account != nullptr ? journal.code(*account) : nullptr;
    return code != nullptr && !code->bytes().empty() && !code->delegation();
}

/// Whether a call that was handed on to this account says of others what they do.
bool may_be_delegate(state::Journal& journal, const Address& delegate, Summary::Ending ending,
                     const Message& message) {
    // Who seems to send, though his code forbids it, is warm in no other's call.
    if (delegate == message.sender || !has_own_code(journal, delegate)) return false;
    // Of less gas a 64th stays where the delegate takes the rest: the call may end in another way than this.
    return ending != Summary::Ending::failure;
}

/// Whether the summary says of the call that was run what it did.
bool describes(const Summary& summary, const SummaryPath& path, const Message& message) {
    SummaryValues values;
    const SummaryValues::Call call{message.sender, message.input};
    if (values.evaluate(summary, {&call, 1}) != 1) return false;
    const auto same = [&](Summary::Index formula, FormulaGraph::Index real) {
        return values.value(formula, 0) == path.graph[real].value;
    };
    for (size_t i = 0; i < path.places.size(); ++i) {
        const Summary::Place& place = summary.places()[i];
        if (!same(place.key, path.places[i].key)) return false;
        std::vector<uint256> needs;
        for (const Summary::Index need : place.needs) needs.push_back(values.value(need, 0));
        uint256 value = path.graph[path.places[i].slot].value;
        StorageCharge charge;
        if (!summary.apply(i, needs.data(), value, charge)) return false;
        if (value != path.graph[path.places[i].now].value || charge != place.charge) return false;
    }
    for (size_t i = 0; i < path.logs.size(); ++i)
        if (!std::ranges::equal(summary.logs()[i].topics, path.logs[i].topics, same) ||
            !std::ranges::equal(summary.logs()[i].data, path.logs[i].data, same))
            return false;
    return true;
}

}  // namespace

std::optional<Summary> summarize(Machine& machine, const Message& message,
                                 const TransactionContext& transaction) {
    if (message.kind != CallKind::call || message.is_static || !message.value.is_zero() ||
        transaction.origin != message.sender)
        return std::nullopt;
    state::Journal& journal = machine.journal();
    if (!has_own_code(journal, message.recipient)) return std::nullopt;

    Summarizer summarizer(message);
    const int64_t refund_before = journal.refund();
    machine.set_inspector(&summarizer);
    machine.set_stop_flag(&summarizer.gave_up());
    const CallResult result = machine.execute(message, transaction);
    machine.set_inspector(nullptr);
    machine.set_stop_flag(nullptr);
    SummaryPath* const path = summarizer.path();
    const auto ending = ending_of(result.status);
    if (!ending || path == nullptr) return std::nullopt;
    if (path->delegate && !may_be_delegate(journal, *path->delegate, *ending, message)) return std::nullopt;
    if (*ending != Summary::Ending::success)
        path->undo(*ending);
    else if (path->delegate_reverted)
        return std::nullopt;

    StorageCharge charged;
    for (const SummaryPath::Place& place : path->places) charged += place.charge;
    if (journal.refund() - refund_before != charged.refund) return std::nullopt;
    const auto used = static_cast<Gas>(message.gas - result.gas_left);
    auto summary =
        SummaryMaker::make(*path, {summarizer.rules(), *ending, used - charged.gas, message.input.size()});
    if (!summary || !describes(*summary, *path, message)) return std::nullopt;
    return summary;
}

std::optional<Summary> SummaryMaker::make(SummaryPath& path, const Call& call) {
    SummaryMaker maker(path);
    if (!maker.part_places()) return std::nullopt;
    maker.tell_places_apart();
    maker.drop_implied();
    if (path.graph.full()) return std::nullopt;
    maker.mark_needed();
    if (static_cast<size_t>(std::ranges::count(maker.needed_, true)) > most_formulas) return std::nullopt;
    for (Index i = 0; i < path.graph.size(); ++i)
        if (maker.needed_[i] && !can_say(path.graph[i])) return std::nullopt;

    Summary& summary = maker.summary_;
    summary.identity_ = next_identity();
    summary.rules_ = &call.rules;
    summary.ending_ = call.ending;
    summary.gas_ = call.gas;
    summary.input_size_ = call.input_size;
    summary.delegate_ = path.delegate;
    summary.places_.resize(path.places.size());
    summary.formulas_.resize(path.places.size());
    maker.place_constants();
    maker.place_steps();
    maker.add_roots();
    for (const Summary::PlaceFormulas& formulas : summary.formulas_)
        if (formulas.steps.size() > Summary::most_place_steps) return std::nullopt;
    return std::move(summary);
}

bool SummaryMaker::part_places() {
    for (;;) {
        path_.use_known();
        if (graph_.full()) return false;
        const uint16_t to_pin = places_to_pin();
        if (to_pin == 0) return true;
        for (size_t i = 0; i < path_.places.size(); ++i)
            if ((to_pin >> i & 1) != 0 && !path_.pin(i)) return false;
    }
}

uint16_t SummaryMaker::places_to_pin() const {
    const auto places_of = [&](const std::vector<Index>& formulas) {
        uint16_t out = 0;
        for (const Index formula : formulas) out |= graph_[formula].places;
        return out;
    };
    // Keys and logs are of the call alone, stores of it and of their own place.
    uint16_t out = 0;
    for (size_t i = 0; i < path_.places.size(); ++i) {
        out |= graph_[path_.places[i].key].places;
        out |= places_of(path_.places[i].stores) & ~(1u << i);
    }
    for (const SummaryPath::LogFormula& log : path_.logs) out |= places_of(log.topics) | places_of(log.data);
    if (out != 0) return out;
    // A condition leaves a choice: rather one that is there for all calls.
    for (const SummaryPath::Condition& condition : path_.conditions) {
        const uint16_t all = graph_[condition.formula].places;
        if (std::popcount(all) < 2) continue;
        const auto fitness = [&](size_t i) {
            const SummaryPath::Place& place = path_.places[i];
            return (all >> i & 1) == 0                ? 0
                   : !place.stores.empty()            ? 1
                   : !graph_[place.key].is_constant() ? 2
                                                      : 3;
        };
        size_t best = 0;
        for (size_t i = 1; i < path_.places.size(); ++i)
            if (fitness(i) > fitness(best)) best = i;
        return static_cast<uint16_t>(1u << best);
    }
    return 0;
}

void SummaryMaker::tell_places_apart() {
    for (size_t i = 0; i < path_.places.size(); ++i)
        for (size_t j = 0; j < i; ++j)
            path_.require(graph_.apply(OP_EQ, path_.places[i].key, path_.places[j].key));
}

void SummaryMaker::drop_implied() {
    // Pinned: a condition that holds says what it is. Fixed through its operands: all of them are fixed.
    std::vector<bool> pinned(graph_.size()), through(graph_.size());
    const auto pinned_by = [&](const SummaryPath::Condition& condition) {
        const Formula& formula = graph_[condition.formula];
        const bool tells =
            formula.opcode == OP_EQ && condition.truth && graph_[formula.from[1]].is_constant();
        return tells ? formula.from[0] : condition.formula;
    };
    for (const SummaryPath::Condition& condition : path_.conditions) {
        const Index at = pinned_by(condition);
        if (!condition.truth || graph_[condition.formula].width <= 1) pinned[at] = true;
    }
    for (Index i = 0; i < graph_.size(); ++i) {
        const Formula& formula = graph_[i];
        through[i] = formula.is_constant() || formula.count > 0;
        for (size_t k = 0; k < formula.count; ++k)
            if (!pinned[formula.from[k]] && !through[formula.from[k]]) through[i] = false;
    }
    // What a condition rests on when it is dropped comes before what it pins itself, so none rests on itself.
    std::erase_if(path_.conditions, [&](const auto& condition) { return through[pinned_by(condition)]; });
}

void SummaryMaker::mark_needed() {
    needed_.resize(graph_.size());
    for (const SummaryPath::Condition& condition : path_.conditions) needed_[condition.formula] = true;
    for (const SummaryPath::Place& place : path_.places) {
        needed_[place.key] = true;
        for (const Index stored : place.stores) needed_[stored] = true;
    }
    for (const SummaryPath::LogFormula& log : path_.logs) {
        for (const Index topic : log.topics) needed_[topic] = true;
        for (const Index word : log.data) needed_[word] = true;
    }
    for (Index i = graph_.size(); i-- > 0;)
        for (size_t k = 0; needed_[i] && k < graph_[i].count; ++k) needed_[graph_[i].from[k]] = true;
}

void SummaryMaker::place_constants() {
    registers_.resize(graph_.size());
    for (Index i = 0; i < graph_.size(); ++i) {
        if (!needed_[i] || !graph_[i].is_constant()) continue;
        registers_[i] = static_cast<Index>(summary_.constants_.size());
        summary_.constants_.push_back(graph_[i].value);
    }
}

void SummaryMaker::place_steps() {
    operands_.resize(graph_.size());
    for (Index i = 0; i < graph_.size(); ++i) {
        const Formula& formula = graph_[i];
        if (!needed_[i] || formula.is_constant()) continue;
        if (formula.places != 0) {
            add_place_step(i);
            continue;
        }
        registers_[i] = static_cast<Index>(summary_.constants_.size() + summary_.steps_.size());
        Summary::Step step{.opcode = formula.opcode, .count = formula.count, .offset = formula.of};
        for (size_t k = 0; k < formula.count; ++k) step.from[k] = registers_[formula.from[k]];
        summary_.steps_.push_back(step);
    }
}

void SummaryMaker::add_place_step(Index i) {
    const Formula& formula = graph_[i];
    const auto place = static_cast<size_t>(std::countr_zero(formula.places));
    operands_[i] = {Summary::Operand::results, 0};
    if (formula.opcode == OP_SLOAD) return;
    Summary::PlaceStep step{.opcode = formula.opcode, .from = {}};
    // Operands that the opcode doesn't take are the first one, so that they are something.
    for (size_t k = 0; k < step.from.size(); ++k)
        step.from[k] = operand(place, formula.from[k < formula.count ? k : 0]);
    std::vector<Summary::PlaceStep>& steps = summary_.formulas_[place].steps;
    steps.push_back(step);
    operands_[i].index = static_cast<uint8_t>(steps.size());
}

Summary::Operand SummaryMaker::operand(size_t place, Index i) {
    if (graph_[i].places != 0) return operands_[i];
    if (graph_[i].is_constant()) return {Summary::Operand::constants, static_cast<uint8_t>(registers_[i])};
    std::vector<Index>& needs = summary_.places_[place].needs;
    const auto found = std::ranges::find(needs, registers_[i]);
    const auto index = static_cast<uint8_t>(found - needs.begin());
    if (found == needs.end()) needs.push_back(registers_[i]);
    return {Summary::Operand::needs, index};
}

void SummaryMaker::add_roots() {
    for (const SummaryPath::Condition& condition : path_.conditions) {
        const uint16_t places = graph_[condition.formula].places;
        if (places == 0) {
            summary_.conditions_.push_back({registers_[condition.formula], condition.truth});
            continue;
        }
        const auto place = static_cast<size_t>(std::countr_zero(places));
        summary_.formulas_[place].conditions.push_back({operands_[condition.formula], condition.truth});
    }
    for (size_t i = 0; i < path_.places.size(); ++i) {
        const SummaryPath::Place& place = path_.places[i];
        summary_.places_[i].key = registers_[place.key];
        summary_.places_[i].charge = place.charge;
        summary_.places_[i].stored = !place.stores.empty() && summary_.ending_ == Summary::Ending::success;
        summary_.places_[i].pinned = place.pinned;
        for (const Index stored : place.stores) summary_.formulas_[i].stores.push_back(operand(i, stored));
    }
    const auto registered = [&](const std::vector<Index>& formulas) {
        std::vector<Index> out;
        for (const Index formula : formulas) out.push_back(registers_[formula]);
        return out;
    };
    for (const SummaryPath::LogFormula& log : path_.logs)
        summary_.logs_.push_back({registered(log.topics), registered(log.data)});
}

}  // namespace weft::evm
