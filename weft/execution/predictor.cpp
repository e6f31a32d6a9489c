#include "weft/execution/predictor.hpp"

#include <algorithm>
#include <bitset>

#include "weft/crypto/keccak.hpp"
#include "weft/evm/preimage_cache.hpp"

namespace weft::execution {
namespace {

using Step = Footprint::Step;
using Word = Footprint::Word;
using Note = evm::PreimageCache::Entry;

constexpr size_t word_size = 32;
constexpr size_t most_arguments = 16;
/// Runs in a row that may not touch what a step says, until it is given up.
constexpr uint8_t most_missed = 4;

/// The bytes of the argument, or nullptr where call data ends before it does.
const uint8_t* argument(const FunctionCall& call, size_t index) noexcept {
    const size_t at = 4 + index * word_size;
    return at + word_size <= call.data.size() ? call.data.data() + at : nullptr;
}

bool is_address(const uint8_t* word, const Address& address) noexcept {
    constexpr size_t zeros = word_size - sizeof(Address);
    return std::memcmp(word + zeros, address.data(), sizeof(Address)) == 0 &&
           std::all_of(word, word + zeros, [](uint8_t byte) { return byte == 0; });
}

bool is_small(const uint8_t* word) noexcept {
    return std::all_of(word, word + word_size - 2, [](uint8_t byte) { return byte == 0; });
}

const uint8_t* message_of(const Note& note) noexcept {
    return reinterpret_cast<const uint8_t*>(note.message);
}

/// A footprint in the making: what was known, and what one more run has shown.
class Draft {
public:
    Draft(const FunctionCall& call, const Footprint* known, std::span<const Note* const> notes)
        : call_(call), notes_(notes), made_(std::make_unique<Footprint>()) {
        made_->to = *call.to;
        made_->selector = call.selector();
        if (known == nullptr) return;
        known_count_ = made_->step_count = known->step_count;
        made_->steps = known->steps;
        made_->constant_count = known->constant_count;
        made_->constants = known->constants;
        for (size_t i = 0; i < known_count_; ++i) made_->missed[i] = known->missed[i].load();
        made_->runs = known->runs.load();
    }

    void learn(const Journal& journal) {
        const state::AccountEntry* const account = journal.find(*call_.to);
        if (account == nullptr) return;
        const auto touched = [&](const uint256& key) {
            const state::SlotEntry* const slot = journal.find(*account, key);
            return slot != nullptr && slot->seen_in == journal.transaction();
        };
        for (size_t i = 0; i < notes_.size(); ++i) {
            uint8_t slots = 0;
            for (unsigned k = 0; k < Footprint::slots_of_step; ++k)
                if (touched(notes_[i]->hash + k)) slots |= static_cast<uint8_t>(1U << k);
            if (slots == 0) continue;
            if (const auto step = step_of(i, 0)) {
                add_slots(*step, slots);
                explained_.set(i);
            }
        }
        drop_missed();
        remove_idle_steps();
        learn_constants(journal, *account, touched);
    }

    /// Whether it says anything else than what was known.
    [[nodiscard]] bool changed() const noexcept { return changed_; }
    [[nodiscard]] std::unique_ptr<const Footprint> take() noexcept { return std::move(made_); }
    [[nodiscard]] const Footprint& footprint() const noexcept { return *made_; }

private:
    /// The step that computes the note's hash; nullopt: there is no room for it.
    std::optional<uint8_t> step_of(size_t note, uint8_t depth) {
        Step step;
        for (size_t w = 0; w < step.words.size(); ++w) {
            const auto word = word_of(note, w, step, depth);
            if (!word) return std::nullopt;
            step.words[w] = *word;
        }
        for (uint8_t i = 0; i < made_->step_count; ++i)
            if (made_->steps[i].computes_the_same(step)) return i;
        if (made_->step_count == Footprint::most_steps) return std::nullopt;
        made_->steps[made_->step_count] = step;
        return made_->step_count++;
    }

    /// What a word of the note's message is. Solidity hashes a key and the mapping's place, a constant: that
    /// decides where a word could be both.
    std::optional<Word> word_of(size_t note, size_t w, Step& step, uint8_t depth) {
        const uint8_t* const word = message_of(*notes_[note]) + w * word_size;
        const uint256 value = base::load_be(word);
        for (size_t i = 0; i < note; ++i) {
            if (notes_[i]->hash != value) continue;
            if (depth + 1 == Footprint::most_levels) return std::nullopt;
            const auto before = step_of(i, static_cast<uint8_t>(depth + 1));
            if (!before) return std::nullopt;
            step.level = std::max<uint8_t>(step.level, static_cast<uint8_t>(made_->steps[*before].level + 1));
            return Word{Word::hash, *before};
        }
        if (!(w == 1 && is_small(word))) {
            if (is_address(word, *call_.sender)) return Word{Word::caller, 0};
            for (uint8_t i = 0; i < most_arguments; ++i)
                if (const uint8_t* given = argument(call_, i))
                    if (std::memcmp(given, word, word_size) == 0) return Word{Word::argument, i};
        }
        // The hash of two constants is one, too: see learn_constants().
        if (w == 1 && step.words[0].kind == Word::constant) return std::nullopt;
        std::memcpy(step.constant.data(), word, word_size);
        return Word{Word::constant, 0};
    }

    void add_slots(uint8_t step, uint8_t slots) noexcept {
        Step& known = made_->steps[step];
        if ((slots & ~known.slots) != 0) changed_ = true;
        known.slots |= slots;
        hit_ |= 1U << step;
    }

    void drop_missed() noexcept {
        bool dropped = false;
        for (size_t i = 0; i < known_count_; ++i) {
            Step& step = made_->steps[i];
            if (step.slots == 0) continue;
            auto& missed = made_->missed[i];
            missed = static_cast<uint8_t>((hit_ >> i & 1U) != 0 ? 0 : missed + 1);
            if (missed < most_missed) continue;
            step.slots = 0;
            dropped = true;
        }
        changed_ |= dropped;
    }

    /// Takes out the steps that no slot needs.
    void remove_idle_steps() noexcept {
        uint32_t needed = 0;
        for (size_t i = made_->step_count; i-- > 0;) {
            const Step& step = made_->steps[i];
            if (step.slots != 0) needed |= 1U << i;
            if ((needed >> i & 1U) == 0) continue;
            for (const Word& word : step.words)
                if (word.kind == Word::hash) needed |= 1U << word.index;
        }
        std::array<uint8_t, Footprint::most_steps> now_at{};
        uint8_t count = 0;
        for (uint8_t i = 0; i < made_->step_count; ++i) {
            if ((needed >> i & 1U) == 0) continue;
            Step step = made_->steps[i];
            for (Word& word : step.words)
                if (word.kind == Word::hash) word.index = now_at[word.index];
            made_->steps[count] = step;
            made_->missed[count] = made_->missed[i].load();
            now_at[i] = count++;
        }
        made_->step_count = count;
    }

    template <class Touched>
    void learn_constants(const Journal& journal, const state::AccountEntry& account, Touched&& touched) {
        auto& constants = made_->constants;
        const auto end = std::remove_if(constants.begin(), constants.begin() + made_->constant_count,
                                        [&](const uint256& key) { return !touched(key); });
        const auto kept = static_cast<uint8_t>(end - constants.begin());
        changed_ |= kept != made_->constant_count;
        made_->constant_count = kept;
        journal.visit_warmed([&](const state::SlotEntry& slot) {
            const auto known = std::span(constants).first(made_->constant_count);
            if (slot.account != &account || known.size() == Footprint::most_constants ||
                std::ranges::find(known, slot.key) != known.end() || is_explained(slot.key))
                return;
            constants[made_->constant_count++] = slot.key;
            changed_ = true;
        });
    }

    /// Whether a step says it.
    [[nodiscard]] bool is_explained(const uint256& key) const noexcept {
        for (size_t i = 0; i < notes_.size(); ++i)
            if (explained_[i] && key - notes_[i]->hash < uint256{Footprint::slots_of_step}) return true;
        return false;
    }

    const FunctionCall& call_;
    std::span<const Note* const> notes_;
    std::unique_ptr<Footprint> made_;
    size_t known_count_ = 0;
    uint32_t hit_ = 0;                                       ///< steps whose slots were touched
    std::bitset<evm::PreimageCache::most_noted> explained_;  ///< notes that a step makes
    bool changed_ = false;
};

}  // namespace

const Footprint* Footprints::find(const FunctionCall& call) const noexcept {
    const uint32_t selector = call.selector();
    const Footprint* const found = table_[place_of(*call.to, selector)].load(std::memory_order_acquire);
    return found != nullptr && found->selector == selector && found->to == *call.to ? found : nullptr;
}

void Footprints::publish(std::unique_ptr<const Footprint> made) {
    const std::lock_guard lock(mutex_);
    if (all_.size() == most_held) return;
    table_[place_of(made->to, made->selector)].store(made.get(), std::memory_order_release);
    all_.push_back(std::move(made));
}

void Footprints::begin_block() {
    if (all_.size() <= size) return;
    std::erase_if(all_, [&](const auto& one) {
        return table_[place_of(one->to, one->selector)].load(std::memory_order_relaxed) != one.get();
    });
}

void Footprints::forget() noexcept {
    if (all_.empty()) return;
    for (auto& place : table_) place.store(nullptr, std::memory_order_relaxed);
    all_.clear();
}

size_t Footprints::known() const noexcept {
    return static_cast<size_t>(
        std::ranges::count_if(table_, [](const auto& p) { return p.load() != nullptr; }));
}

void Predictor::add(const FunctionCall& call, const void* at) {
    const Footprint* const known = known_.find(call);
    if (known == nullptr || known->runs.load(std::memory_order_relaxed) < enough_runs ||
        ++unchecked_ % checked_every == 0)
        want(at);
    if (known == nullptr) return;
    if (reader_waits_)
        for (size_t i = 0; i < known->constant_count; ++i)
            locations_.push_back({*call.to, known->constants[i]});
    if (pending_count_ + known->step_count > most_pending) hash_pending();
    const size_t first = pending_count_;
    for (size_t i = 0; i < known->step_count; ++i) {
        Pending& pending = pending_[first + i];
        pending.step = &known->steps[i];
        pending.to = call.to;
        pending.first = first;
        for (size_t w = 0; w < 2; ++w) {
            const Word& word = known->steps[i].words[w];
            uint8_t* const out = pending.message.data() + w * word_size;
            switch (word.kind) {
                case Word::constant:
                    std::memcpy(out, known->steps[i].constant.data(), word_size);
                    break;
                case Word::argument: {
                    const uint8_t* const given = argument(call, word.index);
                    if (given == nullptr) return;  // another form of the call: nothing is known of it
                    std::memcpy(out, given, word_size);
                    break;
                }
                case Word::caller:
                    std::memset(out, 0, word_size - sizeof(Address));
                    std::memcpy(out + word_size - sizeof(Address), call.sender->data(), sizeof(Address));
                    break;
                case Word::hash:
                    break;  // once it is known
            }
        }
    }
    pending_count_ += known->step_count;
}

void Predictor::hash_level(uint8_t level) {
    evm::PreimageCache* const preimages = machine_ != nullptr ? &machine_->preimages() : nullptr;
    std::array<crypto::KeccakJob, most_pending> jobs;
    std::array<Pending*, most_pending> hashed;
    size_t count = 0;
    for (Pending& pending : std::span(pending_).first(pending_count_)) {
        if (pending.step->level != level) continue;
        for (size_t w = 0; w < 2; ++w)
            if (const Word& word = pending.step->words[w]; word.kind == Word::hash)
                std::memcpy(pending.message.data() + w * word_size,
                            pending_[pending.first + word.index].hash.data(), word_size);
        const uint256* const known = preimages != nullptr ? preimages->find(pending.message.data()) : nullptr;
        if (known != nullptr) {
            pending.hash = base::to_hash(*known);
            continue;
        }
        jobs[count] = {pending.message.data(), pending.message.size(), pending.hash.data()};
        hashed[count++] = &pending;
    }
    crypto::keccak256_batch(std::span(jobs).first(count));
    if (preimages == nullptr) return;
    for (const Pending* pending : std::span(hashed).first(count))
        preimages->put(pending->message.data(), base::to_uint256(pending->hash));
}

void Predictor::hash_pending() {
    if (pending_count_ == 0) return;
    for (uint8_t level = 0; level < Footprint::most_levels; ++level) hash_level(level);
    for (const Pending& pending : std::span(pending_).first(pending_count_))
        for (unsigned k = 0; k < Footprint::slots_of_step; ++k)
            if ((pending.step->slots >> k & 1U) != 0)
                locations_.push_back({*pending.to, base::to_uint256(pending.hash) + k});
    pending_count_ = 0;
}

void Predictor::begin_run() { machine_->preimages().begin_notes(); }

void Predictor::end_run(const FunctionCall& call, bool succeeded) {
    const auto notes = machine_->preimages().end_notes();
    if (!succeeded) return;  // it may have ended anywhere
    const Footprint* const known = known_.find(call);
    Draft draft(call, known, notes);
    draft.learn(machine_->journal());
    if (known == nullptr || draft.changed()) {
        auto made = draft.take();
        if (made->runs < 255) ++made->runs;
        learnt_->publish(std::move(made));
        return;
    }
    for (size_t i = 0; i < known->step_count; ++i)
        known->missed[i].store(draft.footprint().missed[i], std::memory_order_relaxed);
    if (known->runs.load(std::memory_order_relaxed) < 255)
        known->runs.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace weft::execution
