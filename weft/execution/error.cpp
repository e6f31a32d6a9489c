#include "weft/execution/error.hpp"

#include <array>

namespace weft::execution {

std::string_view to_string(Reason reason) noexcept {
    static constexpr std::array<std::string_view, 26> words = {
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
    };
    return words[static_cast<size_t>(reason)];
}

std::string to_string(const ExecutionError& error) {
    struct Visitor {
        std::string operator()(const InvalidBlock& e) const {
            std::string text = "invalid block: ";
            if (e.transaction) text += "transaction " + std::to_string(*e.transaction) + ": ";
            return text += to_string(e.reason);
        }
        std::string operator()(const StateError& e) const { return "state error: " + e.message; }
        std::string operator()(const Cancelled&) const { return "cancelled"; }
        std::string operator()(const ResourceLimit&) const { return "memory budget exceeded"; }
    };
    return std::visit(Visitor{}, error);
}

}  // namespace weft::execution
