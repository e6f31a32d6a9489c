#pragma once

#include <optional>

#include "weft/execution/context.hpp"
#include "weft/execution/optimistic/versioned_state.hpp"
#include "weft/state/journal.hpp"

namespace weft::execution::optimistic {

/// The source of a segment's journal: the multi-version state as of the segment's position. Keeps the first
/// error.
class SegmentSource final : public state::Source {
public:
    SegmentSource(VersionedState& versions, BlockMemory& memory, CodeCache& codes)
        : versions_(versions), memory_(memory), codes_(codes) {}

    /// Which slots are taken for commuting ones.
    enum class Commuting : uint8_t { none, tried, all };
    /// worker: for `interleaving`, which may be null.
    void begin(Position position, Commuting commuting, unsigned worker, Interleaving* interleaving) noexcept {
        commuting_ = commuting;
        position_ = position;
        worker_ = worker;
        interleaving_ = interleaving;
        error_.reset();
    }
    [[nodiscard]] const std::optional<StateError>& error() const noexcept { return error_; }

    void prefetch(std::span<const Address> addresses) const noexcept override {
        versions_.prefetch(addresses);
    }
    bool load(state::AccountEntry& account) noexcept override;
    bool load(state::SlotEntry& slot) noexcept override;
    std::optional<bool> has_storage(state::AccountEntry& account) noexcept override;
    const Code* code(const state::AccountEntry& account) noexcept override;
    std::optional<Hash> block_hash(uint64_t number) noexcept override;

private:
    template <class Read>
    bool keep_error(Read& read) noexcept {
        if (read) return false;
        if (!error_) error_ = std::move(read.error());
        return true;
    }

    VersionedState& versions_;
    BlockMemory& memory_;
    CodeCache& codes_;
    Position position_ = 0;
    Commuting commuting_ = Commuting::none;
    unsigned worker_ = 0;
    Interleaving* interleaving_ = nullptr;
    std::optional<StateError> error_;
};

}  // namespace weft::execution::optimistic
