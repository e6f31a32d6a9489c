#include "weft/execution/optimistic/row.hpp"

#include <algorithm>
#include <numeric>

#include "weft/execution/optimistic/engine.hpp"

namespace weft::execution::optimistic {
namespace {

template <class T>
std::span<T> room_for(size_t count, base::Arena& arena) {
    return {static_cast<T*>(arena.allocate(count * sizeof(T), alignof(T))), count};
}

bool fits_in_128_bits(const uint256& value) noexcept { return (value.limb[2] | value.limb[3]) == 0; }

unsigned __int128 low_128_bits(const uint256& value) noexcept {
    return static_cast<unsigned __int128>(value.limb[1]) << 64 | value.limb[0];
}

/// The calls' logs, as the summary's formulas give them.
std::vector<Log> logs_of(const evm::Summary& summary, const evm::SummaryValues& values,
                         const Address& address, size_t lane) {
    std::vector<Log> logs(summary.logs().size());
    for (size_t i = 0; i < logs.size(); ++i) {
        const evm::Summary::LogFormula& formula = summary.logs()[i];
        Log& log = logs[i];
        log.address = address;
        log.topics.resize(formula.topics.size());
        for (size_t t = 0; t < formula.topics.size(); ++t)
            log.topics[t] = base::to_hash(values.value(formula.topics[t], lane));
        log.data.resize(32 * formula.data.size());
        for (size_t w = 0; w < formula.data.size(); ++w)
            base::store_be(log.data.data() + 32 * w, values.value(formula.data[w], lane));
    }
    return logs;
}

}  // namespace

/// What a thread takes chunks apart with.
struct Row::Tools {
    /// A call, as judged.
    struct Judged {
        RowTransaction tx;
        const Summaries::Function* function;
        uint16_t at;          ///< transaction of the chunk
        uint16_t debit;       ///< among the chunk's account parts
        uint16_t first_slot;  ///< its slot parts begin there
    };
    std::array<Judged, most_in_chunk> calls;
    std::array<uint8_t, 2 * most_in_chunk> account_owners;
    size_t call_count, account_count, slot_count;
    std::array<uint16_t, most_in_chunk> to_evaluate;  ///< calls
    size_t to_evaluate_count;
    /// Calls of each function that wait for its formulas to be evaluated.
    struct Waiting {
        std::array<uint16_t, evm::SummaryValues::lanes> calls;
        uint8_t count = 0;
    };
    std::array<Waiting, Summaries::most_functions> waiting;
    evm::SummaryValues values;

    /// Owns what isn't there.
    static constexpr uint8_t nobody = owners;
    /// Parts in the order of their owners, each owner's in their own order.
    static void sort_by_owner(std::span<const uint8_t> owner, ByOwner& out, base::Arena& arena) {
        out.ends = {};
        for (const uint8_t one : owner)
            if (one != nobody) ++out.ends[one + 1];
        std::inclusive_scan(out.ends.begin(), out.ends.end(), out.ends.begin());
        out.parts = room_for<uint16_t>(out.ends.back(), arena);
        auto next = out.ends;
        for (size_t i = 0; i < owner.size(); ++i)
            if (owner[i] != nobody) out.parts[next[owner[i]]++] = static_cast<uint16_t>(i);
    }
};

Row::Row(VersionedState& versions, BlockState& block, const Summaries& summaries,
         std::span<BlockMemory* const> memories, base::ThreadPool* pool, Position position, bool eip161)
    : versions_(versions),
      block_(block),
      summaries_(summaries),
      memories_(memories),
      pool_(pool),
      position_(position),
      eip161_(eip161) {}

RowOutcome Row::run(const Batch& batch, size_t least) {
    const size_t size = std::clamp<size_t>(batch.size() / (8 * memories_.size()), 16, most_in_chunk);
    for (size_t first = 0; first < batch.size(); first += size) {
        Chunk& chunk = chunks_.emplace_back();
        chunk.first = first;
        chunk.count = std::min(size, batch.size() - first);
    }
    end_.store(batch.size(), std::memory_order_relaxed);
    for_each_chunk(
        [&](Chunk& chunk, BlockMemory& memory, Tools& tools) { take_apart(batch, chunk, memory, tools); });
    // Where one is found that is not as it was taken for, the row is made once more, up to that one; where
    // some only take other paths of their functions, all of it, with those.
    constexpr int most_choices = 4;
    constexpr size_t bringing_together = 64;  // the threads costs as much as so many transactions
    size_t in_vain = 0, taken_apart = 0;
    for (int times = 0, choices = 0; times < 2;) {
        const size_t count = add_up();
        taken_apart = std::max(taken_apart, count);
        const size_t end = std::min(count + 1, batch.size());
        const bool lacks_path = count == lacks_path_.load(std::memory_order_relaxed);
        const bool is_short = weight(count) < least;
        if (is_short && (count == 0 || !lacks_path))
            return {0, end, in_vain + std::max(taken_apart, bringing_together), 0, lacks_path};
        if (make_changes(count)) {
            write_receipts(count);
            in_vain += is_short ? taken_apart : taken_apart - count;
            return {count, end - count, in_vain, calls_in(count), lacks_path};
        }
        take_back();
        if (failed_.load(std::memory_order_relaxed)) return {0, batch.size(), in_vain + taken_apart};
        in_vain += count / 4;  // as much as the slots' part of them costs
        const size_t misjudged = misjudged_.load(std::memory_order_relaxed);
        if (misjudged < end_.load(std::memory_order_relaxed) && choices++ < most_choices) {
            // What ends it after one that takes another path may only seem to.
            end_.store(count, std::memory_order_relaxed);
            if (!lacks_path) lacks_path_.store(none, std::memory_order_relaxed);
            for_each_chunk([&](Chunk& chunk, BlockMemory& memory, Tools& tools) {
                if (chunk.differs.load(std::memory_order_relaxed)) choose_again(batch, chunk, memory, tools);
            });
        } else {
            if (misjudged != none) end_for_lack_of_path(misjudged);
            ++times;
            cut_off(batch);
        }
    }
    return {0, batch.size(), in_vain};
}

template <class Body>
void Row::for_each_chunk(Body&& body) {
    std::atomic<size_t> next{0};
    on_all_threads([&](BlockMemory& memory) {
        const auto tools = std::make_unique_for_overwrite<Tools>();
        for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks_.size();)
            body(chunks_[i], memory, *tools);
    });
}

size_t Row::chunks_in(size_t count) const noexcept {
    size_t chunks = 0;
    while (chunks < chunks_.size() && chunks_[chunks].first < count) ++chunks;
    return chunks;
}

size_t Row::weight(size_t count) const noexcept {
    const size_t calls = calls_in(count);
    return payment_weight * (count - calls) + call_weight * calls;
}

size_t Row::calls_in(size_t count) const noexcept {
    size_t calls = 0;
    for (size_t i = chunks_in(count); i-- != 0;) calls += chunks_[i].calls.size();
    return calls;
}

void Row::cut_off(const Batch& batch) {
    const size_t end = end_.load(std::memory_order_relaxed);
    while (!chunks_.empty() && chunks_.back().first >= end) chunks_.pop_back();
    for_each_chunk([&](Chunk& chunk, BlockMemory& memory, Tools& tools) {
        if (chunk.differs.load(std::memory_order_relaxed) || chunk.first + chunk.count > end)
            take_apart(batch, chunk, memory, tools);
    });
}

void Row::take_apart(const Batch& batch, Chunk& chunk, BlockMemory& memory, Tools& tools) {
    const size_t end = end_.load(std::memory_order_relaxed);
    const size_t most = end > chunk.first ? std::min(chunk.count, end - chunk.first) : 0;
    chunk.count = tools.call_count = tools.account_count = tools.slot_count = 0;
    chunk.tips = {};
    chunk.differs.store(false, std::memory_order_relaxed);
    if (most == 0 || block_.stopped()) return;
    if (chunk.not_taken.empty()) {
        chunk.not_taken = room_for<uint8_t>(most, memory.arena);
        std::ranges::fill(chunk.not_taken, uint8_t{0});
    }
    chunk.outcomes = room_for<Outcome>(most, memory.arena);
    chunk.account_parts = room_for<AccountPart>(2 * most, memory.arena);
    while (chunk.count < most && add_next(batch, chunk, tools)) ++chunk.count;
    if (chunk.count < most) end_before(chunk.first + chunk.count);
    make_room_for_calls(chunk, memory, tools);
    std::iota(tools.to_evaluate.begin(), tools.to_evaluate.begin() + tools.call_count, uint16_t{0});
    tools.to_evaluate_count = tools.call_count;
    // Where a call ends the row, what comes after it in the chunk is not to be there.
    if (!evaluate(chunk, memory, tools)) return take_apart(batch, chunk, memory, tools);
    Tools::sort_by_owner(std::span(tools.account_owners).first(tools.account_count), chunk.accounts,
                         memory.arena);
    sum_up(chunk);
}

/// Adds the transaction after those that the chunk has. False: it may not stand in the row, for all that is
/// known without evaluating formulas.
bool Row::add_next(const Batch& batch, Chunk& chunk, Tools& tools) const {
    const size_t i = chunk.first + chunk.count;
    Tools::Judged& judged = tools.calls[tools.call_count];
    const RowTransaction& tx = judged.tx;
    // That the gas left suffices is seen when the chunks are added up.
    if (!batch.judge_for_row(i, judged.tx) || !block_.may_fit(block_.next() + i, {tx.gas_limit}))
        return false;
    const Address& coinbase = block_.env().context.coinbase;
    if (*tx.sender == coinbase || *tx.recipient == coinbase) return false;
    // What is taken and given is less, and so is each price times the gas.
    if (!fits_in_128_bits(tx.max_cost)) return false;
    Outcome& outcome = chunk.outcomes[chunk.count];
    outcome = {0, tx.type, tx.is_call(), true};
    const auto add = [&](const AccountPart& part) {
        tools.account_owners[tools.account_count] =
            static_cast<uint8_t>(versions_.hash(part.address) % owners);
        chunk.account_parts[tools.account_count++] = part;
    };
    const auto transaction = static_cast<uint32_t>(i);
    const Amount max_cost = low_128_bits(tx.max_cost);
    if (tx.is_call()) {
        judged.function = summaries_.find({tx.recipient, tx.sender, tx.input});
        if (judged.function == nullptr) return false;
        judged.at = static_cast<uint16_t>(chunk.count);
        judged.debit = static_cast<uint16_t>(tools.account_count);
        judged.first_slot = static_cast<uint16_t>(tools.slot_count);
        ++tools.call_count;
        tools.slot_count += judged.function->most_places;
        add({*tx.sender, transaction, true, tx.nonce, 0, max_cost});  // its amount comes with its gas
        return true;
    }
    outcome.gas_used = execution::detail::gas_to_pay(tx.gas_limit, tx.gas_limit - tx.intrinsic_gas, 0,
                                                     block_.env().revision, tx.floor_gas);
    chunk.tips += widen(low_128_bits(tx.priority_fee) * outcome.gas_used);
    const Amount fee = low_128_bits(tx.gas_price) * outcome.gas_used;
    add({*tx.sender, transaction, true, tx.nonce, low_128_bits(tx.value) + fee, max_cost});
    add({*tx.recipient, transaction, false, 0, low_128_bits(tx.value), 0});
    return true;
}

void Row::make_room_for_calls(Chunk& chunk, BlockMemory& memory, const Tools& tools) {
    chunk.calls = room_for<Call>(tools.call_count, memory.arena);
    chunk.logs.clear();
    chunk.logs.resize(tools.call_count);
    chunk.slot_parts = room_for<SlotPart>(tools.slot_count, memory.arena);
    chunk.slot_owners = room_for<uint8_t>(tools.slot_count, memory.arena);
    std::ranges::fill(chunk.slot_owners, Tools::nobody);
}

/// What is to be evaluated of the chunk's calls, as their functions' formulas say. False: one takes none of
/// the paths that are known, and so ends the chunk, and the row.
bool Row::evaluate(Chunk& chunk, BlockMemory& memory, Tools& tools) {
    const size_t count = chunk.count;
    const auto numbers = std::span(tools.to_evaluate).first(tools.to_evaluate_count);
    for (const uint16_t number : numbers) {
        const Summaries::Function& function = *tools.calls[number].function;
        Tools::Waiting& waiting = tools.waiting[function.number];
        waiting.calls[waiting.count++] = number;
        if (waiting.count == waiting.calls.size()) evaluate_waiting(chunk, memory, tools, function);
    }
    for (const uint16_t number : numbers)
        evaluate_waiting(chunk, memory, tools, *tools.calls[number].function);
    Tools::sort_by_owner(chunk.slot_owners, chunk.slots, memory.arena);
    return chunk.count == count;
}

/// Evaluates the formulas of some calls of one function. Where they allow several paths, the one that most
/// calls took: the slots' owners tell who doesn't, and that gets another.
void Row::evaluate_waiting(Chunk& chunk, BlockMemory& memory, Tools& tools,
                           const Summaries::Function& function) {
    Tools::Waiting& waiting = tools.waiting[function.number];
    for (const Summaries::Path& path : function.paths) {
        if (waiting.count == 0) return;
        std::array<evm::SummaryValues::Call, evm::SummaryValues::lanes> calls;
        for (size_t lane = 0; lane < waiting.count; ++lane) {
            const RowTransaction& tx = tools.calls[waiting.calls[lane]].tx;
            calls[lane] = {*tx.sender, tx.input};
        }
        const uint32_t on_path = tools.values.evaluate(path.summary, std::span(calls).first(waiting.count));
        uint8_t others = 0;
        for (size_t lane = 0; lane < waiting.count; ++lane) {
            const uint16_t number = waiting.calls[lane];
            const bool follows =
                (on_path >> lane & 1) != 0 && chunk.not_taken[tools.calls[number].at] != path.number + 1;
            if (!follows || !add_call(chunk, memory.arena, tools, path, number, lane))
                waiting.calls[others++] = number;
        }
        waiting.count = others;
    }
    for (size_t i = 0; i < waiting.count; ++i) {
        const size_t at = tools.calls[waiting.calls[i]].at;
        chunk.count = std::min(chunk.count, at);
        end_for_lack_of_path(chunk.first + at);
    }
    waiting.count = 0;
}

void Row::choose_again(const Batch& batch, Chunk& chunk, BlockMemory& memory, Tools& tools) {
    chunk.differs.store(false, std::memory_order_relaxed);
    tools.to_evaluate_count = 0;
    for (size_t number = 0; number < chunk.calls.size(); ++number) {
        Call& call = chunk.calls[number];
        call.more_gas = call.more_refund = 0;
        if (chunk.not_taken[call.transaction] != call.path->number + 1) continue;
        const Summaries::Function& function = *call.path->function;
        Tools::Judged& judged = tools.calls[number];
        // As it was when it was taken apart.
        if (!batch.judge_for_row(chunk.first + call.transaction, judged.tx))
            return take_apart(batch, chunk, memory, tools);
        judged.function = &function;
        judged.at = call.transaction;
        judged.debit = call.debit;
        judged.first_slot = call.first_slot;
        chunk.tips -= widen(call.priority_fee * chunk.outcomes[call.transaction].gas_used);
        std::ranges::fill(chunk.slot_owners.subspan(call.first_slot, function.most_places), Tools::nobody);
        tools.to_evaluate[tools.to_evaluate_count++] = static_cast<uint16_t>(number);
    }
    if (!evaluate(chunk, memory, tools)) return take_apart(batch, chunk, memory, tools);
    sum_up(chunk);
}

/// False: it may not have the gas that the path takes.
bool Row::add_call(Chunk& chunk, base::Arena& arena, Tools& tools, const Summaries::Path& path, size_t number,
                   size_t lane) const {
    const Tools::Judged& judged = tools.calls[number];
    const RowTransaction& tx = judged.tx;
    const evm::Summary& summary = path.summary;
    const evm::SummaryValues& values = tools.values;
    evm::StorageCharge charge;
    for (const evm::Summary::Place& place : summary.places()) charge += place.charge;
    Call& call = chunk.calls[number];
    call = {.chunk = &chunk,
            .transaction = judged.at,
            .debit = judged.debit,
            .first_slot = judged.first_slot,
            .gas = static_cast<int64_t>(tx.intrinsic_gas) + summary.gas() + charge.gas,
            .refund = charge.refund,
            .more_gas = 0,
            .more_refund = 0,
            .path = &path,
            .gas_limit = tx.gas_limit,
            .floor_gas = tx.floor_gas,
            .gas_price = low_128_bits(tx.gas_price),
            .priority_fee = low_128_bits(tx.priority_fee)};
    if (!suffices(call)) return false;

    const auto transaction = static_cast<uint32_t>(chunk.first + judged.at);
    const uint256* needs = nullptr;
    const std::vector<evm::Summary::Index>* needed = nullptr;
    for (size_t p = 0; p < summary.places().size(); ++p) {
        const evm::Summary::Place& place = summary.places()[p];
        if (needed == nullptr || *needed != place.needs) {
            needed = &place.needs;
            const auto words = room_for<uint256>(needed->size(), arena);
            for (size_t i = 0; i < words.size(); ++i) words[i] = values.value((*needed)[i], lane);
            needs = words.data();
        }
        const size_t part = judged.first_slot + p;
        const uint256& key = values.value(place.key, lane);
        chunk.slot_parts[part] = {&path, &call, needs, transaction, static_cast<uint32_t>(p), key};
        chunk.slot_owners[part] = static_cast<uint8_t>(versions_.hash(path.function->contract, key) % owners);
    }
    chunk.logs[number] = logs_of(summary, values, *tx.recipient, lane);
    Outcome& outcome = chunk.outcomes[judged.at];
    outcome.gas_used = gas_used_by(call);
    outcome.success = summary.ending() == evm::Summary::Ending::success;
    chunk.account_parts[judged.debit].amount = call.gas_price * outcome.gas_used;
    chunk.tips += widen(call.priority_fee * outcome.gas_used);
    return true;
}

bool Row::suffices(const Call& call) noexcept {
    if (call.path->summary.ending() == evm::Summary::Ending::failure) return true;
    const int64_t taken = call.gas + call.more_gas;
    return static_cast<uint64_t>(taken + call.path->summary.reserve(taken)) < call.gas_limit;
}

uint64_t Row::gas_used_by(const Call& call) const noexcept {
    if (call.path->summary.ending() == evm::Summary::Ending::failure) return call.gas_limit;
    const auto used = static_cast<uint64_t>(call.gas + call.more_gas);
    return execution::detail::gas_to_pay(call.gas_limit, call.gas_limit - used,
                                         call.refund + call.more_refund, block_.env().revision,
                                         call.floor_gas);
}

/// Precondition: what the chunk's calls use is known, or taken to be as the summaries say.
void Row::sum_up(Chunk& chunk) {
    chunk.gas_used = 0;
    chunk.needed = {};
    auto call = chunk.calls.begin();
    for (const Outcome& outcome : chunk.outcomes.first(chunk.count)) {
        // A payment's limit is what it uses.
        const uint64_t gas_limit = outcome.is_call ? (call++)->gas_limit : outcome.gas_used;
        chunk.needed = most(chunk.needed, Room{gas_limit}.after({chunk.gas_used}));
        chunk.gas_used += outcome.gas_used;
    }
}

size_t Row::add_up() {
    const size_t end = end_.load(std::memory_order_relaxed);
    size_t count = 0;
    const uint64_t gas_at_first = block_.result().gas_used;
    gas_used_ = 0;
    tips_ = {};
    for (Chunk& chunk : chunks_) {
        if (chunk.first != count || chunk.count == 0) break;
        if (!block_.has(chunk.needed.after({gas_used_}))) break;
        chunk.gas_before = gas_at_first + gas_used_;
        gas_used_ += chunk.gas_used;
        tips_ += chunk.tips;
        count += chunk.count;
        if (count >= end) break;
    }
    return count;
}

void Row::write_receipts(size_t count) {
    Receipt* const receipts = block_.include_unwritten(count, gas_used_);
    share_out(chunks_in(count), [&](BlockMemory&, size_t i) {
        Chunk& chunk = chunks_[i];
        uint64_t gas_used = chunk.gas_before;
        auto logs = chunk.logs.begin();
        for (size_t at = 0; at < chunk.count; ++at) {
            const Outcome& outcome = chunk.outcomes[at];
            Receipt& receipt = *std::construct_at(receipts + chunk.first + at);
            receipt.type = outcome.type;
            receipt.success = outcome.success;
            receipt.gas_used = outcome.gas_used;
            receipt.cumulative_gas_used = gas_used += outcome.gas_used;
            if (outcome.is_call) receipt.logs = std::move(*logs++);
        }
    });
}

}  // namespace weft::execution::optimistic
