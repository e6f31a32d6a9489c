#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <span>
#include <vector>

#include "weft/execution/block_state.hpp"
#include "weft/execution/optimistic/row_transaction.hpp"
#include "weft/execution/optimistic/summaries.hpp"
#include "weft/execution/optimistic/versioned_state.hpp"

namespace weft::execution::optimistic {

class Batch;

/// How it went with a row.
struct RowOutcome {
    size_t executed = 0;  ///< transactions
    size_t others = 0;    ///< that come then and are to be executed in another way
    size_t in_vain = 0;   ///< for so many the work came to nothing
    size_t calls = 0;     ///< among those executed
    /// What ended it is a call that takes a path of its function that isn't known.
    bool lacks_path = false;
};

/// A row of payments and calls at the cursor, executed by owner of account and of slot.
///
/// First its transactions are judged and their formulas evaluated, some consecutive ones by one thread; then
/// slots change, each by its owner, which says what the calls cost; then accounts, which pay for it.
class Row {
public:
    /// memories: of all workers of the block so far, at least one; each of them works. pool: of their
    /// threads; may be null. position: where the row's versions are to stand, the newest of all.
    Row(VersionedState& versions, BlockState& block, const Summaries& summaries,
        std::span<BlockMemory* const> memories, base::ThreadPool* pool, Position position, bool eip161);

    /// Executes the transactions that the batch begins with, if they weigh at least `least`: up to the first
    /// that is not for a row, that is not valid, that takes a path without a summary, or that has the
    /// coinbase for sender or recipient; or up to some transactions before it, where the block's gas ends.
    /// None, where there are too few (but those before a path that could become known), or the state could
    /// not be read, or the block was stopped: then nothing was done.
    [[nodiscard]] RowOutcome run(const Batch& batch, size_t least);

private:
    using Amount = unsigned __int128;
    [[nodiscard]] static uint256 widen(Amount amount) noexcept {
        return uint256{static_cast<uint64_t>(amount), static_cast<uint64_t>(amount >> 64), 0, 0};
    }
    /// What a transaction does to an account: a cache line, since owners read one here and one there.
    struct alignas(64) AccountPart {
        Address address;
        uint32_t transaction : 31;  ///< of the row
        uint32_t is_debit : 1;
        uint64_t nonce;   ///< of a debit
        Amount amount;    ///< taken from the balance, or added
        Amount max_cost;  ///< of a debit
    };
    static_assert(sizeof(AccountPart) == 64);
    struct Call;
    /// What a call does to a slot.
    struct alignas(64) SlotPart {
        const Summaries::Path* path;
        Call* call;
        const uint256* needs;  ///< see evm::Summary::Place
        uint32_t transaction;  ///< of the row
        uint32_t place;        ///< of the summary
        uint256 key;
    };
    static_assert(sizeof(SlotPart) == 64);
    struct Chunk;
    /// What its slots' owners find that a call takes more, or less, than the one that was summarised.
    struct Call {
        Chunk* chunk;
        uint16_t transaction;  ///< of the chunk
        uint16_t debit;        ///< among the chunk's account parts
        uint16_t first_slot;   ///< its slot parts begin there
        int64_t gas, refund;   ///< as the summary says; with the intrinsic gas
        int64_t more_gas, more_refund;
        const Summaries::Path* path;
        uint64_t gas_limit, floor_gas;
        Amount gas_price, priority_fee;
    };
    struct Outcome {
        uint64_t gas_used;
        primitives::TxType type;
        bool is_call;
        bool success;
    };

    /// Owners: more than threads, for the balance, and as many as leave what an owner works on within a
    /// core's cache.
    static constexpr size_t owners = 32;
    static constexpr size_t most_in_chunk = 512;
    static constexpr size_t most_places = 16;  ///< of a call; no summary has more
    /// Parts of a chunk's transactions by owner, each owner's in the transactions' order.
    struct ByOwner {
        std::span<uint16_t> parts;
        std::array<uint16_t, owners + 1> ends{};  ///< where the owner before ends
        [[nodiscard]] std::span<const uint16_t> of(size_t owner) const noexcept {
            return parts.subspan(ends[owner], ends[owner + 1] - ends[owner]);
        }
    };
    /// Some consecutive transactions, taken apart.
    struct Chunk {
        size_t first = 0;  ///< transaction, of the row
        size_t count = 0;  ///< up to the first that is none of the row
        std::span<AccountPart> account_parts;
        std::span<SlotPart> slot_parts;
        std::span<uint8_t> slot_owners;  ///< of each of these
        ByOwner accounts, slots;
        std::span<Outcome> outcomes;
        std::span<Call> calls;
        std::vector<std::vector<Log>> logs;  ///< of `calls`
        /// By transaction: one more than the number of the path that it was found not to take; 0: none was.
        std::span<uint8_t> not_taken;
        /// A call takes another amount of gas than its summary says, or another path.
        std::atomic<bool> differs{false};
        uint64_t gas_used = 0;
        uint64_t gas_before = 0;  ///< used by the block until then
        Room needed;              ///< that the block must have left
        uint256 tips;
    };
    /// What a thread takes chunks apart with.
    struct Tools;
    /// A part on its way to be applied.
    template <class Part, class Location>
    struct Step {
        const Part* part;
        uint64_t hash = 0;                ///< of its place
        const Location* found = nullptr;  ///< perhaps another's; nullptr: it has none yet, or was not found
    };
    using AccountStep = Step<AccountPart, AccountLocation>;
    using SlotStep = Step<SlotPart, SlotLocation>;

    template <class Body>
    void on_all_threads(Body&& body) {
        if (pool_ == nullptr || memories_.size() == 1) {
            for (BlockMemory* const memory : memories_) body(*memory);
        } else {
            pool_->run(static_cast<unsigned>(memories_.size()),
                       [&](unsigned index) { body(*memories_[index]); });
        }
    }
    /// Calls body(memory, i) once for each i < count, on all threads.
    template <class Body>
    void share_out(size_t count, Body&& body) {
        std::atomic<size_t> next{0};
        on_all_threads([&](BlockMemory& memory) {
            for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) body(memory, i);
        });
    }
    /// The chunks of the row's first `count` transactions.
    [[nodiscard]] size_t chunks_in(size_t count) const noexcept;

    // ---- Taking apart (row.cpp)
    /// Calls body(chunk, memory, tools) for each chunk, on all threads.
    template <class Body>
    void for_each_chunk(Body&& body);
    void take_apart(const Batch& batch, Chunk& chunk, BlockMemory& memory, Tools& tools);
    [[nodiscard]] bool add_next(const Batch& batch, Chunk& chunk, Tools& tools) const;
    void make_room_for_calls(Chunk& chunk, BlockMemory& memory, const Tools& tools);
    [[nodiscard]] bool evaluate(Chunk& chunk, BlockMemory& memory, Tools& tools);
    void evaluate_waiting(Chunk& chunk, BlockMemory& memory, Tools& tools,
                          const Summaries::Function& function);
    /// Gives other paths to the chunk's calls that don't take theirs.
    void choose_again(const Batch& batch, Chunk& chunk, BlockMemory& memory, Tools& tools);
    [[nodiscard]] bool add_call(Chunk& chunk, base::Arena& arena, Tools& tools, const Summaries::Path& path,
                                size_t number, size_t lane) const;
    static void lower(std::atomic<size_t>& bound, size_t to) noexcept {
        size_t before = bound.load(std::memory_order_relaxed);
        while (to < before && !bound.compare_exchange_weak(before, to, std::memory_order_relaxed)) {
        }
    }
    /// Ends the row before this transaction.
    void end_before(size_t transaction) noexcept { lower(end_, transaction); }
    void end_for_lack_of_path(size_t transaction) noexcept {
        lower(lacks_path_, transaction);
        end_before(transaction);
    }
    /// Cuts the row off where it ends now.
    void cut_off(const Batch& batch);
    /// Whether the call's gas limit is enough on all of its way.
    [[nodiscard]] static bool suffices(const Call& call) noexcept;
    [[nodiscard]] uint64_t gas_used_by(const Call& call) const noexcept;
    /// Gas and room of the chunk's transactions.
    static void sum_up(Chunk& chunk);
    /// Of the row, up to where the block's gas ends; returns its length.
    [[nodiscard]] size_t add_up();
    void write_receipts(size_t count);
    [[nodiscard]] size_t calls_in(size_t count) const noexcept;
    /// Of the row's first `count` transactions.
    [[nodiscard]] size_t weight(size_t count) const noexcept;

    // ---- Changes (row_changes.cpp)
    /// False: they can't be made, and the row is to be made again: with other paths, to which those at
    /// misjudged_ are the first, or to end earlier, as end_ says. Or failed_.
    [[nodiscard]] bool make_changes(size_t count);
    /// Calls body(owner, memory) for each owner of any of these parts, on all threads.
    template <class Body>
    void make_by_owner(size_t chunks, ByOwner Chunk::* parts, Body&& body);
    [[nodiscard]] size_t parts_of(size_t owner, size_t chunks, ByOwner Chunk::* parts) const noexcept;
    void change_slots_of(size_t owner, size_t chunks, BlockMemory& memory);
    void change_accounts_of(size_t owner, size_t chunks, BlockMemory& memory);
    [[nodiscard]] bool is_over() const noexcept;
    void find_slots(std::span<SlotStep> steps) const noexcept;
    void find_accounts(std::span<AccountStep> steps) const noexcept;
    void apply(const SlotPart& part, uint64_t hash, BlockMemory& memory);
    void apply(const AccountPart& part, uint64_t hash, BlockMemory& memory);
    /// A slot of the call's is not as its path has it.
    void misjudge(const SlotPart& part) noexcept;
    /// The gas of calls whose slots weren't as those of the call that was summarised.
    void correct(Chunk& chunk);
    [[nodiscard]] bool debit(AccountState& account, const AccountPart& part) const noexcept;
    [[nodiscard]] bool credit(AccountState& account, const uint256& amount) const noexcept;
    /// What the row leaves of the account so far; nullptr: its state could not be read.
    [[nodiscard]] AccountState* account(const Address& address, uint64_t hash, BlockMemory& memory);
    void take_back();

    VersionedState& versions_;
    BlockState& block_;
    const Summaries& summaries_;
    std::span<BlockMemory* const> memories_;
    base::ThreadPool* pool_;
    Position position_;
    bool eip161_;
    std::deque<Chunk> chunks_;
    uint64_t gas_used_ = 0;
    uint256 tips_;
    std::atomic<size_t> end_{0};  ///< one past the last transaction that may be of the row
    static constexpr size_t none = ~size_t{0};
    /// The first transaction that was found to take another path. What was found of those after it is a
    /// guess: their slots may be as it did not leave them.
    std::atomic<size_t> misjudged_{none};
    /// The first that takes none of the paths that are known.
    std::atomic<size_t> lacks_path_{none};
    /// The state could not be read, or the block was stopped.
    std::atomic<bool> failed_{false};
};

}  // namespace weft::execution::optimistic
