#pragma once

#include <utility>
#include <vector>

#include "weft/evm/precompiles/precompiles.hpp"
#include "weft/evm/result.hpp"
#include "weft/state/journal.hpp"

namespace weft::evm {

struct BlockContext;

/// What a stateful precompile is called with. It reaches state only through the journal, so that an
/// optimistic executor sees what it read, and what it changed is undone when a caller reverts.
struct PrecompileCall {
    state::Journal& journal;
    const BlockContext& block;
    BytesView input;
    uint64_t gas;
    Address sender;
    /// Whose storage and balance the call works on; differs from the precompile's own address in DELEGATECALL
    /// and CALLCODE.
    Address recipient;
    uint256 value;
    bool is_static;
};

struct PrecompileOutcome {
    /// success, revert (keeps gas_left and output), state_error where the journal gave a null pointer; any
    /// other status is a failure that takes all gas.
    Status status = Status::success;
    uint64_t gas_left = 0;
};

/// A chain's own precompile. `output` is empty on entry.
using StatefulPrecompile = PrecompileOutcome (*)(const PrecompileCall& call, Bytes& output);

/// The precompiles of a chain: the revision's, and the chain's own, which go before them. Immutable while
/// machines use it.
class PrecompileSet {
public:
    struct Found {
        const Precompile* plain = nullptr;
        StatefulPrecompile stateful = nullptr;
        explicit operator bool() const noexcept { return plain != nullptr || stateful != nullptr; }
    };

    /// Mainnet's precompiles as of `revision`.
    explicit PrecompileSet(Revision revision) noexcept : revision_(revision) {}

    /// Adds one of the chain's own, or replaces mainnet's at that address.
    void add(const Address& address, StatefulPrecompile precompile) {
        own_.emplace_back(address, precompile);
        filter_ |= uint64_t{1} << (address[19] % 64);
    }

    /// Every address of the set is warm from a transaction's beginning (EIP-2929).
    template <class F>
    void for_each_address(F&& visit) const {
        for (uint16_t low = 1; low <= highest_low; ++low) {
            Address address;
            address[18] = static_cast<uint8_t>(low >> 8);
            address[19] = static_cast<uint8_t>(low);
            if (precompile_at(address, revision_) != nullptr) visit(std::as_const(address));
        }
        for (const auto& own : own_) visit(own.first);
    }

    [[nodiscard]] Found find(const Address& address) const noexcept {
        if ((filter_ >> (address[19] % 64) & 1) != 0) [[unlikely]]
            for (const auto& [own, precompile] : own_)
                if (own == address) return {nullptr, precompile};
        // Mainnet's all lie below 2^16: nearly every other address is told apart by its first eight bytes.
        uint64_t high;
        std::memcpy(&high, address.data(), sizeof high);
        if (high != 0) [[likely]]
            return {};
        return {precompile_at(address, revision_), nullptr};
    }

private:
    static constexpr uint16_t highest_low = 0x100;  ///< P256VERIFY (EIP-7951)
    Revision revision_;
    uint64_t filter_ = 0;  ///< one bit for each last byte (mod 64) among own_
    std::vector<std::pair<Address, StatefulPrecompile>> own_;
};

}  // namespace weft::evm
