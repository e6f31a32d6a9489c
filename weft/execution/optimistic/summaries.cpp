#include "weft/execution/optimistic/summaries.hpp"

#include <algorithm>

namespace weft::execution::optimistic {
namespace {

/// Whether the call follows one of the paths.
bool follows_one_of(const std::deque<Summaries::Path>& paths, const FunctionCall& call,
                    evm::SummaryValues& values, Summaries::ReadSlot read) {
    return std::ranges::any_of(paths, [&](const Summaries::Path& path) {
        const evm::SummaryValues::Call one{*call.sender, call.data};
        return values.evaluate(path.summary, {&one, 1}) != 0 &&
               Summaries::slots_allow(path.summary, values, 0, *call.to, read);
    });
}

/// A function that is called, and how often.
struct Kind {
    const FunctionCall* first;
    size_t count;
};

/// Whether somewhere enough transactions stand together that are no calls, or calls of frequent kinds.
bool may_make_row(const Summaries::Sample& sample, std::span<const Kind> kinds,
                  std::span<const uint8_t> kind_of) {
    size_t begin = 0;
    for (size_t i = 0; i < sample.calls.size(); ++i) {
        if (kind_of[i] < kinds.size() && kinds[kind_of[i]].count >= sample.often) continue;
        if (sample.indices[i] >= begin + sample.least_in_row) return true;
        begin = sample.indices[i] + 1;
    }
    return sample.batch_size >= begin + sample.least_in_row;
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

void Summaries::learn(const Sample& sample,
                      base::FunctionRef<std::optional<evm::Summary>(size_t i)> summarize, ReadSlot read) {
    constexpr size_t most_tried = 16;  // of a function, for paths that none before took
    constexpr unsigned most_in_vain = 2;
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
    if (!may_make_row(sample, kinds, kind_of)) return;
    evm::SummaryValues values;
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
        const FunctionCall& first = *kinds[kind].first;
        if (kinds[kind].count < sample.often || knows(first) || functions_.size() == most_functions) continue;
        Function function;
        function.number = functions_.size();
        function.to = *first.to;
        function.selector = first.selector();
        function.input_size = first.data.size();
        unsigned in_vain = 0;
        size_t tried = 0;
        for (size_t i = 0; i < calls.size() && tried < most_tried; ++i) {
            if (kind_of[i] != kind) continue;
            ++tried;
            if (follows_one_of(function.paths, calls[i], values, read)) continue;
            if (function.paths.size() == most_paths || in_vain == most_in_vain) break;
            if (auto summary = summarize(i))
                function.paths.push_back({nullptr, std::move(*summary)});
            else
                ++in_vain;
        }
        if (function.paths.empty()) continue;
        function.codes.push_back({.of = function.to, .account = nullptr, .hash = {}});
        for (const Path& path : function.paths)
            if (const auto& delegate = path.summary.delegate())
                function.codes.push_back({.of = *delegate, .account = nullptr, .hash = {}});
        for (const Path& path : function.paths)
            function.most_places = std::max(function.most_places, path.summary.places().size());
        Function& kept = functions_.emplace_back(std::move(function));
        for (Path& path : kept.paths) path.function = &kept;
    }
}

}  // namespace weft::execution::optimistic
