#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "weft/base/arena.hpp"
#include "weft/base/hash_map.hpp"
#include "weft/base/prefetch.hpp"
#include "weft/primitives/receipt.hpp"
#include "weft/state/code.hpp"
#include "weft/state/diff.hpp"

namespace weft::state {

/// What an execution learned about an account as it was before its journal began. An optimistic executor
/// holds these observations against the committed state; nothing else about the account can have changed the
/// outcome.
enum Observed : uint8_t {
    observed_balance = 1,      ///< the exact balance (else only `least` <= balance <= `most`)
    observed_nonce = 2,        ///< the exact nonce
    observed_code = 4,         ///< the exact code hash
    observed_existence = 8,    ///< whether the account exists
    observed_identity = 16,    ///< that it has a nonce or code, so that it isn't empty
    observed_no_storage = 32,  ///< that it has no storage (EIP-7610)
    observed_storage = 64,     ///< that it has storage
};

/// One account in a journal: as it was when the journal first met it (`base`), and as it is now.
/// Stamps hold the number of the transaction in which something was last true (0: never), so that a new
/// transaction needs no clearing.
struct alignas(64) AccountEntry {
    Address address;
    uint8_t observed = 0;
    /// `base` is what the source says.
    bool known = false;
    /// A transaction has accessed it. (One that turned out invalid only looked at it: see Journal::peek.)
    bool loaded = false;
    bool always_warm = false;  ///< a precompile
    bool exists = false;
    bool base_exists = false;
    /// Slots that the journal doesn't hold yet are zero: the account was created or destroyed here.
    bool storage_cleared = false;
    /// It was empty and touched at the end of a transaction, and so isn't there (EIP-161).
    bool removed = false;
    /// The storage that was there before the journal is gone (the account was destroyed).
    bool wiped = false;
    uint32_t run = 0;  ///< in which it was last asked for
    uint32_t warm_in = 0;
    uint32_t touched_in = 0;
    uint32_t created_in = 0;
    uint32_t destroyed_in = 0;
    uint32_t wiped_in = 0;    ///< when `wiped` was last set
    uint32_t visited_in = 0;  ///< the visit, see Journal::visit_changes
    /// Counts the destructions; a slot with another generation is zero.
    uint32_t generation = 0;
    Account now;
    const Code* code = nullptr;  ///< of now.code_hash, once asked for
    Account base;
    /// The bounds of base.balance within which every comparison made so far has the same outcome. See
    /// `Journal::covers`.
    uint256 least;
    uint256 most;
    uint32_t rank = 0;           ///< for make_diff, visit_changes, make_access_list
    bool slots_changed = false;  ///< for make_diff
    void* origin = nullptr;      ///< the Source's own mark of the place; stays from run to run
    const void* seen = nullptr;  ///< the Source's own mark of the value
};

/// What a run has asked of a slot whose exact value it has not looked at: its outcome is the same, and what
/// it leaves there differs from `base` by the same, modulo 2^256, for every base that is less by `fall` at
/// most, or greater by `rise` at most.
struct SlotInterval {
    uint256 fall;
    uint256 rise;
    [[nodiscard]] uint256 least(const uint256& base) const noexcept { return base - fall; }
    [[nodiscard]] uint256 most(const uint256& base) const noexcept { return base + rise; }
    // Whether a value is `base` and a constant, modulo 2^256; otherwise it doesn't depend on `base`.
    bool now_floats = true;
    bool original_floats = true;
};

/// One storage slot in a journal; its value is Journal::value_now(), for a wiped storage takes its slots
/// along. No number lies in two lines of the cache, for what is written here is read soon.
struct alignas(64) SlotEntry {
    AccountEntry* account = nullptr;
    uint32_t run = 0;  ///< in which it was last asked for
    uint32_t warm_in = 0;
    uint32_t seen_in = 0;
    uint32_t generation = 0;
    bool loaded = false;
    /// `base` came from the source. (A slot of a cleared storage was never asked for.)
    bool from_source = false;
    /// The Source's guess that nobody will need the exact value.
    bool may_commute = false;
    alignas(32) uint256 key;
    uint256 now;
    uint256 base;      ///< when the journal first met it
    uint256 original;  ///< at the start of the transaction `seen_in` (EIP-1283, EIP-2200)
    /// nullptr: the run rests on `base` itself. Only who keeps to it may read a value while there is one: the
    /// interpreter, by Journal::loaded().
    SlotInterval* interval = nullptr;
    void* origin = nullptr;      ///< the Source's own mark of the place; stays from run to run
    const void* seen = nullptr;  ///< the Source's own mark of the value
    uint32_t visited_in = 0;
};
static_assert(sizeof(SlotEntry) == 192);

/// Where a journal finds what it doesn't hold: a StateReader, or the other segments of a block.
/// A call that fails leaves the reason with the source; the journal's callers then see a null pointer.
class Source {
public:
    virtual ~Source() = default;
    /// Says that these places will be asked for soon. By default nothing happens.
    virtual void prefetch(std::span<const Location> /*locations*/) const noexcept {}
    /// Fills base and base_exists; may set origin. False: failed.
    [[nodiscard]] virtual bool load(AccountEntry& account) noexcept = 0;
    /// Fills base; may set origin, and may_commute. False: failed.
    [[nodiscard]] virtual bool load(SlotEntry& slot) noexcept = 0;
    /// Whether the account had storage before the journal; nullopt: failed.
    [[nodiscard]] virtual std::optional<bool> has_storage(AccountEntry& account) noexcept = 0;
    /// The code with the hash account.now.code_hash, which isn't the empty one; nullptr: failed.
    [[nodiscard]] virtual const Code* code(const AccountEntry& account) noexcept = 0;
    /// nullopt: failed.
    [[nodiscard]] virtual std::optional<Hash> block_hash(uint64_t number) noexcept = 0;
    /// Whether it is of any use to go on with what has been read so far. False: failed.
    [[nodiscard]] virtual bool goes_on() noexcept { return true; }
};

/// What a journal must know of the chain's rules.
struct JournalRules {
    /// Touched empty accounts disappear (Spurious Dragon); before, touching an account brings it into being.
    bool eip161 = true;
    /// Whether an address is warm from every transaction's beginning: the precompiles (EIP-2929). May be
    /// null.
    bool (*always_warm)(const void* context, const Address& address) = nullptr;
    const void* context = nullptr;
};

class Journal;

/// Is told of every transaction's end, while the journal can still say what it changed.
class TransactionObserver {
public:
    virtual ~TransactionObserver() = default;
    virtual void transaction_ended(Journal& journal) = 0;
};

/// The state as one run of transactions sees and changes it: caches what it reads, undoes what reverts.
///
/// Balances are only ever compared, credited and debited, except where the code asks for the number itself;
/// the journal keeps the interval of base balances for which all comparisons come out the same, so that a
/// changed balance need not refute the run. For that, no balance may come near 2^256: an account with 2^254
/// or more is read exactly. A slot that the source thinks may commute is treated likewise (SlotInterval).
class Journal {
public:
    explicit Journal(CodeCache& codes);
    /// AccountEntry::most where no comparison has set a bound.
    static constexpr uint256 unbounded_balance{~0ULL, ~0ULL, ~0ULL, (uint64_t{1} << 62) - 1};
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Forgets everything and reads from `source` from now on. Constant time.
    void reset(Source& source, const JournalRules& rules) noexcept;
    /// Begins another run: forgets all values and asks the same source for them anew; keeps the places of
    /// accounts and slots, and the source's marks of them. Constant time.
    void begin_run() noexcept;

    /// Transactions are numbered from 1; a new run goes on counting. Warmth, transient storage, original
    /// values, refund and logs start anew.
    void begin_transaction() noexcept;
    /// Carries out SELFDESTRUCTs and removes touched empty accounts.
    void end_transaction();

    /// nullptr: nobody. Stays across reset().
    void set_observer(TransactionObserver* observer) noexcept { observer_ = observer; }
    /// Calls account(AccountEntry&, const Account& before) and slot(SlotEntry&) once for each that the
    /// present transaction may have changed. `before` is the account when the transaction began, as
    /// SlotEntry::original is the slot.
    template <class OnAccount, class OnSlot>
    void visit_changes(OnAccount&& account, OnSlot&& slot);

    // ---- Accounts. Pointers stay valid until reset() or begin_run(). A null pointer: the source failed; end
    // the run.

    /// The account, loaded.
    [[nodiscard]] AccountEntry* account(const Address& address) noexcept {
        AccountEntry& entry = entry_of(address);
        if (!entry.loaded) [[unlikely]]
            return load(entry);
        return &entry;
    }
    /// The account, without accessing it in the sense of EIP-7928: for what is not known to be a part of the
    /// block yet. Whoever goes on with it calls loaded().
    [[nodiscard]] AccountEntry* peek(const Address& address) noexcept {
        AccountEntry& entry = entry_of(address);
        return know(entry) ? &entry : nullptr;
    }
    /// Says that these places will be asked for soon: brings what memory holds of them near the core,
    /// `prefetched_at_once` at a time. For journals that do not lie there anyway; tells the source of those
    /// that it will be asked for.
    void prefetch(std::span<const Location> locations) const noexcept;
    static constexpr size_t prefetched_at_once = 32;
    /// The place, if the journal has met it; nullptr: it has not.
    [[nodiscard]] const AccountEntry* find(const Address& address) const noexcept {
        return account_table_.find(account_table_.hash(address),
                                   [&](const AccountEntry& e) { return e.address == address; });
    }
    [[nodiscard]] const SlotEntry* find(const AccountEntry& account, const uint256& key) const noexcept {
        return slot_table_.find(slot_table_.hash(&account, key),
                                [&](const SlotEntry& e) { return e.account == &account && e.key == key; });
    }
    /// The account's place, not loaded: for warming.
    [[nodiscard]] AccountEntry& entry_of(const Address& address) noexcept;
    /// The account at its place, loaded: what account() does after entry_of().
    [[nodiscard]] AccountEntry* loaded(AccountEntry& entry) noexcept {
        return entry.loaded ? &entry : load(entry);
    }
    [[nodiscard]] bool is_cold(const AccountEntry& entry) const noexcept {
        return entry.warm_in != transaction_ && !entry.always_warm;
    }
    /// Marks it warm for this transaction; true if it was cold (EIP-2929).
    bool warm(AccountEntry& entry) noexcept {
        if (!is_cold(entry)) return false;
        undo_.push_back({Undo::Kind::account_warmed, &entry, entry.warm_in});
        entry.warm_in = transaction_;
        return true;
    }

    [[nodiscard]] bool exists(AccountEntry& entry) noexcept {
        entry.observed |= observed_existence;
        return entry.exists;
    }
    /// EIP-161's emptiness; true for an account that doesn't exist.
    [[nodiscard]] bool is_empty(AccountEntry& entry) noexcept;
    /// The balance itself.
    [[nodiscard]] const uint256& balance(AccountEntry& entry) noexcept {
        entry.observed |= observed_balance;
        return entry.now.balance;
    }
    /// Whether the balance is at least `amount`.
    [[nodiscard]] bool covers(AccountEntry& entry, const uint256& amount) noexcept;
    /// Adds to the balance and touches the account.
    void credit(AccountEntry& entry, const uint256& amount);
    /// Takes from the balance and touches the account. Precondition: covers(entry, amount) said yes.
    void debit(AccountEntry& entry, const uint256& amount);
    [[nodiscard]] uint64_t nonce(AccountEntry& entry) noexcept {
        entry.observed |= observed_nonce;
        return entry.now.nonce;
    }
    void set_nonce(AccountEntry& entry, uint64_t nonce);
    [[nodiscard]] const Hash& code_hash(AccountEntry& entry) noexcept {
        entry.observed |= observed_code;
        return entry.now.code_hash;
    }
    /// nullptr: the source failed.
    [[nodiscard]] const Code* code(AccountEntry& entry) noexcept {
        entry.observed |= observed_code;
        if (entry.code == nullptr) [[unlikely]]
            entry.code =
                entry.now.code_hash == crypto::empty_code_hash ? codes_.empty() : source_->code(entry);
        return entry.code;
    }
    /// Installs code; empty bytes remove it.
    void set_code(AccountEntry& entry, BytesView code);
    /// Whether any slot is not zero (EIP-7610); nullopt: the source failed.
    [[nodiscard]] std::optional<bool> has_storage(AccountEntry& entry) noexcept;
    /// EIP-161: brings the account up for removal at the end of the transaction, should it be empty then.
    void touch(AccountEntry& entry);
    /// Takes it back, if this transaction has touched the account.
    void untouch(const Address& address) noexcept {
        for (AccountEntry* entry : touched_)
            if (entry->address == address) entry->touched_in = 0;
    }
    /// Marks the account as created in this transaction. Precondition: no code, nonce 0, no storage.
    void create(AccountEntry& entry);
    [[nodiscard]] bool created_here(const AccountEntry& entry) const noexcept {
        return entry.created_in == transaction_;
    }
    /// Marks the account for destruction at the end of the transaction; true if it was not marked yet.
    bool destroy(AccountEntry& entry);
    [[nodiscard]] bool destroyed_here(const AccountEntry& entry) const noexcept {
        return entry.destroyed_in == transaction_;
    }

    // ---- Storage

    /// The slot, loaded, its exact value being asked for; nullptr: the source failed.
    [[nodiscard]] SlotEntry* slot(AccountEntry& account, const uint256& key) noexcept {
        SlotEntry* const entry = loaded(entry_of(account, key));
        if (entry != nullptr) observe(*entry);
        return entry;
    }
    /// The slot's place, not loaded: for warming.
    [[nodiscard]] SlotEntry& entry_of(AccountEntry& account, const uint256& key) noexcept;
    /// The slot at its place, loaded. See SlotEntry::interval.
    [[nodiscard]] SlotEntry* loaded(SlotEntry& entry) noexcept {
        return entry.seen_in == transaction_ ? &entry : see(entry);
    }
    [[nodiscard]] bool is_cold(const SlotEntry& entry) const noexcept {
        return entry.warm_in != transaction_;
    }
    /// Marks it warm for this transaction; true if it was cold (EIP-2929).
    bool warm(SlotEntry& entry) noexcept {
        if (!is_cold(entry)) return false;
        undo_.push_back({Undo::Kind::slot_warmed, &entry, entry.warm_in});
        entry.warm_in = transaction_;
        return true;
    }
    /// Precondition: the slot has no interval.
    void set(SlotEntry& entry, const uint256& value) {
        undo_.push_back({Undo::Kind::slot_set, &entry, entry.now});
        entry.now = value;
    }

    // Slots with an interval. A value that floats is base and a constant, modulo 2^256.

    /// The run rests on the exact value from now on.
    static void observe(SlotEntry& entry) noexcept { entry.interval = nullptr; }
    /// The run goes the same way as long as a value that floats, and so the base, is less by `fall` at most,
    /// or greater by `rise` at most.
    static void keep_within(SlotEntry& entry, const uint256& fall, const uint256& rise) noexcept {
        if (entry.interval == nullptr) return;
        if (fall < entry.interval->fall) entry.interval->fall = fall;
        if (rise < entry.interval->rise) entry.interval->rise = rise;
    }
    /// Precondition: the slot has an interval.
    void set(SlotEntry& entry, const uint256& value, bool floats);
    /// Transient storage (EIP-1153).
    [[nodiscard]] uint256 transient(const AccountEntry& account, const uint256& key) const noexcept;
    void set_transient(AccountEntry& account, const uint256& key, const uint256& value);

    // ---- What a transaction gathers

    /// A new log of this account, for the caller to fill.
    [[nodiscard]] primitives::Log& add_log(const Address& address) {
        if (logs_.size() == logs_.capacity() && logs_.size() >= many_logs) [[unlikely]]
            logs_.reserve(16 * logs_.size());  // memory that is not reached is none
        primitives::Log& log = logs_.emplace_back();
        log.address = address;
        return log;
    }
    [[nodiscard]] const std::vector<primitives::Log>& logs() const noexcept { return logs_; }
    /// The logs, which the journal then holds no longer.
    [[nodiscard]] std::vector<primitives::Log> take_logs() {
        // Few are moved out, so that the journal's vector need not grow again. Many go as they are: a second
        // copy of a block's worth of logs would be its peak of memory.
        if (logs_.size() >= many_logs) return std::exchange(logs_, {});
        std::vector<primitives::Log> out(std::make_move_iterator(logs_.begin()),
                                         std::make_move_iterator(logs_.end()));
        logs_.clear();
        // In a block of many transactions those that follow get the memory behind it, mostly.
        constexpr size_t most = 1024;
        const size_t bytes = out.size() * sizeof(primitives::Log);
        base::prefetch_to_write(out.data(), 5 * bytes, std::min(bytes + 64, most));
        return out;
    }
    void add_refund(int64_t gas) noexcept { refund_ += gas; }
    [[nodiscard]] int64_t refund() const noexcept { return refund_; }
    /// nullopt: the source failed.
    [[nodiscard]] std::optional<Hash> block_hash(uint64_t number) noexcept {
        return source_->block_hash(number);
    }

    /// See Source.
    [[nodiscard]] bool goes_on() noexcept { return source_->goes_on(); }

    struct Snapshot {
        size_t undo;
        size_t logs;
        int64_t refund;
    };
    [[nodiscard]] Snapshot snapshot() const noexcept { return {undo_.size(), logs_.size(), refund_}; }
    void revert(const Snapshot& snapshot) noexcept;

    /// Calls visit(const SlotEntry&) for the slots that this transaction has warmed: those it touched, from
    /// Berlin on, but for what reverted.
    template <class Visit>
    void visit_warmed(Visit&& visit) const {
        for (const Undo& record : undo_)
            if (record.kind == Undo::Kind::slot_warmed) visit(*static_cast<const SlotEntry*>(record.entry));
    }

    // ---- What the run read and wrote

    [[nodiscard]] const std::vector<AccountEntry*>& accounts() const noexcept { return accounts_; }
    [[nodiscard]] const std::vector<SlotEntry*>& slots() const noexcept { return slots_; }
    [[nodiscard]] CodeCache& codes() noexcept { return codes_; }
    [[nodiscard]] uint32_t transaction() const noexcept { return transaction_; }
    /// A slot's value at the end of the run: an account destroyed since the slot was last seen has none.
    [[nodiscard]] static const uint256& value_now(const SlotEntry& slot) noexcept {
        static constexpr uint256 zero;
        return slot.generation == slot.account->generation ? slot.now : zero;
    }
    /// Whether that value is the base and a constant, whatever the base is within the slot's interval.
    [[nodiscard]] static bool floats(const SlotEntry& slot) noexcept {
        return slot.interval != nullptr && slot.interval->now_floats &&
               slot.generation == slot.account->generation;
    }
    [[nodiscard]] size_t bytes_reserved() const noexcept { return arena_.bytes_reserved(); }

private:
    static constexpr size_t many_logs = 1024;

    struct Undo {
        enum class Kind : uint8_t {
            account_warmed,
            slot_warmed,
            slot_set,
            slot_moved,  ///< the same, where the value before floats
            balance_set,
            nonce_set,
            code_hash_set,
            code_set,
            existence_set,
            touched,
            created,
            destroyed,
            transient_set,
        };
        Kind kind;
        void* entry;
        uint256 before;
    };
    struct TransientEntry {
        const AccountEntry* account;
        uint256 key;
        uint256 value;
    };

    struct Changed {
        AccountEntry* account;
        Account before;
    };

    /// Whether the source will be asked for a place that prefetch() has found, or not: it is for what is new
    /// to the journal, and for what it has marked, anew in each run.
    template <class Entry>
    [[nodiscard]] bool will_ask_for(const Entry* entry) const noexcept {
        return entry == nullptr || (entry->run != run_ && entry->origin != nullptr);
    }
    /// Brings a place known from an earlier run into this one.
    void renew(AccountEntry& entry) noexcept;
    void renew(SlotEntry& entry) noexcept;
    [[nodiscard]] bool know(AccountEntry& entry) noexcept;
    [[nodiscard]] AccountEntry* load(AccountEntry& entry) noexcept;
    /// Takes the value before a change back into `before`.
    static void restore(Account& before, const Undo& record) noexcept {
        if (record.kind == Undo::Kind::balance_set)
            before.balance = record.before;
        else if (record.kind == Undo::Kind::nonce_set)
            before.nonce = record.before.low();
        else if (record.kind == Undo::Kind::code_hash_set)
            before.code_hash = base::to_hash(record.before);
    }
    [[nodiscard]] SlotEntry* see(SlotEntry& entry) noexcept;
    void note_comparison(AccountEntry& entry, const uint256& amount, bool covered) noexcept;
    void set_exists(AccountEntry& entry, bool exists);
    void undo(const Undo& record) noexcept;
    void carry_out_destruction(AccountEntry& entry);
    [[nodiscard]] TransientEntry* find_transient(const AccountEntry& account,
                                                 const uint256& key) const noexcept;

    CodeCache& codes_;
    Source* source_ = nullptr;
    JournalRules rules_;
    TransactionObserver* observer_ = nullptr;
    uint32_t transaction_ = 0;
    uint32_t visit_ = 0;
    uint32_t run_ = 1;
    base::Arena arena_;
    base::PointerTable<AccountEntry> account_table_;
    base::PointerTable<SlotEntry> slot_table_;
    base::PointerTable<TransientEntry> transient_table_;
    AccountEntry* last_account_ = nullptr;
    SlotEntry* last_slot_ = nullptr;
    std::vector<AccountEntry*> accounts_;
    std::vector<SlotEntry*> slots_;
    std::vector<Undo> undo_;
    std::vector<Changed> changed_;  ///< visit_changes' own
    std::vector<AccountEntry*> touched_;
    std::vector<AccountEntry*> destroyed_;
    std::vector<primitives::Log> logs_;
    int64_t refund_ = 0;
};

template <class OnAccount, class OnSlot>
void Journal::visit_changes(OnAccount&& account, OnSlot&& slot) {
    ++visit_;
    changed_.clear();
    // Backwards: what is restored last is the oldest value.
    for (size_t i = undo_.size(); i-- > 0;) {
        const Undo& record = undo_[i];
        switch (record.kind) {
            case Undo::Kind::account_warmed:
            case Undo::Kind::slot_warmed:
            case Undo::Kind::transient_set:
                break;
            case Undo::Kind::slot_set:
            case Undo::Kind::slot_moved: {
                auto& entry = *static_cast<SlotEntry*>(record.entry);
                if (std::exchange(entry.visited_in, visit_) != visit_) slot(entry);
                break;
            }
            default: {
                auto& entry = *static_cast<AccountEntry*>(record.entry);
                if (std::exchange(entry.visited_in, visit_) != visit_) {
                    entry.rank = static_cast<uint32_t>(changed_.size());
                    changed_.push_back({&entry, entry.now});
                }
                restore(changed_[entry.rank].before, record);
            }
        }
    }
    for (const Changed& changed : changed_) account(*changed.account, changed.before);
}

/// The canonical difference between a journal's base and its present state.
[[nodiscard]] StateDiff make_diff(const Journal& journal);

}  // namespace weft::state

namespace weft {
using state::Journal;
}  // namespace weft
