#pragma once

#include <random>
#include <span>
#include <vector>

#include "tests/differential/assembler.hpp"
#include "weft/primitives/revision.hpp"

namespace weft::differential {

/// A seeded source of choices.
class Random {
public:
    explicit Random(uint64_t seed) : engine_(seed) {}
    [[nodiscard]] uint64_t below(uint64_t bound) { return engine_() % bound; }
    [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }
    template <class Range>
    [[nodiscard]] const auto& pick(const Range& range) {
        return range[below(std::size(range))];
    }

private:
    std::mt19937_64 engine_;
};

/// Makes contracts out of steps that each leave the stack as it was.
class CodeMaker {
public:
    /// What the steps name. The spans outlive the maker.
    struct Vocabulary {
        Revision revision;
        std::span<const Address> addresses;
        std::span<const Bytes> init_codes;  ///< may be empty: then no step creates
    };
    CodeMaker(Random& random, const Vocabulary& vocabulary) : random_(random), words_(vocabulary) {}

    /// Runtime code of about this many steps.
    [[nodiscard]] Bytes runtime(size_t steps);
    void step(Assembler& code, unsigned depth = 0);

    [[nodiscard]] uint256 slot() { return random_.below(3); }
    /// Zero, small, or beyond what anybody has.
    [[nodiscard]] uint256 amount();

private:
    void read_something(Assembler& code);
    void read_account(Assembler& code);
    void call_something(Assembler& code);
    void create_something(Assembler& code);
    void condition(Assembler& code);
    void log(Assembler& code);
    void send_half(Assembler& code);
    void end_early(Assembler& code);
    [[nodiscard]] bool has(Revision since) const noexcept { return words_.revision >= since; }

    Random& random_;
    Vocabulary words_;
};

}  // namespace weft::differential
