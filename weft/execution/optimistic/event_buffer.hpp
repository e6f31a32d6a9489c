#pragma once

#include <atomic>
#include <vector>

#include "weft/evm/inspector.hpp"

namespace weft::execution::optimistic {

/// Bytes that all event buffers of a block may hold together. Thread-safe.
class EventBudget {
public:
    void set(size_t bytes) noexcept { left_.store(bytes, std::memory_order_relaxed); }
    /// False: there isn't as much left.
    [[nodiscard]] bool take(size_t bytes) noexcept;
    void give_back(size_t bytes) noexcept { left_.fetch_add(bytes, std::memory_order_relaxed); }

private:
    std::atomic<size_t> left_{0};
};

/// Holds what a speculative run would tell the inspector, until it is known whether the run stands. Of a
/// step's stack and memory only what the instruction before it changed is kept, so that a trace grows with
/// the number of instructions. A buffer that finds the budget spent drops everything: its run must not be
/// committed, but be repeated where nothing needs to be held back.
class EventBuffer final : public evm::Inspector {
public:
    /// `budget` must outlive the buffer.
    explicit EventBuffer(EventBudget& budget) : budget_(budget) {}
    ~EventBuffer() override { clear(); }
    EventBuffer(const EventBuffer&) = delete;
    EventBuffer& operator=(const EventBuffer&) = delete;

    /// Forgets everything, and frees its memory.
    void clear() noexcept;
    /// What follows belongs to the next transaction.
    void end_transaction();
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }
    /// Tells `inspector` what was recorded of the next transaction that has not been replayed yet.
    /// Precondition: not overflowed(); nothing is recorded any more.
    void replay_transaction(evm::Inspector& inspector);

    void step(const evm::Step& step) override;
    void step_end(const evm::StepEnd& end) override;
    void enter(const evm::Entry& entry) override;
    void exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) override;
    void created(const Address& address, BytesView code) override;
    void log(const primitives::Log& log) override;
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override;
    void storage_read(const Address& address, const uint256& key, const uint256& value) override;
    void storage_written(const Address& address, const uint256& key, const uint256& before,
                         const uint256& after) override;
    void account_read(const Address& address) override;
    void balance_moved(const Address& from, const Address& to, const uint256& amount) override;
    void preimage(const Hash& hash, BytesView message) override;

private:
    enum class Kind : uint8_t;
    class Replay;

    /// A call depth, as of its last step: what the next step's differences are to, be it the same call or a
    /// new one (whose stack and memory begin empty).
    struct Frame {
        Address address;
        uint8_t opcode = 0;
        size_t memory_size = 0;  ///< while recording
        Bytes memory;            ///< while replaying
        std::vector<uint256> stack;
    };
    /// The frame of a depth that counts from 1.
    Frame& frame(uint32_t depth);

    template <class... Fields>
    void put(const Fields&... fields);
    void put_bytes(BytesView bytes);
    /// Room for more bytes; nullptr: the budget is spent.
    uint8_t* grow(size_t size);

    EventBudget& budget_;
    size_t reserved_ = 0;  ///< taken from the budget
    bool overflowed_ = false;
    Bytes bytes_;
    size_t replayed_ = 0;

    // The state of both recording and replaying; the latter begins anew.
    bool replaying_ = false;
    std::vector<Frame> frames_;
    int64_t refund_ = 0;
    Bytes return_data_;
    bool return_data_may_differ_ = false;
    std::vector<const char*> names_;  ///< by opcode; one revision's
    Revision revision_{};
};

}  // namespace weft::execution::optimistic
