#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "weft/state/account.hpp"

namespace weft::state {

/// Why a state could not be read: a failing disk, a missing trie node. Never means "empty account".
struct StateError {
    std::string message;
    /// The hash of the trie node whose lack was the reason, or whose bytes were not what it says.
    std::optional<Hash> missing_node{};
    friend bool operator==(const StateError&, const StateError&) = default;
};

template <class T>
using ReadResult = std::expected<T, StateError>;

/// A place in the state that a read may ask for: an account, or one of its storage slots.
struct Location {
    Address address;
    std::optional<uint256> slot;
    friend bool operator==(const Location&, const Location&) = default;
};

/// A snapshot of one state. Every function may be called by many threads at once and always gives the same
/// answer.
class StateReader {
public:
    virtual ~StateReader() = default;

    /// The account; nullopt if there is none (an existing empty account, possible before EIP-161, is an
    /// Account).
    [[nodiscard]] virtual ReadResult<std::optional<Account>> account(const Address& address) const = 0;
    /// The value of a slot; zero if it was never written or there is no such account.
    [[nodiscard]] virtual ReadResult<uint256> storage(const Address& address, const uint256& key) const = 0;
    /// True if any slot of the account is not zero (EIP-7610).
    [[nodiscard]] virtual ReadResult<bool> has_storage(const Address& address) const = 0;
    /// The code with this hash. An unknown hash is a StateError.
    [[nodiscard]] virtual ReadResult<Bytes> code(const Hash& code_hash) const = 0;
    /// The same, shared with the reader where it keeps code in memory anyway; by default what code() gives.
    [[nodiscard]] virtual ReadResult<std::shared_ptr<const Bytes>> shared_code(const Hash& code_hash) const {
        auto read = code(code_hash);
        if (!read) return std::unexpected(std::move(read.error()));
        return std::make_shared<const Bytes>(std::move(*read));
    }
    /// The hash of a block among the last 256 before the one that executes; zero if it isn't known.
    [[nodiscard]] virtual ReadResult<Hash> block_hash(uint64_t number) const = 0;

    /// Batched forms; by default they loop. Precondition: out.size() equals the number of locations asked
    /// for.
    [[nodiscard]] virtual ReadResult<void> accounts(std::span<const Address> addresses,
                                                    std::span<std::optional<Account>> out) const {
        for (size_t i = 0; i < addresses.size(); ++i) {
            auto read = account(addresses[i]);
            if (!read) return std::unexpected(std::move(read.error()));
            out[i] = *read;
        }
        return {};
    }
    [[nodiscard]] virtual ReadResult<void> slots(const Address& address, std::span<const uint256> keys,
                                                 std::span<uint256> out) const {
        for (size_t i = 0; i < keys.size(); ++i) {
            auto read = storage(address, keys[i]);
            if (!read) return std::unexpected(std::move(read.error()));
            out[i] = *read;
        }
        return {};
    }
    /// Says that these places will be asked for soon. By default nothing happens.
    virtual void prefetch(std::span<const Location> /*locations*/) const {}
    /// How long a read waits, for a disk for instance, in nanoseconds; 0: the state lies in memory. Where it
    /// is not 0, executors name what they know they will ask for as early as they can (prefetch()), and take
    /// the waiting for work that other threads can do meanwhile.
    [[nodiscard]] virtual uint64_t read_time() const noexcept { return 0; }
};

}  // namespace weft::state

namespace weft {
using state::StateError;
using state::StateReader;
}  // namespace weft
