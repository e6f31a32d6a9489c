#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "weft/evm/formula_graph.hpp"
#include "weft/evm/inspector.hpp"
#include "weft/evm/summary.hpp"

/// How a summary comes about: a run of the machine is shadowed by formulas (concolic execution: Sen, Marinov,
/// Agha, "CUTE", ESEC/FSE 2005), and what it did becomes a Summary. Internal to this room.
namespace weft::evm {

/// What a run did, as formulas of its graph.
struct SummaryPath {
    using Index = FormulaGraph::Index;
    static constexpr size_t most_places = 16;
    static constexpr size_t most_logs = 8;

    struct Condition {
        Index formula;
        bool truth;  ///< whether it was non-zero
        friend bool operator==(const Condition&, const Condition&) = default;
    };
    struct Place {
        Index key;
        Index slot;  ///< what it held before
        Index now;   ///< and at last
        std::vector<Index> stores;
        StorageCharge charge;
        bool pinned = false;
    };
    struct LogFormula {
        std::vector<Index> topics;
        std::vector<Index> data;
    };

    /// The same path is taken only if the formula is (not) zero, as it is here.
    void require(Index formula);
    /// What the call did comes to nothing.
    void undo(Summary::Ending ending);
    /// Puts what the conditions say of a formula in its place, elsewhere: where it is one of the call alone.
    void use_known();
    /// That the place holds what it holds here becomes a condition. False: it isn't only read; or calls
    /// hardly have this value in common.
    [[nodiscard]] bool pin(size_t place);

    FormulaGraph graph;
    std::vector<Condition> conditions;
    std::vector<Place> places;
    std::vector<LogFormula> logs;
    std::optional<Address> delegate;
    /// What the delegate did is undone.
    bool delegate_reverted = false;

private:
    /// What a condition says of a formula of slots: that it is one of the call alone.
    struct Equality {
        Index formula, is;
    };
    [[nodiscard]] std::optional<Equality> equality(const Condition& condition);
    /// Each formula becomes what stands for it now.
    void replace(const std::vector<Index>& now);
};

/// What code has written to memory, at constant offsets.
class ShadowMemory {
public:
    struct Write {
        enum What : uint8_t { word, input, other };
        uint64_t to, size;
        What what;
        uint64_t of;  ///< a word: its formula; input: the offset there
    };
    /// False: there are too many.
    [[nodiscard]] bool write(const Write& write);
    /// The last that wrote any of these bytes; nullptr: they were never written.
    [[nodiscard]] const Write* last(uint64_t offset, uint64_t size) const;

private:
    static constexpr size_t most = 1024;
    std::vector<Write> writes_;
};

/// Shadows a run.
class Summarizer final : public Inspector {
public:
    explicit Summarizer(const Message& message) : message_(message) {}

    void step(const Step& step) override;
    void storage_read(const Address& address, const uint256& key, const uint256& value) override;
    void storage_written(const Address& address, const uint256& key, const uint256& before,
                         const uint256& after) override;
    void log(const primitives::Log& log) override;
    void exit(uint32_t depth, Status status, uint64_t gas_left, BytesView output) override;

    /// Set once the run does what no summary can say: it need not go on.
    [[nodiscard]] const std::atomic<bool>& gave_up() const noexcept { return failed_; }
    /// The path; nullptr: the run did what no summary can say, or nothing. For who has seen how it ended.
    [[nodiscard]] SummaryPath* path() noexcept {
        return failed_ || rules_ == nullptr || path_.graph.full() ? nullptr : &path_;
    }
    /// Precondition: path().
    [[nodiscard]] const Rules& rules() const noexcept { return *rules_; }

private:
    using Index = FormulaGraph::Index;
    struct Copy {
        uint64_t to = 0, size = 0;
    };
    /// The contract's own frame, while the one that it delegates to runs.
    struct Outer {
        std::vector<Index> stack;
        ShadowMemory memory;
        Copy output;
        bool has_stepped = false;  ///< the one that it delegates to
    };

    static constexpr uint64_t most_steps = 10'000;

    void give_up() noexcept { failed_.store(true, std::memory_order_relaxed); }
    /// What the last instruction left that only shows now.
    void settle(const Step& step);
    void execute(const Step& step, const OpcodeInfo& info);
    void execute_rest(const Step& step);
    void copy_to_memory(const Step& step);
    void hash();
    void write_memory(const ShadowMemory::Write& write);
    void jump(bool conditional);
    void begin_access(bool stores);
    void begin_log(size_t topics);
    void begin_delegation();
    /// Whether these bytes of memory are the call's input.
    [[nodiscard]] bool is_input(uint64_t offset, uint64_t size) const;
    [[nodiscard]] Index pop();
    /// The word on top, if it is a constant that fits 32 bits; else gives up and says 0.
    [[nodiscard]] uint64_t pop_constant();
    [[nodiscard]] Index input_at(uint64_t offset);
    /// The words of memory [offset, offset + size); gives up where they are made of several, or parts.
    [[nodiscard]] std::vector<Index> read_memory(uint64_t offset, uint64_t size);
    [[nodiscard]] Index read_word(uint64_t offset);
    /// The place with this key, made known if it isn't; nullptr: given up.
    [[nodiscard]] SummaryPath::Place* place(Index key, const uint256& value);

    const Message& message_;
    const Rules* rules_ = nullptr;
    SummaryPath path_;
    std::vector<Index> stack_;
    ShadowMemory memory_;
    std::optional<Outer> outer_;
    uint64_t steps_ = 0;
    std::atomic<bool> failed_{false};
    /// The last instruction puts a constant on the stack.
    bool gives_constant_ = false;
    /// It is GAS.
    bool gives_gas_ = false;
    /// It writes constants to memory.
    std::optional<Copy> copies_code_;
    /// SLOAD's and SSTORE's operands.
    Index key_ = 0, stored_ = 0;
};

/// Makes a path a summary.
class SummaryMaker {
public:
    struct Call {
        const Rules& rules;
        Summary::Ending ending;
        Gas gas;  ///< that it took, its SSTOREs' charges aside
        size_t input_size;
    };
    /// nullopt: a formula asks for more than it may.
    [[nodiscard]] static std::optional<Summary> make(SummaryPath& path, const Call& call);

private:
    using Index = FormulaGraph::Index;
    explicit SummaryMaker(SummaryPath& path) : path_(path), graph_(path.graph) {}

    /// Pins places until no formula asks for two. False: that can't be.
    [[nodiscard]] bool part_places();
    /// Some places that are to be pinned, as a bit each; 0: there are none.
    [[nodiscard]] uint16_t places_to_pin() const;
    void tell_places_apart();
    /// Drops the conditions that hold where the others do.
    void drop_implied();
    void mark_needed();
    void place_constants();
    void place_steps();
    void add_place_step(Index formula);
    [[nodiscard]] Summary::Operand operand(size_t place, Index formula);
    void add_roots();

    SummaryPath& path_;
    FormulaGraph& graph_;
    Summary summary_;
    std::vector<bool> needed_;
    std::vector<Index> registers_;            ///< of formulas of the call alone
    std::vector<Summary::Operand> operands_;  ///< of those of a place
};

}  // namespace weft::evm
