#include "weft/execution/optimistic/payments.hpp"

#include <algorithm>
#include <limits>
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

Room room_of(const Payment& payment) noexcept { return {payment.gas_limit}; }

uint256 widen(unsigned __int128 value) noexcept {
    return uint256{static_cast<uint64_t>(value), static_cast<uint64_t>(value >> 64), 0, 0};
}

}  // namespace

PaymentRow::PaymentRow(VersionedState& versions, BlockState& block, std::span<BlockMemory* const> memories,
                       base::ThreadPool* pool, Position position, bool eip161)
    : versions_(versions),
      block_(block),
      memories_(memories),
      pool_(pool),
      position_(position),
      eip161_(eip161) {}

template <class Body>
void PaymentRow::on_all_threads(Body&& body) {
    if (pool_ == nullptr || memories_.size() == 1) {
        for (BlockMemory* const memory : memories_) body(*memory);
    } else {
        pool_->run(static_cast<unsigned>(memories_.size()), [&](unsigned index) { body(*memories_[index]); });
    }
}

PaidRow PaymentRow::run(const Batch& batch, size_t least) {
    const size_t size = std::clamp<size_t>(batch.size() / (8 * memories_.size()), 16, most_in_chunk);
    for (size_t first = 0; first < batch.size(); first += size) {
        Chunk& chunk = chunks_.emplace_back();
        chunk.first = first;
        chunk.count = std::min(size, batch.size() - first);
    }
    end_.store(batch.size(), std::memory_order_relaxed);
    std::atomic<size_t> next{0};
    on_all_threads([&](BlockMemory& memory) {
        for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks_.size();)
            take_apart(batch, chunks_[i], memory.arena);
    });
    const size_t count = add_up();
    const size_t end = std::min(count + 1, batch.size());
    if (count < least) return {0, end};
    if (!make_changes()) return {0, batch.size()};
    write_receipts(count);
    return {count, end - count};
}

void PaymentRow::end_before(size_t transaction) noexcept {
    size_t before = end_.load(std::memory_order_relaxed);
    while (transaction < before &&
           !end_.compare_exchange_weak(before, transaction, std::memory_order_relaxed)) {
    }
}

void PaymentRow::take_apart(const Batch& batch, Chunk& chunk, base::Arena& arena) {
    const size_t most = std::exchange(chunk.count, 0);
    if (end_.load(std::memory_order_relaxed) <= chunk.first || block_.stopped()) return;
    chunk.parts = room_for<Part>(2 * most, arena);
    chunk.outcomes = room_for<Outcome>(most, arena);
    while (chunk.count < most) {
        Payment payment;
        const size_t i = chunk.first + chunk.count;
        // That the gas left suffices is seen when the chunks are added up.
        if (!batch.payment(i, payment) || !block_.may_fit(block_.next() + i, room_of(payment)) ||
            !add(payment, chunk)) {
            end_before(i);
            break;
        }
    }
    sort_by_owner(chunk, arena);
}

/// Adds a payment's parts; false: it needs another way.
bool PaymentRow::add(const Payment& payment, Chunk& chunk) const noexcept {
    const Address& coinbase = block_.env().context.coinbase;
    if (*payment.sender == coinbase || *payment.recipient == coinbase) return false;
    // What is taken and given is less.
    if (!fits_in_128_bits(payment.max_cost)) return false;
    chunk.needed = most(chunk.needed, room_of(payment).after({chunk.gas_used}));
    chunk.gas_used += payment.gas_used;
    chunk.tips += payment.tip;
    chunk.parts[2 * chunk.count] = {*payment.sender, true, payment.nonce,
                                    low_128_bits(payment.value + payment.fee),
                                    low_128_bits(payment.max_cost)};
    chunk.parts[2 * chunk.count + 1] = {*payment.recipient, false, 0, low_128_bits(payment.value), 0};
    chunk.outcomes[chunk.count] = {payment.gas_used, payment.type};
    ++chunk.count;
    return true;
}

void PaymentRow::sort_by_owner(Chunk& chunk, base::Arena& arena) const {
    const auto parts = chunk.parts.first(2 * chunk.count);
    std::array<uint8_t, 2 * most_in_chunk> owner;
    for (size_t i = 0; i < parts.size(); ++i) {
        owner[i] = static_cast<uint8_t>(versions_.hash(parts[i].address) % owners);
        ++chunk.ends[owner[i] + 1];
    }
    std::inclusive_scan(chunk.ends.begin(), chunk.ends.end(), chunk.ends.begin());
    chunk.by_owner = room_for<uint16_t>(parts.size(), arena);
    auto next = chunk.ends;
    for (size_t i = 0; i < parts.size(); ++i) chunk.by_owner[next[owner[i]]++] = static_cast<uint16_t>(i);
}

size_t PaymentRow::add_up() {
    size_t count = 0, used = 0;
    const uint64_t gas_at_first = block_.result().gas_used;
    for (Chunk& chunk : chunks_) {
        if (chunk.first != count || chunk.count == 0) break;
        if (!block_.has(chunk.needed.after({gas_used_}))) break;
        chunk.gas_before = gas_at_first + gas_used_;
        gas_used_ += chunk.gas_used;
        tips_ += chunk.tips;
        count += chunk.count;
        ++used;
    }
    chunks_.resize(used);
    return count;
}

bool PaymentRow::make_changes() {
    // An account that all pay to has an owner with much to do: that one begins.
    std::array<size_t, owners> work{}, order;
    for (const Chunk& chunk : chunks_)
        for (size_t owner = 0; owner < owners; ++owner)
            work[owner] += chunk.ends[owner + 1] - chunk.ends[owner];
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, std::greater{}, [&](size_t owner) { return work[owner]; });

    std::atomic<size_t> next{0};
    on_all_threads([&](BlockMemory& memory) {
        for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < owners;)
            if (!failed_.load(std::memory_order_relaxed) && !make_changes_of(order[i], memory))
                failed_.store(true, std::memory_order_relaxed);
    });
    if (!failed_.load(std::memory_order_relaxed)) {
        const Address& coinbase_address = block_.env().context.coinbase;
        AccountState* const coinbase =
            account(coinbase_address, versions_.hash(coinbase_address), *memories_.front());
        if (coinbase != nullptr && credit(*coinbase, tips_)) return true;
    }
    take_back();
    return false;
}

bool PaymentRow::make_changes_of(size_t owner, BlockMemory& memory) {
    std::vector<Step> steps;
    for (const Chunk& chunk : chunks_)
        for (size_t i = chunk.ends[owner]; i < chunk.ends[owner + 1]; ++i)
            steps.push_back({&chunk.parts[chunk.by_owner[i]], 0, nullptr});
    // What one step of a group asks memory for is there when the groups after it have been asked for theirs.
    constexpr size_t group = 16;
    const auto groups = (steps.size() + group - 1) / group;
    const auto of = [&](size_t g) {
        return std::span(steps).subspan(g * group, std::min(group, steps.size() - g * group));
    };
    for (size_t g = 0; g < groups + 4; ++g) {
        if (g < groups)
            for (const Step& step : of(g)) __builtin_prefetch(step.part);
        if (1 <= g && g - 1 < groups)
            for (Step& step : of(g - 1)) {
                step.hash = versions_.hash(step.part->address);
                versions_.prefetch_place(step.hash);
            }
        if (2 <= g && g - 2 < groups) find_accounts(of(g - 2));
        if (3 <= g && g - 3 < groups)
            for (const Step& step : of(g - 3))
                if (step.found != nullptr) prefetch_newest(*step.found);
        if (4 <= g &&
            (block_.stopped() || failed_.load(std::memory_order_relaxed) || !apply(of(g - 4), memory)))
            return false;
    }
    return true;
}

/// Asks for the accounts' locations; of those that have none yet, for what the state has.
void PaymentRow::find_accounts(std::span<Step> steps) const noexcept {
    std::array<state::Location, 16> unknown;
    size_t count = 0;
    for (Step& step : steps) {
        step.found = versions_.prefetch_location(step.hash);
        if (step.found == nullptr) unknown[count++].address = step.part->address;
    }
    if (count != 0) versions_.reader().prefetch({unknown.data(), count});
}

bool PaymentRow::apply(std::span<const Step> steps, BlockMemory& memory) {
    for (const Step& step : steps) {
        const Part& part = *step.part;
        AccountState* const found = account(part.address, step.hash, memory);
        if (found == nullptr || found->account.code_hash != crypto::empty_code_hash) return false;
        if (!(part.is_debit ? debit(*found, part) : credit(*found, widen(part.amount)))) return false;
    }
    return true;
}

/// MainnetRules' validate_sender(), buy_gas() and what settle() gives back, and the nonce. False: it is not
/// valid.
bool PaymentRow::debit(AccountState& sender, const Part& part) const noexcept {
    if (sender.account.nonce != part.nonce || sender.account.balance < widen(part.max_cost)) return false;
    ++sender.account.nonce;
    sender.account.balance -= widen(part.amount);
    sender.exists = true;
    return true;
}

/// Journal::credit(), and what the transaction's end makes of it. False: it overflows.
bool PaymentRow::credit(AccountState& account, const uint256& amount) const noexcept {
    if (uint256::add_carry(account.account.balance, amount, account.account.balance)) return false;
    account.exists = !eip161_ || !account.account.is_empty();
    return true;
}

AccountState* PaymentRow::account(const Address& address, uint64_t hash, BlockMemory& memory) {
    AccountLocation* const location = versions_.locate(address, hash, memory, VersionedState::Base::read);
    AccountVersion* const newest = location->newest.load(std::memory_order_relaxed);
    if (newest != nullptr && newest->position == position_) return &newest->after;
    AccountState spare;
    const auto before = versions_.read(*location, position_, spare);
    if (!before) return nullptr;
    auto* const version = ::new (memory.arena.allocate(sizeof(AccountVersion), alignof(AccountVersion)))
        AccountVersion{{position_, VersionState::committed, 0, newest}, {}, **before};
    location->newest.store(version, std::memory_order_release);
    return &version->after;
}

void PaymentRow::take_back() {
    for (const BlockMemory* const memory : memories_)
        for (AccountLocation* const location : memory->accounts)
            if (AccountVersion* const newest = location->newest.load(std::memory_order_relaxed);
                newest != nullptr && newest->position == position_)
                location->newest.store(newest->older.load(std::memory_order_relaxed),
                                       std::memory_order_relaxed);
}

void PaymentRow::write_receipts(size_t count) {
    Receipt* const receipts = block_.include_unwritten(count, gas_used_);
    std::atomic<size_t> next{0};
    on_all_threads([&](BlockMemory&) {
        for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks_.size();) {
            const Chunk& chunk = chunks_[i];
            uint64_t gas_used = chunk.gas_before;
            for (size_t at = 0; at < chunk.count; ++at) {
                const Outcome& outcome = chunk.outcomes[at];
                Receipt& receipt = *std::construct_at(receipts + chunk.first + at);
                receipt.type = outcome.type;
                receipt.success = true;
                receipt.gas_used = outcome.gas_used;
                receipt.cumulative_gas_used = gas_used += outcome.gas_used;
            }
        }
    });
}

}  // namespace weft::execution::optimistic
