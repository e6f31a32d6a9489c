#pragma once

#include <map>
#include <random>

#include "weft/evm/inspector.hpp"
#include "weft/evm/summary.hpp"
#include "weft/evm/test_world.hpp"

/// For tests of summaries: calls of World's contract, run and said.
namespace weft::evm::test {

/// What a call leaves behind.
struct CallOutcome {
    Summary::Ending ending = Summary::Ending::success;
    int64_t used = 0;
    int64_t refund = 0;
    std::vector<primitives::Log> logs;
    std::map<uint256, uint256> slots;  ///< that it touched
    bool operator==(const CallOutcome&) const = default;
};

/// Which way a run goes: its program counters, and for each access to storage which slot it is, by number.
class Way final : public Inspector {
public:
    void step(const Step& step) override { steps_.push_back(step.pc); }
    void storage_read(const Address&, const uint256& key, const uint256&) override { access(key); }
    void storage_written(const Address&, const uint256& key, const uint256&, const uint256&) override {
        access(key);
    }
    friend bool operator==(const Way& a, const Way& b) { return a.steps_ == b.steps_; }

private:
    void access(const uint256& key) {
        const size_t number = slots_.try_emplace(key, slots_.size()).first->second;
        steps_.push_back(0x80000000 + static_cast<uint32_t>(number));
    }
    std::vector<uint32_t> steps_;
    std::map<uint256, size_t> slots_;
};

/// nullopt: of another one no summary tells.
inline std::optional<Summary::Ending> ending_of(Status status) noexcept {
    switch (status) {
        case Status::success:
            return Summary::Ending::success;
        case Status::revert:
            return Summary::Ending::revert;
        case Status::invalid_instruction:
        case Status::bad_jump_destination:
            return Summary::Ending::failure;
        default:
            return std::nullopt;
    }
}

struct SummaryWorld : World {
    using World::World;
    static constexpr uint64_t call_gas = 1'000'000;

    Message begin_call(const Address& from, BytesView input) {
        transaction.origin = from;
        begin();
        Message out = message(call_gas, input);
        out.sender = from;
        return out;
    }
    std::optional<Summary> summary_of(const Address& from, BytesView input) {
        const Message message = begin_call(from, input);
        return summarize(machine, message, transaction);
    }
    /// The machine's word; nullopt: the call ends otherwise.
    std::optional<CallOutcome> real(const Address& from, BytesView input, Way& way) {
        const Message message = begin_call(from, input);
        machine.set_inspector(&way);
        const CallResult result = machine.execute(message, transaction);
        machine.set_inspector(nullptr);
        const auto ending = ending_of(result.status);
        if (!ending) return std::nullopt;
        CallOutcome out{
            *ending, static_cast<int64_t>(call_gas - result.gas_left), journal.refund(), journal.logs(), {}};
        for (const state::SlotEntry* slot : journal.slots()) out.slots[slot->key] = slot->now;
        return out;
    }
    uint256 stored(const uint256& key) const { return *state.storage(contract, key); }
    /// The summary's word, `values` being its of this call; nullopt: a condition doesn't hold.
    std::optional<CallOutcome> said(const Summary& summary, const SummaryValues& values, size_t call) const {
        const bool fails = summary.ending() == Summary::Ending::failure;
        CallOutcome out{summary.ending(), fails ? int64_t{call_gas} : summary.gas(), 0, {}, {}};
        for (size_t i = 0; i < summary.places().size(); ++i) {
            const Summary::Place& place = summary.places()[i];
            std::vector<uint256> needs;
            for (const Summary::Index need : place.needs) needs.push_back(values.value(need, call));
            const uint256 key = values.value(place.key, call);
            uint256 value = stored(key);
            StorageCharge charge;
            if (!summary.apply(i, needs.data(), value, charge)) return std::nullopt;
            out.slots[key] = value;
            out.used += charge.gas;
            out.refund += charge.refund;
        }
        for (const Summary::LogFormula& formula : summary.logs()) {
            primitives::Log& log = out.logs.emplace_back();
            log.address = contract;
            for (const auto topic : formula.topics)
                log.topics.push_back(base::to_hash(values.value(topic, call)));
            log.data.resize(32 * formula.data.size());
            for (size_t i = 0; i < formula.data.size(); ++i)
                base::store_be(log.data.data() + 32 * i, values.value(formula.data[i], call));
        }
        return out;
    }
};

using Random = std::mt19937_64;

inline constexpr Address senders[] = {sender, other, third};

inline constexpr std::array revisions{Revision::frontier, Revision::byzantium, Revision::constantinople,
                                      Revision::istanbul, Revision::berlin,    Revision::london,
                                      Revision::osaka};

inline Bytes words(std::initializer_list<uint256> values) {
    Bytes out(32 * values.size());
    uint8_t* at = out.data();
    for (const uint256& value : values) {
        base::store_be(at, value);
        at += 32;
    }
    return out;
}

/// Values near each other, near the ends and at the signs' border, and any.
inline uint256 pick_word(Random& random) {
    const uint256 small{random() % 4};
    switch (random() % 12) {
        case 0:
            return uint256{} - small;
        case 1:
            return (uint256{1} << 255) - small;
        case 2:
            return uint256{random() % 300};
        case 3:
            return uint256{1} << random() % 256;
        case 4:
            return {random(), random(), random(), random()};
        case 5:
            return base::to_uint256(senders[random() % 3]);
        default:
            return small;
    }
}

/// SummaryWorld's said() of one call; nullopt: it doesn't hold.
inline std::optional<CallOutcome> said(const SummaryWorld& world, const Summary& summary, const Address& from,
                                       const Bytes& input) {
    SummaryValues values;
    const SummaryValues::Call call{from, input};
    if (values.evaluate(summary, {&call, 1}) == 0) return std::nullopt;
    return world.said(summary, values, 0);
}
inline std::optional<CallOutcome> real(SummaryWorld& world, const Address& from, const Bytes& input) {
    Way way;
    return world.real(from, input, way);
}

/// Delegates what it is called with to the account whose address its slot `proxy_slot` holds.
inline constexpr uint64_t proxy_slot = 0xde1e;
inline Code proxy() {
    Code code;
    code.op(OP_CALLDATASIZE).push(0).push(0).op(OP_CALLDATACOPY);
    code.push(0).push(0).op(OP_CALLDATASIZE).push(0).push(proxy_slot).op(OP_SLOAD);
    code.push((uint256{1} << 160) - 1).op(OP_AND).op(OP_GAS).op(OP_DELEGATECALL);
    code.op(OP_RETURNDATASIZE).push(0).push(0).op(OP_RETURNDATACOPY);
    code.push(code.size() + 7).op(OP_JUMPI).op(OP_RETURNDATASIZE).push(0).op(OP_REVERT);
    return code.op(OP_JUMPDEST).op(OP_RETURNDATASIZE).push(0).op(OP_RETURN);
}

/// The input's i-th word.
inline Code argument(uint64_t i) { return Code().push(32 * i).op(OP_CALLDATALOAD); }
/// The slot of what `key` leaves, in the mapping.
inline Code mapping(const Code& key, uint64_t slot) {
    return Code().push(slot).push(32).op(OP_MSTORE).add(key).push(0).op(OP_MSTORE).push(64).push(0).op(
        OP_KECCAK256);
}

}  // namespace weft::evm::test
