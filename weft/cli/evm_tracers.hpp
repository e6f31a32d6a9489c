#pragma once

#include <array>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "weft/cli/evm.hpp"
#include "weft/evm/eip3155.hpp"
#include "weft/primitives/transaction.hpp"

namespace weft::cli::evm_tool {

/// Writes each included transaction's trace to "trace-<index>-<hash>.jsonl" in a folder; the index counts
/// included transactions. System calls are not traced.
class TraceFiles final : public evm::Inspector {
public:
    /// The transactions are those of the block, invalid ones included.
    TraceFiles(std::string folder, std::span<const Transaction> transactions, const TraceOptions& options);

    void transaction_begin(size_t index) override { transaction_ = index; }
    void transaction_end(size_t index, const primitives::Receipt* receipt) override;
    void step(const evm::Step& step) override;
    void step_end(const evm::StepEnd& end) override;
    void enter(const evm::Entry& entry) override;
    void exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) override;
    void created(const Address& address, BytesView code) override;
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override;

    /// The first file that could not be written; empty: none.
    [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

private:
    static constexpr size_t none = ~size_t{0};

    std::string folder_;
    std::span<const Transaction> transactions_;
    evm::Eip3155Tracer::Options options_;
    size_t transaction_ = none;
    size_t included_ = 0;
    std::string path_, failed_;
    std::ofstream file_;
    std::unique_ptr<evm::Eip3155Tracer> tracer_;  ///< while a transaction runs
};

/// Counts the instructions executed, by opcode.
class OpcodeCounter final : public evm::Inspector {
public:
    explicit OpcodeCounter(Revision revision) : revision_(revision) {}
    void step(const evm::Step& step) override { ++counts_[step.opcode]; }
    /// {"ADD":3,…} in the names' order; what has no name stands as "0x0c", which test fillers read.
    [[nodiscard]] std::string json() const;

private:
    Revision revision_;
    std::array<uint64_t, 256> counts_{};
};

/// Tells several inspectors the same: what the tools' tracers listen to.
class InspectorGroup final : public evm::Inspector {
public:
    void add(evm::Inspector& inspector) { members_.push_back(&inspector); }
    [[nodiscard]] bool empty() const noexcept { return members_.empty(); }

    void transaction_begin(size_t index) override {
        for (auto* member : members_) member->transaction_begin(index);
    }
    void transaction_end(size_t index, const primitives::Receipt* receipt) override {
        for (auto* member : members_) member->transaction_end(index, receipt);
    }
    void step(const evm::Step& step) override {
        for (auto* member : members_) member->step(step);
    }
    void step_end(const evm::StepEnd& end) override {
        for (auto* member : members_) member->step_end(end);
    }
    void enter(const evm::Entry& entry) override {
        for (auto* member : members_) member->enter(entry);
    }
    void exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) override {
        for (auto* member : members_) member->exit(depth, status, gas_left, output);
    }
    void created(const Address& address, BytesView code) override {
        for (auto* member : members_) member->created(address, code);
    }
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override {
        for (auto* member : members_) member->selfdestruct(address, beneficiary, balance);
    }

private:
    std::vector<evm::Inspector*> members_;
};

/// Tells a tracer what transactions do; geth's tracers don't hear system calls.
class TransactionsOnly final : public evm::Inspector {
public:
    explicit TransactionsOnly(evm::Inspector& tracer) : tracer_(tracer) {}

    void transaction_begin(size_t /*index*/) override { hears_ = true; }
    void transaction_end(size_t /*index*/, const primitives::Receipt* /*receipt*/) override {
        hears_ = false;
    }
    void step(const evm::Step& step) override {
        if (hears_) tracer_.step(step);
    }
    void step_end(const evm::StepEnd& end) override {
        if (hears_) tracer_.step_end(end);
    }
    void enter(const evm::Entry& entry) override {
        if (hears_) tracer_.enter(entry);
    }
    void exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) override {
        if (hears_) tracer_.exit(depth, status, gas_left, output);
    }
    void created(const Address& address, BytesView code) override {
        if (hears_) tracer_.created(address, code);
    }
    void selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) override {
        if (hears_) tracer_.selfdestruct(address, beneficiary, balance);
    }
    void storage_read(const Address& address, const uint256& key, const uint256& value) override {
        if (hears_) tracer_.storage_read(address, key, value);
    }

private:
    evm::Inspector& tracer_;
    bool hears_ = false;
};

}  // namespace weft::cli::evm_tool
