#include "weft/execution/optimistic/summaries.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace weft::execution::optimistic {
namespace {

/// Leaves those of the calls, given by their numbers, that do not follow the path.
void leave_others(std::vector<size_t>& open, std::span<const FunctionCall> calls, const evm::Summary& summary,
                  evm::SummaryValues& values, Summaries::ReadSlot read) {
    constexpr size_t lanes = evm::SummaryValues::lanes;
    std::vector<size_t> others;
    for (size_t first = 0; first < open.size(); first += lanes) {
        const auto some = std::span(open).subspan(first, std::min(lanes, open.size() - first));
        std::array<evm::SummaryValues::Call, lanes> inputs;
        for (size_t lane = 0; lane < some.size(); ++lane)
            inputs[lane] = {*calls[some[lane]].sender, calls[some[lane]].data};
        const uint32_t follow = values.evaluate(summary, std::span(inputs).first(some.size()));
        for (size_t lane = 0; lane < some.size(); ++lane)
            if ((follow >> lane & 1) == 0 ||
                !Summaries::slots_allow(summary, values, lane, *calls[some[lane]].to, read))
                others.push_back(some[lane]);
    }
    open = std::move(others);
}

/// A function that is called, and how often.
struct Kind {
    const FunctionCall* first;
    size_t count = 0;
    bool ends_rows = false;
};

/// Whether enough transactions stand together that are no calls, or calls that may stand in a row: in one
/// place, or in several that are longer, for the threads wait for one another where a row begins and ends.
bool may_make_row(const Summaries::Sample& sample, std::span<const Kind> kinds,
                  std::span<const uint8_t> kind_of) {
    constexpr size_t longer = 4;
    size_t begin = 0, rows = 0, length = 0;
    const auto end_at = [&](size_t end) {
        if (end < begin + sample.least_in_row) return;
        ++rows;
        length += end - begin;
    };
    for (size_t i = 0; i < sample.calls.size(); ++i) {
        if (kind_of[i] < kinds.size() && !kinds[kind_of[i]].ends_rows) continue;
        end_at(sample.indices[i]);
        begin = sample.indices[i] + 1;
    }
    end_at(sample.batch_size);
    return rows == 1 || (rows != 0 && length >= longer * sample.least_in_row * rows);
}

}  // namespace

bool Summaries::slots_allow(const evm::Summary& summary, const evm::SummaryValues& values, size_t lane,
                            const Address& contract, ReadSlot read) {
    std::vector<uint256> needs;
    for (size_t p = 0; p < summary.places().size(); ++p) {
        const evm::Summary::Place& place = summary.places()[p];
        needs.clear();
        for (const evm::Summary::Index formula : place.needs) needs.push_back(values.value(formula, lane));
        std::optional<uint256> value = read(contract, values.value(place.key, lane));
        evm::StorageCharge charge;
        if (!value || !summary.apply(p, needs.data(), *value, charge)) return false;
    }
    return true;
}

bool Summaries::learn(const Sample& sample, Summarize summarize, ReadSlot read) {
    const auto& calls = sample.calls;
    std::vector<Kind> kinds;
    std::vector<uint8_t> kind_of(calls.size());
    for (size_t i = 0; i < calls.size(); ++i) {
        const auto same = std::ranges::find_if(kinds, [&](const Kind& kind) {
            return kind.first->data.size() == calls[i].data.size() &&
                   kind.first->selector() == calls[i].selector() && *kind.first->to == *calls[i].to;
        });
        kind_of[i] = static_cast<uint8_t>(same - kinds.begin());
        if (same != kinds.end())
            ++same->count;
        else if (kinds.size() < most_functions)
            kinds.push_back({&calls[i], 1});
    }
    for (Kind& kind : kinds)
        kind.ends_rows = sample.is_last && kind.count < sample.often && !knows(*kind.first);
    // To summarise a function takes as long as some dozens of its calls.
    if (kinds.size() * sample.least_in_row > 2 * sample.batch_size) return false;
    // Those first that are called most: if they can't be summarised, the others need not be.
    std::vector<size_t> order(kinds.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, std::greater{}, [&](size_t kind) { return kinds[kind].count; });
    for (const size_t kind : order) {
        if (!may_make_row(sample, kinds, kind_of)) return false;
        if (kinds[kind].count < sample.often) break;
        std::vector<size_t> mine;
        for (size_t i = 0; i < calls.size() && mine.size() < most_tried; ++i)
            if (kind_of[i] == kind) mine.push_back(i);
        kinds[kind].ends_rows = !learn(calls, mine, summarize, read);
    }
    return may_make_row(sample, kinds, kind_of);
}

bool Summaries::learn(std::span<const FunctionCall> calls, std::span<const size_t> mine, Summarize summarize,
                      ReadSlot read) {
    constexpr unsigned most_in_vain = 2;
    const FunctionCall& first = calls[mine.front()];
    const auto known = std::ranges::find_if(functions_, [&](const Function& f) { return f.takes(first); });
    const bool is_new = known == functions_.end();
    // Who has a contract is of another batch.
    if (is_new ? functions_.size() == most_functions : known->contract != nullptr) return !is_new;
    Function& function = is_new ? functions_.emplace_back() : *known;
    if (is_new) {
        function.number = functions_.size() - 1;
        function.to = *first.to;
        function.selector = first.selector();
        function.input_size = first.data.size();
        function.codes.push_back({.of = function.to, .account = nullptr, .hash = {}});
    }
    unsigned in_vain = 0;
    evm::SummaryValues values;
    std::vector<size_t> open(mine.begin(), mine.end());  // those that follow none of the paths
    const auto leave = [&](Path& path) {
        path.taken += open.size();
        leave_others(open, calls, path.summary, values, read);
        path.taken -= open.size();
    };
    for (Path& path : function.paths) leave(path);
    while (!open.empty() && function.paths.size() < most_paths && in_vain < most_in_vain) {
        auto summary = summarize(open.front());
        open.erase(open.begin());
        if (!summary) {
            ++in_vain;
            continue;
        }
        function.add(std::move(*summary));
        ++function.paths.back().taken;
        leave(function.paths.back());
    }
    std::ranges::sort(function.paths, std::greater{}, &Path::taken);
    for (size_t i = 0; i < function.paths.size(); ++i) function.paths[i].number = static_cast<uint8_t>(i);
    if (!function.paths.empty()) return true;
    functions_.pop_back();
    return false;
}

void Summaries::Function::add(evm::Summary summary) {
    most_places = std::max(most_places, summary.places().size());
    if (const auto& delegate = summary.delegate())
        codes.push_back({.of = *delegate, .account = nullptr, .hash = {}});
    paths.push_back({this, std::move(summary), static_cast<uint8_t>(paths.size())});
}

bool Summaries::learn_path(const FunctionCall& call,
                           base::FunctionRef<std::optional<evm::Summary>()> summarize, ReadSlot read) {
    const auto known = std::ranges::find_if(functions_, [&](const Function& f) { return f.takes(call); });
    if (known == functions_.end() || !known->is_current || known->paths.size() == most_paths) return false;
    evm::SummaryValues values;
    std::vector<size_t> open{0};
    for (const Path& path : known->paths) leave_others(open, {&call, 1}, path.summary, values, read);
    if (open.empty()) return false;
    auto summary = summarize();
    if (!summary) return false;
    known->add(std::move(*summary));
    return true;
}

}  // namespace weft::execution::optimistic
