#include "weft/execution/error.hpp"

#include <array>

namespace weft::execution {

std::string_view to_string(Reason reason) noexcept {
    static constexpr std::array words = std::to_array<std::string_view>({
        "gas limit reached",
        "blob gas limit reached",
        "invalid signature",
        "transaction type not supported",
        "wrong chain id",
        "transaction gas limit too high",
        "max initcode size exceeded",
        "nonce has max value",
        "max priority fee per gas higher than max fee per gas",
        "max fee per gas less than block base fee",
        "blob transaction of type create",
        "blob transaction missing blob hashes",
        "blob transaction has too many blobs",
        "invalid blob hash version",
        "max fee per blob gas less than block blob gas fee",
        "set code transaction of type create",
        "set code transaction with empty authorization list",
        "intrinsic gas too low",
        "insufficient gas for floor data gas cost",
        "sender not an eoa",
        "nonce too low",
        "nonce too high",
        "insufficient funds for gas * price + value",
        "system contract has no code",
        "system call failed",
        "invalid deposit log",
        "malformed block access list",
        "block access list too large",
        "block access list not that of the block",
        "block hash not the payload's",
        "unknown parent",
        "number not the parent's plus one",
        "timestamp not after the parent's",
        "extra data longer than 32 bytes",
        "extra data of the DAO fork's blocks wrong",
        "wrong difficulty",
        "difficulty of a proof-of-stake block not zero",
        "nonce of a proof-of-stake block not zero",
        "ommers in a proof-of-stake block",
        "gas limit above 2^63 - 1",
        "gas limit below 5000",
        "gas limit too far from the parent's",
        "gas used above gas limit",
        "base fee missing",
        "base fee before London",
        "withdrawals root missing",
        "withdrawals root before Shanghai",
        "blob gas used missing",
        "blob gas used before Cancun",
        "excess blob gas missing",
        "excess blob gas before Cancun",
        "parent beacon block root missing",
        "parent beacon block root before Cancun",
        "requests hash missing",
        "requests hash before Prague",
        "block access list hash missing",
        "block access list hash before Amsterdam",
        "wrong base fee",
        "blob gas used above the block's limit",
        "blob gas used no multiple of a blob's",
        "wrong excess blob gas",
        "invalid proof-of-work seal",
        "block larger than 8 MiB",
        "wrong transactions root",
        "wrong ommers hash",
        "withdrawals missing",
        "withdrawals before Shanghai",
        "wrong withdrawals root",
        "blob gas used not that of the transactions",
        "more than two ommers",
        "ommer included twice",
        "ommer is an ancestor",
        "ommer's parent no ancestor of six generations",
        "wrong gas used",
        "wrong receipts root",
        "wrong logs bloom",
        "wrong requests hash",
        "wrong block access list hash",
        "wrong state root",
    });
    static_assert(words.size() == static_cast<size_t>(Reason::wrong_state_root) + 1);
    return words[static_cast<size_t>(reason)];
}

std::string to_string(const ExecutionError& error) {
    struct Visitor {
        std::string operator()(const InvalidBlock& e) const {
            std::string text = "invalid block: ";
            if (e.transaction) text += "transaction " + std::to_string(*e.transaction) + ": ";
            if (e.ommer) text += "ommer " + std::to_string(*e.ommer) + ": ";
            return text += to_string(e.reason);
        }
        std::string operator()(const StateError& e) const { return "state error: " + e.message; }
        std::string operator()(const Cancelled&) const { return "cancelled"; }
        std::string operator()(const ResourceLimit&) const { return "memory budget exceeded"; }
    };
    return std::visit(Visitor{}, error);
}

}  // namespace weft::execution
