#pragma once

#include <span>

#include "weft/primitives/revision.hpp"
#include "weft/state/journal.hpp"

namespace weft::evm {

/// What the opcodes of section 9.4 (yellow paper) ask about the block.
struct BlockContext {
    uint64_t number = 0;
    uint64_t timestamp = 0;  ///< seconds since 1970
    uint64_t gas_limit = 0;
    Address coinbase;
    uint256 difficulty;   ///< DIFFICULTY before Paris
    Hash prev_randao;     ///< PREVRANDAO from Paris on (EIP-4399)
    uint256 base_fee;     ///< EIP-3198
    uint256 blob_base_fee;  ///< EIP-7516
    uint64_t chain_id = 1;  ///< EIP-1344
};

/// What they ask about the transaction.
struct TransactionContext {
    Address origin;
    uint256 gas_price;  ///< the effective one
    std::span<const Hash> blob_versioned_hashes;
};

enum class CallKind : uint8_t { call, call_code, delegate_call, create, create2 };

/// A call or a creation from outside: a transaction, or a system call.
struct Message {
    CallKind kind = CallKind::call;
    bool is_static = false;
    uint64_t gas = 0;
    Address sender;
    /// Whose storage and balance the code works on. For creations: computed by the machine from sender and nonce.
    Address recipient;
    uint256 value;
    /// Call data, or the init code of a creation. Must outlive the call.
    BytesView input;
    /// The code to run for a call; nullptr: the recipient's own, delegations (EIP-7702) followed.
    const Code* code = nullptr;
    /// False: the value isn't moved (system calls have none).
    bool transfers_value = true;
};

enum class Status : uint8_t {
    success,
    revert,
    out_of_gas,
    invalid_instruction,  ///< undefined opcode, INVALID
    stack_underflow,
    stack_overflow,
    bad_jump_destination,
    static_state_change,  ///< a write in a STATICCALL (EIP-214)
    return_data_out_of_bounds,
    address_collision,
    code_too_large,        ///< EIP-170
    init_code_too_large,   ///< EIP-3860
    invalid_code_prefix,   ///< EIP-3541
    insufficient_balance,
    call_depth_exceeded,
    nonce_overflow,
    precompile_failure,
    // Not outcomes of the EVM: the run ends here and nothing of it counts.
    state_error,     ///< the source failed
    aborted,         ///< the run was told to stop
    resource_limit,  ///< the machine's memory budget is spent
};

/// True for the statuses after which the whole run, not just the frame, has ended.
[[nodiscard]] constexpr bool ends_run(Status status) noexcept { return status >= Status::state_error; }

struct CallResult {
    Status status = Status::success;
    uint64_t gas_left = 0;
    /// What RETURN or REVERT gave; valid until the machine's next call. Empty after a successful creation.
    BytesView output;
    /// The created contract's address.
    Address created;
};

}  // namespace weft::evm
