#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "weft/evm/precompile_set.hpp"
#include "weft/evm/result.hpp"
#include "weft/primitives/revision.hpp"
#include "weft/state/journal.hpp"

namespace weft::evm {

class Inspector;
class PreimageCache;
struct Core;

/// What the opcodes of section 9.4 (yellow paper) ask about the block.
struct BlockContext {
    uint64_t number = 0;
    uint64_t timestamp = 0;  ///< seconds since 1970
    uint64_t gas_limit = 0;
    Address coinbase;
    uint256 difficulty;     ///< DIFFICULTY before Paris
    Hash prev_randao;       ///< PREVRANDAO from Paris on (EIP-4399)
    uint256 base_fee;       ///< EIP-3198
    uint256 blob_base_fee;  ///< EIP-7516
    uint64_t chain_id = 1;  ///< EIP-1344
};

/// What they ask about the transaction.
struct TransactionContext {
    Address origin;
    uint256 gas_price;  ///< the effective one
    std::span<const Hash> blob_versioned_hashes;
};

enum class CallKind : uint8_t { call, call_code, delegate_call, static_call, create, create2 };

[[nodiscard]] constexpr bool is_creation(CallKind kind) noexcept { return kind >= CallKind::create; }

/// A call or a creation from outside: a transaction, or a system call.
struct Message {
    /// call, or create.
    CallKind kind = CallKind::call;
    bool is_static = false;
    uint64_t gas = 0;
    Address sender;
    /// Whose storage and balance the code works on. For a creation the new contract's address, which the
    /// caller computes with create_address() from the sender's nonce before it was incremented; the machine
    /// leaves the sender's nonce alone.
    Address recipient;
    uint256 value;
    /// Call data, or the init code of a creation. Must outlive the call.
    BytesView input;
    /// The code to run for a call; nullptr: the recipient's own, a delegation (EIP-7702) followed, the
    /// delegate warmed.
    const Code* code = nullptr;
    /// False: the value isn't moved, nor is the recipient touched (system calls).
    bool transfers_value = true;
};

/// Executes calls and creations on a journal: one machine for each worker thread. Owns the frames, the stack
/// and the memory of all call depths, so nothing recurses on the native stack.
class Machine {
public:
    /// memory_budget: bytes of EVM memory that all frames together may use; beyond it a run ends with
    /// resource_limit.
    explicit Machine(state::Journal& journal, size_t memory_budget = size_t{1} << 30);
    ~Machine();
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    /// To be called once for each block (or segment of one) before execute(). Cheap. `precompiles` must stay
    /// valid until the next call, `block` is copied. Forgets the preimage cache when the block's number or
    /// chain differs from the one before.
    void begin_block(const BlockContext& block, Revision revision, const PrecompileSet& precompiles);
    /// Forgets the preimage cache, so that a repetition of a block starts as the first run did.
    void forget_preimages() noexcept;
    /// The hashes that KECCAK256 finds without computing them.
    [[nodiscard]] PreimageCache& preimages() noexcept;
    /// A flag that makes the run end with Status::aborted once it is true: looked at on calls, jumps backward
    /// and reads of storage. nullptr: none.
    void set_stop_flag(const std::atomic<bool>* doomed) noexcept;
    /// On calls and jumps backward the machine also asks the journal's source whether the run goes on
    /// (state::Source::goes_on()), once, when `*awaited` has come to `at`. nullptr: never.
    void ask_once(const std::atomic<uint32_t>* awaited, uint32_t at) noexcept;
    /// Who is told of every step from now on; nullptr: nobody. Traced runs are slow.
    void set_inspector(Inspector* inspector) noexcept;

    /// Runs the call with everything below it. State changes are in the journal; where the call failed or
    /// reverted they are undone. If ends_run(status), the journal is in no defined state: reset it. Gas
    /// counts up to 2^63 - 1. The refund counter is the journal's. Precondition: the sender covers the value.
    CallResult execute(const Message& message, const TransactionContext& transaction);

    [[nodiscard]] state::Journal& journal() noexcept;
    [[nodiscard]] const BlockContext& block() const noexcept;

private:
    std::unique_ptr<Core> core_;
};

}  // namespace weft::evm
