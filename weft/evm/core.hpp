#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "weft/base/uint256.hpp"
#include "weft/evm/gas.hpp"
#include "weft/evm/machine.hpp"
#include "weft/evm/modulus_cache.hpp"
#include "weft/evm/preimage_cache.hpp"
#include "weft/evm/program.hpp"
#include "weft/evm/region.hpp"

/// What the interpreter's handlers work on. Internal to this room.
namespace weft::evm {

using state::AccountEntry;
using state::Journal;
using state::SlotEntry;

/// One call's execution environment and machine state (yellow paper, sections 9.3 and 9.4.1). What handlers
/// ask most lies first.
struct Frame {
    uint256* stack_base = nullptr;  ///< one below the lowest word; the stack is empty when sp == stack_base
    uint8_t* memory = nullptr;
    uint64_t memory_size = 0;  ///< bytes, a multiple of 32
    Core* core = nullptr;
    AccountEntry* account = nullptr;  ///< whose storage and balance the code works on
    const uint8_t* input = nullptr;
    uint64_t input_size = 0;
    Program* program = nullptr;
    const uint8_t* code = nullptr;
    uint64_t code_size = 0;
    Gas memory_cost = 0;  ///< paid so far

    // Where to go on when a callee has returned.
    const Instruction* ip = nullptr;
    uint256* sp = nullptr;  ///< at the word that takes the result
    Gas gas = 0;

    // Where the caller wants the output, in its memory.
    uint64_t output_offset = 0;
    uint64_t output_size = 0;

    Address sender;
    Status status = Status::success;  ///< why the frame fails, set right before
    CallKind kind = CallKind::call;
    bool is_static = false;
    uint32_t depth = 0;  ///< 0 for the outermost
    uint256 value;
    Journal::Snapshot snapshot{};
    /// The program is for this frame alone, and lies in Core::passing from `translation` on.
    bool owns_program = false;
    state::CodeArena::Mark translation;
    /// In the program's symbolic form: bit h says that the word at height h floats (symbolic.hpp).
    uint64_t floating = 0;
};

/// A call that has been paid for and is about to begin.
struct PendingCall {
    CallKind kind;
    bool is_static;
    Gas gas;
    AccountEntry* from;  ///< pays the value
    AccountEntry* to;    ///< receives it; its storage is worked on
    Address sender;      ///< what CALLER says
    Address code_address;
    const uint256& value;
    bool transfers_value;
    bool runs_precompile;  ///< false: a delegation led here (EIP-7702)
    const state::Code* code;
    BytesView input;
    uint64_t output_offset;
    uint64_t output_size;
};

/// The hashes of the last 256 blocks as words. Each is asked of the state once in a block.
class AncestorHashes {
public:
    static constexpr uint64_t count = 256;
    void forget() noexcept { known_ = {}; }
    /// nullptr: not known yet. Precondition, as of add(): `number` is one of the last `count`.
    [[nodiscard]] const uint256* find(uint64_t number) const noexcept {
        const size_t place = number % count;
        return (known_[place / 64] >> place % 64 & 1) != 0 ? &words_[place] : nullptr;
    }
    void add(uint64_t number, const Hash& hash) noexcept {
        const size_t place = number % count;
        known_[place / 64] |= uint64_t{1} << place % 64;
        words_[place] = base::to_uint256(hash);
    }

private:
    std::array<uint64_t, count / 64> known_{};
    std::array<uint256, count> words_;
};

struct Core {
    Core(Journal& journal_, size_t memory_budget);

    /// The frame for a callee; nullptr: of nobody. Precondition: the caller is not at max_call_depth. Most
    /// blocks need few of the frames, so one comes into being when it is first reached.
    [[nodiscard]] Frame* frame_after(Frame* caller) noexcept {
        Frame* const f = caller == nullptr ? frames.data() : caller + 1;
        if (f == frames.data() + frames_made) [[unlikely]] {
            std::construct_at(f)->core = this;
            ++frames_made;
        }
        return f;
    }

    // ---- What code asks about its surroundings
    Journal& journal;
    BlockContext block;
    const TransactionContext* transaction = nullptr;
    const Rules* rules = nullptr;
    const PrecompileSet* precompiles = nullptr;
    const std::atomic<bool>* stop;
    // Machine::ask_once()
    const std::atomic<uint32_t>* awaited;
    uint32_t asks_at = 1;
    Inspector* inspector = nullptr;
    uint256 coinbase_word, difficulty_word, origin_word;

    // ---- The machine's own
    Region<uint256> words;
    Region<uint8_t> memory;
    uint8_t* memory_end;
    uint8_t* memory_peak;  ///< the highest end of memory since the last trim
    Region<Frame> frames;
    size_t frames_made = 0;
    /// Translations that only one frame runs, those of the deeper frames last: of init code, and of code
    /// where what may be kept is used up.
    state::CodeArena passing;
    BytesView return_data;  ///< of the running frame's last call
    Bytes return_buffer;    ///< where it lies
    PreimageCache preimages;
    ModulusCache moduli;
    AncestorHashes ancestors;
    /// For each frame the slots that its floating words go by, by height.
    Region<std::array<SlotEntry*, 64>> float_slots;
    CallResult result;
    /// The traced step whose cost isn't known yet.
    bool step_pending = false;
    Gas step_gas = 0;
    bool step_cold = false;

    [[nodiscard]] bool stopped() const noexcept { return stop->load(std::memory_order_relaxed); }
    /// On calls and jumps backward, without which no run is long: whether ends() is to be asked.
    [[nodiscard]] bool is_due() const noexcept {
        return awaited->load(std::memory_order_relaxed) >= asks_at || stopped();
    }
    /// The run is stopped, or the journal's source, which is asked once, says that it doesn't go on.
    [[nodiscard, gnu::cold, gnu::noinline]] bool ends() noexcept;

    // ---- Calls (calls.cpp). Each returns the frame that runs next, at its ip, sp and gas; nullptr: the run
    // has ended.

    /// CALL, CALLCODE, DELEGATECALL, STATICCALL with their operands at sp.
    Frame* call(Frame* f, CallKind kind, const Instruction* ip, uint256* sp, Gas gas);
    /// CREATE, CREATE2.
    Frame* create(Frame* f, CallKind kind, const Instruction* ip, uint256* sp, Gas gas);
    Frame* selfdestruct(Frame* f, uint256* sp, Gas gas);
    /// The frame ends. Precondition: gas >= 0 where status is success or revert.
    Frame* leave(Frame* f, Status status, Gas gas, BytesView output);
    Frame* fail(Frame* f, Status status, Gas gas) { return leave(f, status, gas, {}); }

    // Program's, that go on with a translation for the frame alone where no more may be kept. nullptr:
    // f->status says why.
    [[nodiscard]] const Instruction* jump_target(Frame* f, uint64_t pc) noexcept;
    [[nodiscard]] const Instruction* follow(Frame* f, const Instruction* ip) noexcept;

    /// The outermost call, from beginning to end, with this gas instead of the message's; what it came to is
    /// in `result`.
    void begin(const Message& message, Gas gas);

private:
    /// The recipient's code, for the outermost call. False: the run has ended.
    bool find_code(PendingCall& call);
    static void run(Frame* f);
    Frame* begin_call(Frame* caller, const PendingCall& call);
    Frame* begin_creation(Frame* caller, const PendingCall& creation);
    Frame* run_precompile(Frame* caller, const PendingCall& call, const PrecompileSet::Found& precompile,
                          const Journal::Snapshot& snapshot);
    /// A frame above `caller` (nullptr: the outermost), its memory and stack empty.
    Frame* push_frame(Frame* caller, const PendingCall& call, const Journal::Snapshot& snapshot);
    /// The call ended without a frame of its own, or before it had one. `gas` is what it leaves.
    Frame* answer(Frame* caller, Status status, Gas gas, BytesView output, uint64_t output_offset,
                  uint64_t output_size);
    Frame* answer_creation(Frame* caller, Status status, Gas gas, BytesView output, const Address& created);
    Frame* end_run(Status status) noexcept;
    /// Makes a program for this frame alone. False: there is no memory.
    bool translate_alone(Frame* f) noexcept;
    Status deposit_code(Frame* f, BytesView code, Gas& gas);
    void move_value(AccountEntry& from, AccountEntry& to, const uint256& value);
    void inspect_entry(const Frame* caller, const PendingCall& call);
    void inspect_exit(uint32_t depth, Status status, Gas gas, BytesView output);
};

/// Enlarges the frame's memory to hold `end` bytes and charges for it (section 9.1, equation 328). Returns
/// the gas left; negative: failed, f->status says why. Precondition: end > f->memory_size.
[[nodiscard]] Gas expand_memory(Frame* f, uint64_t end, Gas gas) noexcept;

/// Where memory can't be paid for with any gas; offsets and sizes below can be added without overflow.
inline constexpr unsigned unpayable_bits = 42;

/// Makes memory [offset, offset + size) usable. As expand_memory().
[[nodiscard]] inline Gas reach(Frame* f, const uint256& offset, const uint256& size, Gas gas) noexcept {
    if (size.is_zero()) return gas;
    const uint64_t start = offset.saturate(), count = size.saturate();
    if (((start | count) >> unpayable_bits) != 0) [[unlikely]] {
        f->status = Status::out_of_gas;
        return -1;
    }
    if (start + count <= f->memory_size) return gas;
    return expand_memory(f, start + count, gas);
}

/// memory[to, to + size) = source[from, from + size), with zeros beyond the source's end. Precondition:
/// reach(f, to, size).
inline void copy_to_memory(Frame* f, const uint256& to, BytesView source, const uint256& from,
                           const uint256& size) noexcept {
    if (size.is_zero()) return;
    uint8_t* const place = f->memory + to.limb[0];
    const uint64_t count = size.limb[0], start = from.saturate();
    const uint64_t there = start < source.size() ? std::min<uint64_t>(source.size() - start, count) : 0;
    if (there != 0) std::memcpy(place, source.data() + start, there);
    if (there < count) std::memset(place + there, 0, count - there);
}

/// A word's low 20 bytes as an address, and back.
[[nodiscard]] inline Address address_of(const uint256& word) noexcept {
    Address out;
    const uint64_t low = __builtin_bswap64(word.limb[0]), middle = __builtin_bswap64(word.limb[1]);
    const uint32_t high = __builtin_bswap32(static_cast<uint32_t>(word.limb[2]));
    std::memcpy(out.data(), &high, 4);
    std::memcpy(out.data() + 4, &middle, 8);
    std::memcpy(out.data() + 12, &low, 8);
    return out;
}
[[nodiscard]] inline uint256 word_of(const Address& address) noexcept {
    uint64_t low, middle;
    uint32_t high;
    std::memcpy(&high, address.data(), 4);
    std::memcpy(&middle, address.data() + 4, 8);
    std::memcpy(&low, address.data() + 12, 8);
    return {__builtin_bswap64(low), __builtin_bswap64(middle), __builtin_bswap32(high), 0};
}

}  // namespace weft::evm
