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
    /// watched: the journal of a run ahead of the cursor that is to stop where the cursor comes to it and
    /// what it has read does not hold; nullptr: nothing stops it. worker: for `interleaving`, which may be
    /// null.
    void begin(Position position, Commuting commuting, const Journal* watched, unsigned worker,
               Interleaving* interleaving) noexcept {
        commuting_ = commuting;
        position_ = position;
        watched_ = watched;
        is_refuted_ = false;
        worker_ = worker;
        interleaving_ = interleaving;
        error_.reset();
    }
    /// Whether what runs read for the first time is not likely to lie near the core (pays_to_prefetch()).
    void expect_misses(bool expected) noexcept { expects_misses_ = expected; }
    /// The run was stopped: its segment is the one at the cursor, and what it had read is not so.
    [[nodiscard]] bool is_refuted() const noexcept { return is_refuted_; }
    [[nodiscard]] const std::optional<StateError>& error() const noexcept { return error_; }

    void prefetch(std::span<const state::Location> locations) const noexcept override {
        versions_.prefetch(locations);
    }
    bool load(state::AccountEntry& account) noexcept override;
    bool load(state::SlotEntry& slot) noexcept override;
    std::optional<bool> has_storage(state::AccountEntry& account) noexcept override;
    const Code* code(const state::AccountEntry& account) noexcept override;
    std::optional<Hash> block_hash(uint64_t number) noexcept override;
    /// Looks once, when all before the run is committed, whether what it has read so far holds: what it reads
    /// from then on is final.
    [[nodiscard]] bool goes_on() noexcept override {
        if (watched_ == nullptr || !versions_.is_committed_before(position_)) return !is_refuted_;
        return holds_so_far();
    }

private:
    [[nodiscard]] bool holds_so_far() noexcept;
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
    const Journal* watched_ = nullptr;
    bool is_refuted_ = false;
    bool expects_misses_ = false;
    Commuting commuting_ = Commuting::none;
    unsigned worker_ = 0;
    Interleaving* interleaving_ = nullptr;
    std::optional<StateError> error_;
};

}  // namespace weft::execution::optimistic
