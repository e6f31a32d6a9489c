#include "weft/evm/summarizer.hpp"

#include <algorithm>
#include <limits>

#include "weft/evm/word_functions.hpp"

namespace weft::evm {
namespace {

/// Words that one copy may have.
constexpr uint64_t most_copied_words = 64;

/// What is the same in each call that the summary is for.
constexpr bool gives_constant(uint8_t opcode) noexcept {
    switch (opcode) {
        case OP_ADDRESS:
        case OP_CALLVALUE:
        case OP_CALLDATASIZE:
        case OP_CODESIZE:
        case OP_RETURNDATASIZE:
        case OP_COINBASE:
        case OP_TIMESTAMP:
        case OP_NUMBER:
        case OP_PREVRANDAO:
        case OP_GASLIMIT:
        case OP_CHAINID:
        case OP_BASEFEE:
        case OP_BLOBBASEFEE:
        case OP_PC:
        case OP_MSIZE:
            return true;
        default:
            return opcode >= OP_PUSH0 && opcode <= OP_PUSH32;
    }
}

}  // namespace

bool ShadowMemory::write(const Write& write) {
    if (write.size != 0) writes_.push_back(write);
    return writes_.size() <= most;
}
const ShadowMemory::Write* ShadowMemory::last(uint64_t offset, uint64_t size) const {
    for (size_t i = writes_.size(); i-- > 0;)
        if (writes_[i].to < offset + size && offset < writes_[i].to + writes_[i].size) return &writes_[i];
    return nullptr;
}

Summarizer::Index Summarizer::pop() {
    const Index top = stack_.back();
    stack_.pop_back();
    return top;
}
uint64_t Summarizer::pop_constant() {
    const Formula& top = path_.graph[pop()];
    if (top.is_constant() && top.value.saturate() <= std::numeric_limits<uint32_t>::max())
        return top.value.low();
    give_up();
    return 0;
}

Summarizer::Index Summarizer::input_at(uint64_t offset) {
    const BytesView input = message_.input;
    if (offset >= input.size()) return path_.graph.constant(0);
    uint8_t word[32]{};
    std::memcpy(word, input.data() + offset, std::min<size_t>(32, input.size() - offset));
    return path_.graph.input(static_cast<uint32_t>(offset), base::load_be(word));
}

std::vector<Summarizer::Index> Summarizer::read_memory(uint64_t offset, uint64_t size) {
    std::vector<Index> out;
    if (size % 32 != 0 || size / 32 > most_copied_words) give_up();
    for (uint64_t at = 0; at < size && !failed_; at += 32) out.push_back(read_word(offset + at));
    return out;
}
Summarizer::Index Summarizer::read_word(uint64_t offset) {
    using Write = ShadowMemory::Write;
    const Write* const last = memory_.last(offset, 32);
    if (last == nullptr) return path_.graph.constant(0);
    if (last->what == Write::word && last->to == offset) return static_cast<Index>(last->of);
    if (last->what == Write::input && last->to <= offset && offset + 32 <= last->to + last->size)
        return input_at(last->of + (offset - last->to));
    give_up();
    return 0;
}
void Summarizer::write_memory(const ShadowMemory::Write& write) {
    if (!memory_.write(write)) give_up();
}

void Summarizer::step(const Step& step) {
    if (failed_) return;
    rules_ = &rules_of(step.revision);
    if (step.depth != (outer_ ? 2u : 1u)) return give_up();
    if (outer_) outer_->has_stepped = true;
    settle(step);
    const OpcodeInfo& info = opcode_table(step.revision)[step.opcode];
    if (path_.graph.full() || ++steps_ > most_steps || stack_.size() < info.inputs) give_up();
    if (!failed_ && info.defined) execute(step, info);
}

void Summarizer::settle(const Step& step) {
    FormulaGraph& graph = path_.graph;
    if (gives_constant_ && !step.stack.empty()) stack_.push_back(graph.constant(step.stack.back()));
    gives_constant_ = false;
    if (gives_gas_ && !step.stack.empty()) stack_.push_back(graph.gas(step.stack.back()));
    gives_gas_ = false;
    if (copies_code_) {
        const auto [to, size] = *copies_code_;
        uint64_t at = 0;
        for (; at + 32 <= size; at += 32)
            write_memory({to + at, 32, ShadowMemory::Write::word,
                          graph.constant(base::load_be(step.memory.data() + to + at))});
        write_memory({to + at, size - at, ShadowMemory::Write::other, 0});
        copies_code_.reset();
    }
    // Whatever was wrong here shows soon.
    if (stack_.size() != step.stack.size() ||
        (!stack_.empty() && graph[stack_.back()].value != step.stack.back()))
        give_up();
}

void Summarizer::execute(const Step& step, const OpcodeInfo& info) {
    const uint8_t opcode = step.opcode;
    if (gives_constant(opcode)) {
        gives_constant_ = true;
    } else if (opcode >= OP_DUP1 && opcode <= OP_DUP16) {
        stack_.push_back(stack_[stack_.size() - info.inputs]);
    } else if (opcode >= OP_SWAP1 && opcode <= OP_SWAP16) {
        std::swap(stack_.back(), stack_[stack_.size() - info.inputs]);
    } else if (opcode >= OP_LOG0 && opcode <= OP_LOG4) {
        begin_log(opcode - OP_LOG0);
    } else if (words::visit_function(opcode, [](auto) {})) {
        std::array<Index, 3> operands{};
        for (size_t i = 0; i < info.inputs; ++i) operands[i] = pop();
        stack_.push_back(path_.graph.apply(opcode, operands[0], operands[1], operands[2]));
    } else {
        execute_rest(step);
    }
}

/// Memory, storage, input, jumps, and what ends the call.
void Summarizer::execute_rest(const Step& step) {
    switch (step.opcode) {
        case OP_STOP:
        case OP_JUMPDEST:
            return;
        case OP_POP:
            (void)pop();
            return;
        case OP_EXP:  // its gas depends on the exponent
            gives_constant_ = path_.graph[pop()].is_constant() && path_.graph[pop()].is_constant();
            if (!gives_constant_) give_up();
            return;
        case OP_GAS:
            gives_gas_ = true;
            return;
        case OP_CALLER:
        case OP_ORIGIN:
            stack_.push_back(path_.graph.caller(base::to_uint256(message_.sender)));
            return;
        case OP_CALLDATALOAD: {
            const Formula& offset = path_.graph[pop()];
            if (!offset.is_constant()) return give_up();
            stack_.push_back(input_at(offset.value.saturate()));
            return;
        }
        case OP_MLOAD:
            for (const Index word : read_memory(pop_constant(), 32)) stack_.push_back(word);
            return;
        case OP_MSTORE: {
            const uint64_t offset = pop_constant();
            return write_memory({offset, 32, ShadowMemory::Write::word, pop()});
        }
        case OP_MSTORE8:
            write_memory({pop_constant(), 1, ShadowMemory::Write::other, 0});
            (void)pop();
            return;
        case OP_CALLDATACOPY:
        case OP_CODECOPY:
            return copy_to_memory(step);
        case OP_RETURNDATACOPY: {
            const uint64_t to = pop_constant();
            (void)pop_constant();
            return write_memory({to, pop_constant(), ShadowMemory::Write::other, 0});
        }
        case OP_DELEGATECALL:
            return begin_delegation();
        case OP_KECCAK256:
            return hash();
        case OP_SLOAD:
        case OP_SSTORE:
            return begin_access(step.opcode == OP_SSTORE);
        case OP_JUMP:
        case OP_JUMPI:
            return jump(step.opcode == OP_JUMPI);
        case OP_RETURN:
        case OP_REVERT:
            (void)pop_constant();
            (void)pop_constant();
            return;
        default:
            return give_up();
    }
}

void Summarizer::copy_to_memory(const Step& step) {
    const uint64_t to = pop_constant();
    const Formula& from = path_.graph[pop()];
    const uint64_t size = pop_constant();
    if (!from.is_constant() || size / 32 > most_copied_words) return give_up();
    if (step.opcode == OP_CODECOPY) {
        copies_code_ = {to, size};
        return;
    }
    // An offset that can't be added to lies beyond any input.
    const uint64_t start = std::min(from.value.saturate(), uint64_t{1} << 62);
    write_memory({to, size, ShadowMemory::Write::input, start});
}

void Summarizer::hash() {
    const uint64_t offset = pop_constant();
    const std::vector<Index> words = read_memory(offset, pop_constant());
    if (failed_ || words.size() > std::tuple_size_v<decltype(Formula::from)>) return give_up();
    stack_.push_back(path_.graph.hash(words));
}

void Summarizer::jump(bool conditional) {
    if (!path_.graph[pop()].is_constant()) return give_up();
    if (conditional) path_.require(pop());
}

void Summarizer::begin_access(bool stores) {
    key_ = pop();
    if (stores) stored_ = pop();
    if (path_.delegate_reverted) give_up();  // what slots hold is not as it was noted
}

bool Summarizer::is_input(uint64_t offset, uint64_t size) const {
    if (size != message_.input.size()) return false;
    if (size == 0) return true;
    const ShadowMemory::Write* const last = memory_.last(offset, size);
    return last != nullptr && last->what == ShadowMemory::Write::input && last->to <= offset &&
           offset + size <= last->to + last->size && last->of + (offset - last->to) == 0;
}

/// DELEGATECALL of the whole input with all gas, the way of proxies (EIP-1167, EIP-1967): the same call of
/// other code.
void Summarizer::begin_delegation() {
    FormulaGraph& graph = path_.graph;
    const bool passes_all_gas = rules_->eip150 && graph[pop()].opcode == OP_GAS;
    const Index target = pop();
    const uint64_t offset = pop_constant(), size = pop_constant();
    const uint64_t output_to = pop_constant(), output_size = pop_constant();
    if (!passes_all_gas || path_.delegate || !is_input(offset, size)) return give_up();
    path_.require(graph.apply(OP_EQ, target, graph.constant(graph[target].value)));
    path_.delegate = base::to_address(graph[target].value);
    outer_ = {std::move(stack_), std::move(memory_), {output_to, output_size}, false};
    stack_.clear();
    memory_ = {};
}

void Summarizer::exit(uint32_t depth, Status status, uint64_t, BytesView output) {
    if (failed_ || depth == 1) return;
    // One that takes all its gas leaves what depends on it. A precompile takes no step, whatever code lies
    // at its address.
    if (depth != 2 || !outer_ || !outer_->has_stepped ||
        (status != Status::success && status != Status::revert))
        return give_up();
    stack_ = std::move(outer_->stack);
    memory_ = std::move(outer_->memory);
    write_memory({outer_->output.to, std::min<uint64_t>(outer_->output.size, output.size()),
                  ShadowMemory::Write::other, 0});
    outer_.reset();
    stack_.push_back(path_.graph.constant(status == Status::success ? 1 : 0));
    path_.delegate_reverted = status == Status::revert;
}

SummaryPath::Place* Summarizer::place(Index key, const uint256& value) {
    FormulaGraph& graph = path_.graph;
    for (SummaryPath::Place& known : path_.places) {
        if (graph[known.key].value != graph[key].value) continue;
        path_.require(graph.apply(OP_EQ, known.key, key));
        return &known;
    }
    if (path_.places.size() == SummaryPath::most_places) {
        give_up();
        return nullptr;
    }
    const Index slot = graph.slot(static_cast<uint32_t>(path_.places.size()), value);
    return &path_.places.emplace_back(SummaryPath::Place{
        .key = key, .slot = slot, .now = slot, .stores = {}, .charge = {}, .pinned = false});
}

void Summarizer::storage_read(const Address&, const uint256& key, const uint256& value) {
    if (failed_) return;
    const SummaryPath::Place* const at = place(key_, value);
    if (at == nullptr) return;
    if (path_.graph[key_].value != key || path_.graph[at->now].value != value) return give_up();
    stack_.push_back(at->now);
}

void Summarizer::storage_written(const Address&, const uint256& key, const uint256& before,
                                 const uint256& after) {
    if (failed_) return;
    SummaryPath::Place* const at = place(key_, before);
    if (at == nullptr) return;
    const FormulaGraph& graph = path_.graph;
    if (graph[key_].value != key || graph[at->now].value != before || graph[stored_].value != after)
        return give_up();
    at->charge += storage_charge(*rules_, graph[at->slot].value, before, after);
    at->stores.push_back(stored_);
    at->now = stored_;
}

void Summarizer::begin_log(size_t topics) {
    const uint64_t offset = pop_constant(), size = pop_constant();
    SummaryPath::LogFormula out;
    for (size_t i = 0; i < topics; ++i) out.topics.push_back(pop());
    out.data = read_memory(offset, size);
    path_.logs.push_back(std::move(out));
    if (path_.logs.size() > SummaryPath::most_logs) give_up();
}

void Summarizer::log(const primitives::Log& log) {
    if (failed_) return;
    const SummaryPath::LogFormula& last = path_.logs.back();
    const auto is = [&](Index formula, const uint8_t* bytes) {
        return path_.graph[formula].value == base::load_be(bytes);
    };
    bool same = log.topics.size() == last.topics.size() && log.data.size() == 32 * last.data.size();
    for (size_t i = 0; same && i < last.topics.size(); ++i) same = is(last.topics[i], log.topics[i].data());
    for (size_t i = 0; same && i < last.data.size(); ++i) same = is(last.data[i], log.data.data() + 32 * i);
    if (!same) give_up();
}

}  // namespace weft::evm
