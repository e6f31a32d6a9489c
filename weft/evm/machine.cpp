#include "weft/evm/machine.hpp"

#include <algorithm>
#include <limits>

#include "weft/evm/interpreter.hpp"

namespace weft::evm {
namespace {

const std::atomic<bool> never{false};
const std::atomic<uint32_t> nothing_awaited{0};

/// No frame's stack is higher than 1024 words; each frame's begins where its caller's ends.
constexpr size_t all_words = (max_call_depth + 1) * size_t{1024} + 64;
/// Memory beyond this goes back to the system between blocks.
constexpr size_t kept_memory = size_t{8} << 20;

/// More than 2^36 bytes of memory: beyond any budget for whoever can pay for it.
[[gnu::cold]] Gas expand_far(Frame* f, uint64_t words, Gas gas) noexcept {
    using wide = unsigned __int128;
    const wide cost = wide{3} * words + wide{words} * words / 512;
    if (cost > static_cast<wide>(gas) + static_cast<wide>(f->memory_cost)) {
        f->status = Status::out_of_gas;
        constexpr wide most = wide{1} << 62;
        return std::min<Gas>(
            -1, gas - static_cast<Gas>(std::min(cost - static_cast<wide>(f->memory_cost), most)));
    }
    f->status = Status::resource_limit;
    return -1;
}

}  // namespace

Core::Core(Journal& journal_, size_t memory_budget)
    : journal(journal_),
      stop(&never),
      awaited(&nothing_awaited),
      words(all_words),
      memory(memory_budget + std::min<size_t>(64, ~memory_budget)),  // what no system has fails there
      memory_end(memory.data() + memory_budget),
      memory_peak(memory.data()),
      frames(max_call_depth + 1),
      passing(journal_.codes().space()),
      float_slots(max_call_depth + 1) {}

bool Core::ends() noexcept {
    if (stopped()) return true;
    awaited = &nothing_awaited;
    asks_at = 1;
    return !journal.goes_on();
}

void Core::run(Frame* f) {
    const auto first = reinterpret_cast<Handler>(reinterpret_cast<char*>(&handler_base) + f->ip->handler);
    first(f->ip, f->sp, f->gas, f);
}

Gas expand_memory(Frame* f, uint64_t end, Gas gas) noexcept {
    const uint64_t words = word_count(end);
    constexpr uint64_t most_words = uint64_t{1} << 31;  // their square fits 64 bits
    if (words > most_words) [[unlikely]]
        return expand_far(f, words, gas);
    const auto cost = static_cast<Gas>(3 * words + words * words / 512);
    const Gas left = gas - (cost - f->memory_cost);
    if (left < 0) [[unlikely]] {
        f->status = Status::out_of_gas;
        return left;
    }
    const uint64_t size = 32 * words;
    Core& core = *f->core;
    if (size > static_cast<uint64_t>(core.memory_end - f->memory)) [[unlikely]] {
        f->status = Status::resource_limit;
        return -1;
    }
    uint8_t* const from = f->memory + f->memory_size;
    if (const uint64_t more = size - f->memory_size; more == 32)
        std::memset(from, 0, 32);  // in line: memory mostly grows word by word
    else
        std::memset(from, 0, more);
    core.memory_peak = std::max(core.memory_peak, f->memory + size);
    f->memory_cost = cost;
    f->memory_size = size;
    return left;
}

Machine::Machine(Journal& journal, size_t memory_budget)
    : core_(std::make_unique<Core>(journal, memory_budget)) {}
Machine::~Machine() = default;

void Machine::begin_block(const BlockContext& block, Revision revision, const PrecompileSet& precompiles) {
    Core& core = *core_;
    if (block.number != core.block.number || block.chain_id != core.block.chain_id) core.preimages.clear();
    core.block = block;
    core.ancestors.forget();
    core.rules = &rules_of(revision);
    core.precompiles = &precompiles;
    core.coinbase_word = word_of(block.coinbase);
    core.difficulty_word =
        revision >= Revision::paris ? base::to_uint256(block.prev_randao) : block.difficulty;
    if (core.memory_peak > core.memory.data() + kept_memory) {
        core.memory.trim(kept_memory);
        core.memory_peak = core.memory.data();
    }
}

void Machine::forget_preimages() noexcept { core_->preimages.clear(); }
PreimageCache& Machine::preimages() noexcept { return core_->preimages; }
void Machine::set_stop_flag(const std::atomic<bool>* doomed) noexcept {
    core_->stop = doomed != nullptr ? doomed : &never;
}
void Machine::ask_once(const std::atomic<uint32_t>* awaited, uint32_t at) noexcept {
    core_->awaited = awaited != nullptr ? awaited : &nothing_awaited;
    core_->asks_at = awaited != nullptr ? at : 1;
}
void Machine::set_inspector(Inspector* inspector) noexcept { core_->inspector = inspector; }
Journal& Machine::journal() noexcept { return core_->journal; }
const BlockContext& Machine::block() const noexcept { return core_->block; }

CallResult Machine::execute(const Message& message, const TransactionContext& transaction) {
    Core& core = *core_;
    core.transaction = &transaction;
    core.origin_word = word_of(transaction.origin);
    // Gas is signed inside. What exceeds 2^63 - 1 can't be spent in the life of the universe and is given
    // back.
    constexpr auto most =
        static_cast<uint64_t>(std::numeric_limits<Gas>::max()) - static_cast<uint64_t>(gas::call_stipend);
    const uint64_t gas = std::min(message.gas, most);
    core.begin(message, static_cast<Gas>(gas));
    CallResult result = core.result;
    if (result.status == Status::success || result.status == Status::revert)
        result.gas_left += message.gas - gas;
    core.transaction = nullptr;
    return result;
}

const char* to_string(Status status) noexcept {
    switch (status) {
        case Status::success:
            return "";
        case Status::revert:
            return "execution reverted";
        case Status::out_of_gas:
            return "out of gas";
        case Status::invalid_instruction:
            return "invalid opcode";
        case Status::stack_underflow:
            return "stack underflow";
        case Status::stack_overflow:
            return "stack limit reached";
        case Status::bad_jump_destination:
            return "invalid jump destination";
        case Status::static_state_change:
            return "write protection";
        case Status::return_data_out_of_bounds:
            return "return data out of bounds";
        case Status::address_collision:
            return "contract address collision";
        case Status::code_too_large:
            return "max code size exceeded";
        case Status::init_code_too_large:
            return "max initcode size exceeded";
        case Status::invalid_code_prefix:
            return "invalid code: must not begin with 0xef";
        case Status::insufficient_balance:
            return "insufficient balance for transfer";
        case Status::call_depth_exceeded:
            return "max call depth exceeded";
        case Status::nonce_overflow:
            return "nonce uint64 overflow";
        case Status::precompile_failure:
            return "precompile failure";
        case Status::state_error:
            return "state error";
        case Status::aborted:
            return "aborted";
        case Status::resource_limit:
            return "resource limit";
    }
    return "";
}

}  // namespace weft::evm
