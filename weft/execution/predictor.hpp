#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "weft/base/hash_map.hpp"
#include "weft/evm/machine.hpp"
#include "weft/execution/context.hpp"
#include "weft/state/reader.hpp"

namespace weft::execution {

/// The call that a transaction makes, as far as what it touches follows from it. `data` has a selector.
struct FunctionCall {
    const Address* to;
    const Address* sender;
    BytesView data;
    [[nodiscard]] uint32_t selector() const noexcept {
        uint32_t out;
        std::memcpy(&out, data.data(), sizeof out);
        return out;
    }
};

/// Which storage slots of a contract one of its functions (the first four bytes of call data, Solidity's ABI)
/// touches, as learnt from a few runs: slots at keys that are Keccak-256 of two words, as mappings' entries
/// are, each of them a constant, an argument, the caller or another such hash; and slots at constant keys.
/// Immutable, but for the counters.
struct Footprint {
    struct Word {
        enum Kind : uint8_t { constant, argument, caller, hash };
        Kind kind = constant;
        uint8_t index = 0;  ///< of the argument, or of the step whose hash it is
        friend bool operator==(const Word&, const Word&) = default;
    };
    /// keccak256(words[0] ‖ words[1]).
    struct Step {
        std::array<Word, 2> words;
        uint8_t level = 0;  ///< how many hashes it needs before it
        /// Bit k: the slot at the hash plus k is touched.
        uint8_t slots = 0;
        Hash constant{};  ///< the word that is one
        [[nodiscard]] bool computes_the_same(const Step& other) const noexcept {
            return words == other.words && constant == other.constant;
        }
    };
    static constexpr size_t most_steps = 12;
    static constexpr size_t most_constants = 4;
    static constexpr uint8_t most_levels = 3;
    static constexpr unsigned slots_of_step = 4;  ///< fields of a struct in a mapping

    Address to;
    uint32_t selector = 0;
    uint8_t step_count = 0;
    uint8_t constant_count = 0;
    std::array<Step, most_steps> steps;
    std::array<uint256, most_constants> constants;
    /// How many runs in a row did not touch what a step says.
    mutable std::array<std::atomic<uint8_t>, most_steps> missed{};
    mutable std::atomic<uint8_t> runs{0};  ///< that it was learnt from, up to 255
};

/// The footprints of functions, kept from block to block and shared by a context's threads. A bounded table
/// in which a new function takes the place of an old one.
class Footprints final : public ExecutionContext::Scratch {
public:
    static constexpr size_t slot = 2;
    static constexpr size_t size = 1024;
    explicit Footprints(ExecutionContext& /*context*/) {}

    /// nullptr: nothing is known. What is found stays until the block ends.
    [[nodiscard]] const Footprint* find(const FunctionCall& call) const noexcept;
    /// Shows it to all threads, in place of what was known of the function. Without effect where a block has
    /// brought as many changes as may be kept.
    void publish(std::unique_ptr<const Footprint> made);
    /// Lets go of what was replaced. Precondition: no other thread.
    void begin_block();
    void forget() noexcept override;
    /// How many are known, and how many are held in memory.
    [[nodiscard]] size_t known() const noexcept;
    [[nodiscard]] size_t held() const noexcept { return all_.size(); }
    static constexpr size_t most_held = 4 * size;

private:
    [[nodiscard]] size_t place_of(const Address& to, uint32_t selector) const noexcept {
        return hasher_(hasher_(to) ^ selector) % size;
    }
    base::Hasher hasher_;
    std::array<std::atomic<const Footprint*>, size> table_{};
    std::mutex mutex_;
    std::vector<std::unique_ptr<const Footprint>> all_;  ///< under mutex_
};

/// A thread's part: says what the calls that come next will touch, hashes the keys many at a time for the
/// machine that will ask for them, and learns from some of its runs. A wrong prediction costs its making, and
/// changes no result.
class Predictor {
public:
    Predictor(Footprints& footprints, evm::Machine& machine)
        : known_(footprints), learnt_(&footprints), machine_(&machine) {}
    /// One that only says, and learns nothing.
    explicit Predictor(const Footprints& footprints) : known_(footprints) {}

    /// Begins a new list of locations.
    void clear() noexcept { locations_.clear(); }
    void add(const state::Location& location) { locations_.push_back(location); }
    /// Adds what the call is expected to touch. at: where its transaction lies, by which runs() knows it.
    void add(const FunctionCall& call, const void* at);
    /// The list, complete.
    [[nodiscard]] std::span<const state::Location> locations() {
        hash_pending();
        return locations_;
    }
    /// The locations are for a reader whose reads wait: slots at constant keys, which soon lie near the core
    /// otherwise, are among them.
    void set_reader_waits(bool waits) noexcept { reader_waits_ = waits; }
    [[nodiscard]] bool reader_waits() const noexcept { return reader_waits_; }

    /// Whether there is something to learn from the run of the transaction that lies there. Asked once.
    [[nodiscard]] bool wants(const void* at) noexcept {
        const auto found = std::ranges::find(wanted_, at);
        if (found == wanted_.end()) [[likely]]
            return false;
        *found = nullptr;
        return true;
    }
    /// Before and after such a run of the machine.
    void begin_run();
    void end_run(const FunctionCall& call, bool succeeded);

private:
    /// One message to be hashed.
    struct Pending {
        alignas(64) std::array<uint8_t, 64> message;
        Hash hash;
        const Footprint::Step* step;
        const Address* to;
        size_t first;  ///< of its call's
    };
    static constexpr size_t most_pending = 64;
    static constexpr size_t most_wanted = 4;
    /// Of the calls with a footprint, so many-th is held against it.
    static constexpr unsigned checked_every = 64;
    static constexpr uint8_t enough_runs = 2;

    void hash_pending();
    void hash_level(uint8_t level);
    void want(const void* at) noexcept { wanted_[next_wanted_++ % most_wanted] = at; }

    const Footprints& known_;
    Footprints* learnt_ = nullptr;  ///< the same
    evm::Machine* machine_ = nullptr;
    bool reader_waits_ = false;
    std::vector<state::Location> locations_;
    std::array<Pending, most_pending> pending_;
    size_t pending_count_ = 0;
    std::array<const void*, most_wanted> wanted_{};
    unsigned next_wanted_ = 0;
    unsigned unchecked_ = 0;
};

/// The call, if the transaction makes one whose footprint can be known.
template <class Tx>
[[nodiscard]] std::optional<FunctionCall> call_of(const Tx& tx) noexcept {
    if (!tx.to || tx.data.size() < 4) return std::nullopt;
    return FunctionCall{&*tx.to, &tx.sender, tx.data};
}

}  // namespace weft::execution
