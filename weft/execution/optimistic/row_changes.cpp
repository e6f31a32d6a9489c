// A row's changes: of slots first, which say what calls cost, then of accounts.
#include <algorithm>
#include <limits>
#include <numeric>

#include "weft/execution/optimistic/row.hpp"

namespace weft::execution::optimistic {
namespace {

/// Takes steps through stages, some at a time: what one stage asks memory for is there when the steps of
/// another group have been through theirs.
template <class Step, class... Stage>
void take_through(std::span<Step> steps, Stage&&... stage) {
    constexpr size_t group = 16;
    const size_t groups = (steps.size() + group - 1) / group;
    for (size_t turn = 0; turn + 1 < groups + sizeof...(stage); ++turn) {
        size_t behind = 0;
        const auto take = [&](auto&& one) {
            const size_t mine = turn - behind++;  // past the end where its turn has not come
            if (mine < groups) one(steps.subspan(mine * group, std::min(group, steps.size() - mine * group)));
        };
        (take(stage), ...);
    }
}

}  // namespace

bool Row::make_changes(size_t count) {
    // What ends the row from now on does so in vain.
    end_.store(count, std::memory_order_relaxed);
    misjudged_.store(none, std::memory_order_relaxed);
    const size_t chunks = chunks_in(count);
    const auto holds = [&] {
        if (block_.stopped()) failed_.store(true, std::memory_order_relaxed);
        return !failed_.load(std::memory_order_relaxed) && end_.load(std::memory_order_relaxed) == count &&
               misjudged_.load(std::memory_order_relaxed) == none;
    };
    make_by_owner(chunks, &Chunk::slots,
                  [&](size_t owner, BlockMemory& memory) { change_slots_of(owner, chunks, memory); });
    if (!holds()) return false;
    bool differs = false;
    for (const Chunk& chunk : chunks_) differs |= chunk.differs.load(std::memory_order_relaxed);
    if (differs) {
        share_out(chunks, [&](BlockMemory&, size_t i) { correct(chunks_[i]); });
        if (!holds()) return false;
        if (const size_t fits = add_up(); fits != count) {
            end_before(fits);
            return false;
        }
    }
    make_by_owner(chunks, &Chunk::accounts,
                  [&](size_t owner, BlockMemory& memory) { change_accounts_of(owner, chunks, memory); });
    if (!holds()) return false;
    const Address& coinbase_address = block_.env().context.coinbase;
    AccountState* const coinbase =
        account(coinbase_address, versions_.hash(coinbase_address), *memories_.front());
    if (coinbase != nullptr && credit(*coinbase, tips_)) return true;
    failed_.store(true, std::memory_order_relaxed);
    return false;
}

template <class Body>
void Row::make_by_owner(size_t chunks, ByOwner Chunk::* parts, Body&& body) {
    // An account that all pay to has an owner with much to do: that one begins.
    std::array<size_t, owners> work{}, order;
    for (size_t owner = 0; owner < owners; ++owner) work[owner] = parts_of(owner, chunks, parts);
    if (std::ranges::count(work, size_t{0}) == owners) return;
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, std::greater{}, [&](size_t owner) { return work[owner]; });
    share_out(owners, [&](BlockMemory& memory, size_t i) { body(order[i], memory); });
}

size_t Row::parts_of(size_t owner, size_t chunks, ByOwner Chunk::* parts) const noexcept {
    size_t count = 0;
    for (size_t i = 0; i < chunks; ++i) count += (chunks_[i].*parts).of(owner).size();
    return count;
}

void Row::change_slots_of(size_t owner, size_t chunks, BlockMemory& memory) {
    std::vector<SlotStep> steps;
    steps.reserve(parts_of(owner, chunks, &Chunk::slots));
    for (size_t i = 0; i < chunks; ++i)
        for (const uint16_t part : chunks_[i].slots.of(owner))
            steps.push_back({&chunks_[i].slot_parts[part]});
    take_through(
        std::span(steps),
        [](std::span<SlotStep> some) {
            for (const SlotStep& step : some) __builtin_prefetch(step.part);
        },
        [&](std::span<SlotStep> some) {
            for (SlotStep& step : some) {
                __builtin_prefetch(step.part->needs);
                step.hash = versions_.hash(step.part->path->function->contract, step.part->key);
                versions_.prefetch_slot_place(step.hash);
            }
        },
        [&](std::span<SlotStep> some) { find_slots(some); },
        [](std::span<SlotStep> some) {
            for (const SlotStep& step : some)
                if (step.found != nullptr) prefetch_newest(*step.found);
        },
        [&](std::span<SlotStep> some) {
            for (const SlotStep& step : some) apply(*step.part, step.hash, memory);
        });
}

void Row::change_accounts_of(size_t owner, size_t chunks, BlockMemory& memory) {
    std::vector<AccountStep> steps;
    steps.reserve(parts_of(owner, chunks, &Chunk::accounts));
    for (size_t i = 0; i < chunks; ++i)
        for (const uint16_t part : chunks_[i].accounts.of(owner))
            steps.push_back({&chunks_[i].account_parts[part]});
    take_through(
        std::span(steps),
        [](std::span<AccountStep> some) {
            for (const AccountStep& step : some) __builtin_prefetch(step.part);
        },
        [&](std::span<AccountStep> some) {
            for (AccountStep& step : some) {
                step.hash = versions_.hash(step.part->address);
                versions_.prefetch_place(step.hash);
            }
        },
        [&](std::span<AccountStep> some) { find_accounts(some); },
        [](std::span<AccountStep> some) {
            for (const AccountStep& step : some)
                if (step.found != nullptr) prefetch_newest(*step.found);
        },
        [&](std::span<AccountStep> some) {
            for (const AccountStep& step : some) apply(*step.part, step.hash, memory);
        });
}

/// Asks for the slots' locations; of those that have none yet, for what the state has.
void Row::find_slots(std::span<SlotStep> steps) const noexcept {
    std::array<state::Location, 16> unknown;
    size_t count = 0;
    for (SlotStep& step : steps) {
        step.found = versions_.prefetch_slot_location(step.hash);
        if (step.found == nullptr) unknown[count++] = {step.part->path->function->to, step.part->key};
    }
    if (count != 0) versions_.reader().prefetch({unknown.data(), count});
}

/// The same of accounts.
void Row::find_accounts(std::span<AccountStep> steps) const noexcept {
    std::array<state::Location, 16> unknown;
    size_t count = 0;
    for (AccountStep& step : steps) {
        step.found = versions_.prefetch_location(step.hash);
        if (step.found == nullptr) unknown[count++].address = step.part->address;
    }
    if (count != 0) versions_.reader().prefetch({unknown.data(), count});
}

void Row::apply(const SlotPart& part, uint64_t hash, BlockMemory& memory) {
    if (part.transaction >= end_.load(std::memory_order_relaxed) || is_over()) return;
    SlotLocation& location =
        *versions_.locate(part.path->function->contract, part.key, hash, memory, VersionedState::Base::read);
    SlotVersion* const newest = location.newest.load(std::memory_order_relaxed);
    const bool is_own = newest != nullptr && newest->position == position_;
    uint256 value;
    if (is_own)
        value = newest->value;
    else if (!versions_.read(location, position_, value))
        return failed_.store(true, std::memory_order_relaxed);
    const uint256 before = value;
    evm::StorageCharge charge;
    const evm::Summary& summary = part.path->summary;
    if (!summary.apply(part.place, part.needs, value, charge)) return misjudge(part);
    const evm::StorageCharge& expected = summary.places()[part.place].charge;
    if (charge != expected) [[unlikely]] {
        const auto add = [](int64_t& to, int64_t more) {
            std::atomic_ref(to).fetch_add(more, std::memory_order_relaxed);
        };
        add(part.call->more_gas, charge.gas - expected.gas);
        add(part.call->more_refund, charge.refund - expected.refund);
        part.call->chunk->differs.store(true, std::memory_order_relaxed);
    }
    if (value == before) return;
    if (is_own) {
        newest->value = value;
        return;
    }
    auto* const version = ::new (memory.arena.allocate(sizeof(SlotVersion), alignof(SlotVersion)))
        SlotVersion{{position_, VersionState::committed, 0, newest}, value};
    location.newest.store(version, std::memory_order_release);
}

void Row::misjudge(const SlotPart& part) noexcept {
    const Summaries::Path& path = *part.path;
    if (path.function->paths.size() == 1) return end_for_lack_of_path(part.transaction);
    Chunk& chunk = *part.call->chunk;
    std::atomic_ref(chunk.not_taken[part.call->transaction])
        .store(static_cast<uint8_t>(path.number + 1), std::memory_order_relaxed);
    chunk.differs.store(true, std::memory_order_relaxed);
    lower(misjudged_, part.transaction);
}

void Row::apply(const AccountPart& part, uint64_t hash, BlockMemory& memory) {
    if (part.transaction >= end_.load(std::memory_order_relaxed) || is_over()) return;
    AccountState* const found = account(part.address, hash, memory);
    if (found == nullptr) return failed_.store(true, std::memory_order_relaxed);
    if (found->account.code_hash != crypto::empty_code_hash ||
        !(part.is_debit ? debit(*found, part) : credit(*found, widen(part.amount))))
        end_before(part.transaction);
}

/// Whether there is no use in going on.
bool Row::is_over() const noexcept {
    return failed_.load(std::memory_order_relaxed) || block_.stopped().load(std::memory_order_relaxed);
}

void Row::correct(Chunk& chunk) {
    if (!chunk.differs.load(std::memory_order_relaxed)) return;
    for (const Call& call : chunk.calls) {
        if (call.more_gas == 0 && call.more_refund == 0) continue;
        if (!suffices(call)) return end_before(chunk.first + call.transaction);
        Outcome& outcome = chunk.outcomes[call.transaction];
        const uint64_t taken_for = std::exchange(outcome.gas_used, gas_used_by(call));
        // Modulo 2^128, and 2^256.
        const uint64_t more = outcome.gas_used - taken_for;
        const auto more_gas = static_cast<Amount>(static_cast<__int128>(static_cast<int64_t>(more)));
        chunk.account_parts[call.debit].amount += call.gas_price * more_gas;
        chunk.tips += widen(call.priority_fee * outcome.gas_used) - widen(call.priority_fee * taken_for);
    }
    sum_up(chunk);
}

/// MainnetRules' validate_sender(), buy_gas() and what settle() gives back, and the nonce. False: it is not
/// valid.
bool Row::debit(AccountState& sender, const AccountPart& part) const noexcept {
    if (sender.account.nonce != part.nonce || sender.account.balance < widen(part.max_cost)) return false;
    ++sender.account.nonce;
    sender.account.balance -= widen(part.amount);
    sender.exists = true;
    return true;
}

/// Journal::credit(), and what the transaction's end makes of it. False: it overflows.
bool Row::credit(AccountState& account, const uint256& amount) const noexcept {
    if (uint256::add_carry(account.account.balance, amount, account.account.balance)) return false;
    account.exists = !eip161_ || !account.account.is_empty();
    return true;
}

AccountState* Row::account(const Address& address, uint64_t hash, BlockMemory& memory) {
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

void Row::take_back() {
    const auto restore = [&](auto& location) {
        if (auto* const newest = location.newest.load(std::memory_order_relaxed);
            newest != nullptr && newest->position == position_)
            location.newest.store(newest->older.load(std::memory_order_relaxed), std::memory_order_relaxed);
    };
    for (const BlockMemory* const memory : memories_) {
        for (AccountLocation* const location : memory->accounts) restore(*location);
        for (SlotLocation* const location : memory->slots) restore(*location);
    }
}

}  // namespace weft::execution::optimistic
