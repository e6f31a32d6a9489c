#pragma once

#include <array>

#include "tests/differential/random_code.hpp"

namespace weft::differential {

/// Makes contracts of one or two functions that do what a summary can say, or nearly: they read and write
/// slots whose keys are of the call alone, check the input and what slots hold, and log.
class StraightCodeMaker {
public:
    static constexpr unsigned most_arguments = 2;
    /// The functions' selectors; what is called with another runs the first function.
    static constexpr std::array<uint32_t, 2> selectors{0x11111111, 0x22222222};

    StraightCodeMaker(Random& random, Revision revision) : random_(random), revision_(revision) {}

    /// Asked with a single byte it destroys itself, if that is wanted.
    [[nodiscard]] Bytes runtime(bool dies);
    /// Code that delegates each call to the account whose address the slot holds, from Byzantium on.
    /// fails: where the other's code went well, it fails, else it reverts.
    [[nodiscard]] static Bytes proxy(const uint256& slot, bool fails);
    /// A key that its functions may use, for one of these callers.
    [[nodiscard]] static uint256 key(Random& random, std::span<const Address> callers);

private:
    void statement(Assembler& code, unsigned depth);
    void store(Assembler& code);
    void require(Assembler& code);
    static void hash(Assembler& code);
    void log(Assembler& code);
    void memory(Assembler& code);
    /// These leave a word.
    void word(Assembler& code, unsigned depth = 0);
    void small_word(Assembler& code);
    void key(Assembler& code);
    /// Of the word on the stack, which is replaced, and another.
    void combine(Assembler& code);
    /// Turns the two words on the stack into one.
    void combine_two(Assembler& code);
    [[nodiscard]] bool has(Revision since) const noexcept { return revision_ >= since; }

    Random& random_;
    Revision revision_;
    bool takes_slots_ = false;  ///< a word may be what some slot holds
};

}  // namespace weft::differential
