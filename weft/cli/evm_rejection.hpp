#pragma once

#include <string>

#include "weft/execution/block_env.hpp"
#include "weft/execution/error.hpp"
#include "weft/primitives/transaction.hpp"
#include "weft/state/account.hpp"

namespace weft::cli::evm_tool {

/// What is known where a transaction was left out.
struct RejectedAt {
    Account sender;              ///< as it stood
    size_t code_size = 0;        ///< the sender's, in bytes
    uint64_t blob_gas_used = 0;  ///< by the transactions before
};

/// The reason in geth's words and with its figures: test fillers tell reasons apart by them.
[[nodiscard]] std::string describe_rejection(execution::Reason reason, const Transaction& transaction,
                                             const execution::BlockEnv& env, const RejectedAt& at);

/// Why `item`, of a block's body, is no transaction, in geth's words as far as they tell kinds apart; `error`
/// is the decoder's.
[[nodiscard]] std::string describe_undecodable(BytesView item, const std::string& error);

/// True if describe_rejection looks at the sender's account for this reason.
[[nodiscard]] bool needs_sender(execution::Reason reason) noexcept;

}  // namespace weft::cli::evm_tool
