#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "weft/base/parker.hpp"
#include "weft/primitives/access_list.hpp"
#include "weft/state/commit.hpp"

namespace weft::evm {
class Inspector;
}

namespace weft::execution {

using state::CommitSink;
using state::CommittedAccount;
using state::CommittedSlot;
using state::RootSink;

/// What an invalid transaction does to its block.
enum class OnInvalid : uint8_t {
    fail,  ///< the block is invalid
    skip,  ///< the transaction is left out, with a reason
};

/// Checks that simulation (eth_call, eth_estimateGas) leaves out.
struct Checks {
    bool nonce = true;
    /// Off: a sender that can't pay is given what it lacks. (What exceeds 256 bits nobody can pay.)
    bool balance = true;
    /// Off: the fee cap may lie below the base fee, or be zero, and is then the price; of blobs likewise.
    bool base_fee = true;
    bool sender_code = true;  ///< EIP-3607
};

/// Who fills a gate, where those who wait at it can lend a hand.
class SenderSource {
public:
    /// Does a part of the work on this thread. False: there is nothing to do but wait. Thread-safe.
    virtual bool recover_some() noexcept = 0;

protected:
    ~SenderSource() = default;
};

/// Lets transactions execute while the senders of later ones are still being recovered. The producer writes
/// Transaction::sender, then calls open(); the executor waits for the transactions it is about to run.
class SenderGate {
public:
    /// source: whom those who wait help; outlives the waits. nullptr: they sleep.
    explicit SenderGate(SenderSource* source = nullptr) noexcept : source_(source) {}

    /// The first `count` transactions have their sender.
    void open(size_t count) noexcept {
        ready_.store(count, std::memory_order_release);
        notify();
    }
    /// Transaction `index` has no valid signature. To be called before open(index + 1). Where that makes the
    /// block invalid, the gate need not open further.
    void refuse(size_t index) noexcept;
    [[nodiscard]] bool is_open(size_t count) const noexcept {
        return ready_.load(std::memory_order_acquire) >= count;
    }
    /// Waits for the first `count` transactions, helping the source meanwhile; false: `stop` was triggered
    /// first.
    [[nodiscard]] bool wait(size_t count, const std::stop_token& stop) noexcept;
    /// Does a part of the source's work; false: there is none.
    bool help() const noexcept { return source_ != nullptr && source_->recover_some(); }
    [[nodiscard]] bool refused(size_t index) const noexcept {
        return any_refused_.load(std::memory_order_acquire) && is_among_refused(index);
    }

private:
    void notify() noexcept {
        changes_.fetch_add(1, std::memory_order_release);
        parker_.wake_all(changes_);
    }

    [[nodiscard]] bool is_among_refused(size_t index) const noexcept;

    SenderSource* source_;
    std::atomic<size_t> ready_{0};
    std::atomic<bool> any_refused_{false};
    mutable std::mutex mutex_;
    std::vector<size_t> refused_;       ///< under mutex_
    std::atomic<uint32_t> changes_{0};  ///< what waiters watch
    base::Parker parker_;
};

/// How to execute; the defaults are those of block validation. What is pointed to outlives the execution.
struct ExecutionOptions {
    OnInvalid on_invalid = OnInvalid::fail;
    Checks checks = {};
    /// nullptr: every transaction has its sender.
    SenderGate* senders = nullptr;
    /// With `directed` and an access list given, it hears everything at once, from the list, before the first
    /// transaction runs.
    CommitSink* sink = nullptr;
    /// Before Byzantium asked for the state's root after each transaction, which the receipt then holds.
    /// nullptr: receipts have none. It must hear what `sink` hears: the same object, or one behind it.
    RootSink* transaction_roots = nullptr;
    /// The block's access list as its proposer gives it (EIP-7928). A block that does anything else is
    /// invalid, whichever executor runs it; `directed` executes by it.
    const primitives::BlockAccessList* access_list = nullptr;
    /// What the block is expected to access. May be wrong in any way: it only tells `directed` where to look.
    const primitives::BlockAccessList* predicted_list = nullptr;
    /// BlockResult holds the access list also where the block's rules ask for none.
    bool record_access_list = false;
    /// nullptr: nobody is told of steps. Hears the same from every executor.
    evm::Inspector* inspector = nullptr;
    /// False: receipts' and the block's blooms stay empty; see primitives::fill_blooms.
    bool blooms = true;
    std::stop_token stop = {};
};

}  // namespace weft::execution
