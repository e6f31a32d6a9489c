#pragma once

#include "weft/base/bytes.hpp"

namespace weft::evm {

/// How a frame, or the whole run, ended.
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
    code_too_large,       ///< EIP-170
    init_code_too_large,  ///< EIP-3860
    invalid_code_prefix,  ///< EIP-3541
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

/// A status in words, as EIP-3155 traces show it; "" for success.
[[nodiscard]] const char* to_string(Status status) noexcept;

struct CallResult {
    Status status = Status::success;
    uint64_t gas_left = 0;
    /// What RETURN or REVERT gave; valid until the machine's next call. Empty after a successful creation.
    BytesView output;
};

}  // namespace weft::evm
