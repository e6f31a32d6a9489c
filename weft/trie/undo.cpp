#include "weft/trie/undo.hpp"

#include <algorithm>
#include <tuple>

namespace weft::trie {

UndoBatch::UndoBatch(std::vector<std::unique_ptr<UndoLog>> logs) : logs_(std::move(logs)) {
    std::vector<Line> lines;
    for (const auto& log : logs_)
        for (const auto& entry : log->entries_) lines.push_back({log.get(), &entry});
    // Of one key the oldest comes first. Within a round a key is met once, and its account's wiped storage
    // before its slots.
    std::ranges::sort(lines, [](const Line& a, const Line& b) {
        const auto key = [](const Line& line) {
            return std::tie(line.entry->account(), line.entry->what, line.entry->key, line.entry->round);
        };
        return key(a) < key(b);
    });
    // Nothing below moves once its address is known.
    slots_.reserve(lines.size());
    updates_.reserve(lines.size());
    for (size_t begin = 0; begin < lines.size();) {
        size_t end = begin + 1;
        while (end < lines.size() && lines[end].entry->account() == lines[begin].entry->account()) ++end;
        add_account(std::span(lines).subspan(begin, end - begin));
        begin = end;
    }
    uint32_t work = 0;
    for (AccountUpdate& update : updates_) {
        update.work_before = work;
        work += 1 + static_cast<uint32_t>(update.slots.size());
        update.work_through = work;
    }
}

/// All lines of one account.
void UndoBatch::add_account(std::span<const Line> lines) {
    using What = UndoLog::What;
    AccountUpdate& update = updates_.emplace_back();
    Change change{lines.front().entry->account().view(), {}, &update};
    const Line* known = nullptr;    // the account before
    const Line* storage = nullptr;  // its storage before it was wiped
    const size_t first_slot = slots_.size();
    const UndoLog::Entry* previous = nullptr;
    for (const Line& line : lines) {
        const UndoLog::Entry& entry = *line.entry;
        if (entry.what == What::account && known == nullptr) known = &line;
        if (entry.what == What::storage && storage == nullptr) storage = &line;
        if (entry.what != What::slot) continue;
        const bool is_oldest = previous == nullptr || previous->key != entry.key;
        previous = &entry;
        // What was overwritten after the wipe is not in the storage that comes back.
        if (!is_oldest || (storage != nullptr && entry.round >= storage->entry->round)) continue;
        slots_.push_back({entry.key.view(), entry.value()});
    }
    if (known != nullptr) {
        change.value = known->entry->value();
        update.removed = change.value.empty();
    }
    if (storage != nullptr) update.restored = &storage->log->detached_[storage->entry->number];
    update.slots = std::span(slots_).subspan(first_slot);
    changes_.push_back(change);
}

}  // namespace weft::trie
