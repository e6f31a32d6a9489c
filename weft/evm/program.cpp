#include "weft/evm/program.hpp"

#include <bit>
#include <new>

#include "weft/base/counters.hpp"
#include "weft/evm/symbolic.hpp"
#include "weft/evm/translator.hpp"

namespace weft::evm {
namespace {

constexpr size_t longest_probe = 8;
constexpr uint32_t smallest_table = 16;

void store_release(const Instruction* at, uint32_t immediate) noexcept {
    __atomic_store_n(&const_cast<Instruction*>(at)->immediate, immediate, __ATOMIC_RELEASE);
}

}  // namespace

Program::Program(BytesView code, Revision revision, bool traced, state::CodeArena& arena) noexcept
    : CodeAnalysis(kind_of(revision, traced)),
      code_(code),
      arena_(arena),
      revision_(revision),
      traced_(traced) {
    static constexpr struct {
        Table table{.mask = 0, .shift = 31};
        std::atomic<uint64_t> cell{0};
    } nothing;
    table_.store(&nothing.table, std::memory_order_relaxed);
}

Program* Program::make(BytesView code, Revision revision, bool traced, state::CodeArena& arena) noexcept {
    void* const place = arena.allocate(sizeof(Program));
    if (place == nullptr) return nullptr;
    auto* const program = ::new (place) Program(code, revision, traced, arena);
    program->entry_ = program->translate(0);
    return program->entry_ != nullptr ? program : nullptr;
}

Program* Program::make_for(const state::Code& code, Revision revision, bool traced) noexcept {
    state::CodeArena& arena = code.arena();
    const base::CountedLock lock(arena.mutex);
    if (auto* const found = code.analysis(kind_of(revision, traced))) return static_cast<Program*>(found);
    Program* const made = make(code.bytes(), revision, traced, arena);
    if (made != nullptr) code.publish_analysis(made);
    return made;
}

const Instruction* Program::reach(uint64_t pc, Status& why) noexcept {
    const base::CountedLock lock(arena_.mutex);
    return find_or_translate(pc, why);
}

const Instruction* Program::enter(const Way& way, Status& why) noexcept {
    const Instruction* target = nullptr;
    {
        const base::CountedLock lock(arena_.mutex);
        target = go(way, why);
    }
    return target != nullptr && way.is_symbolic ? symbolic(target) : target;
}

const Instruction* Program::go(const Way& way, Status& why) noexcept {
    if (!way.in_sequence) return find_or_translate(way.pc, why);
    why = Status::resource_limit;
    return translate(way.pc);
}

const Instruction* Program::follow(const Instruction* ip, Status& why, Way& way) noexcept {
    const base::CountedLock lock(arena_.mutex);
    way.is_symbolic = is_symbolic(ip);
    const ptrdiff_t form = way.is_symbolic ? twin_distance : 0;
    const Instruction* const here = ip - form;
    const bool is_stub = here->handler == handler_offset(handler_table(traced_)[X_GROW]);
    const Instruction* const jump = is_stub ? here - here->immediate : here;
    const Instruction* const leads_to = jump + static_cast<int32_t>(jump->immediate);
    if (leads_to != (is_stub ? here - 2 : here)) return leads_to + form;  // another thread has been here

    if (is_stub) {
        BlockShape shape;
        std::memcpy(&shape, here - 1, sizeof shape);
        way.pc = shape.pc;
    } else {
        way.pc = here[1].immediate;
    }
    way.in_sequence = !is_stub && (way.pc >= code_.size() || code_[way.pc] != OP_JUMPDEST);
    const Instruction* const target = go(way, why);
    if (target == nullptr) return nullptr;
    lead(jump, target);
    return target + form;
}

const Instruction* Program::find_or_translate(uint64_t pc, Status& why) noexcept {
    if (const Instruction* const found = jump_target(pc)) return found;
    why = Status::bad_jump_destination;
    if (pc >= code_.size() || code_[pc] != OP_JUMPDEST) return nullptr;
    const bool has_room = destinations_ != nullptr || arena_.room(destination_bytes()) != nullptr;
    if (has_room && !is_destination(pc)) return nullptr;
    why = Status::resource_limit;
    return has_room ? translate(pc) : nullptr;
}

bool Program::complete() noexcept {
    Status why{};
    for (size_t pc = 0; pc < code_.size(); ++pc)
        if (reach(pc, why) == nullptr && why != Status::bad_jump_destination) return false;
    return true;
}

/// nullptr: no memory.
const Instruction* Program::translate(size_t pc) noexcept {
    std::byte* const room = arena_.room(sizeof(Stretch) + Translator::most_words * sizeof(Instruction) +
                                        (destinations_ == nullptr ? destination_bytes() : 0));
    if (room == nullptr) return nullptr;
    auto* const stretch = ::new (room) Stretch{last_, 0};
    Translator translator{*this, handler_table(traced_), stretch->begin()};
    stretch->words = translator.run(pc);
    const size_t bytes = sizeof(Stretch) + stretch->words * sizeof(Instruction);
    const bool has_twin = has_twin_.load(std::memory_order_relaxed);
    arena_.commit(bytes, has_twin ? bytes : 0);
    last_ = stretch;
    if (has_twin) mirror(*stretch);
    for (const auto& [at, head] : translator.destinations())
        if (!add_destination(at, stretch->begin() + head)) return nullptr;
    return stretch->begin();
}

/// The jump goes there from now on, in both forms.
void Program::lead(const Instruction* jump, const Instruction* target) noexcept {
    const auto distance = static_cast<uint32_t>(target - jump);
    if (has_twin_.load(std::memory_order_relaxed)) store_release(jump + twin_distance, distance);
    store_release(jump, distance);
}

bool Program::is_destination(uint64_t pc) noexcept {
    if (pc >= code_.size() || code_[pc] != OP_JUMPDEST) return false;
    if (destinations_ == nullptr) {
        const size_t bytes = destination_bytes();
        destinations_ = static_cast<uint64_t*>(arena_.allocate_last(bytes));
        std::memset(destinations_, 0, bytes);
    }
    for (; scanned_ <= pc; scanned_ += 1 + immediate_size(code_[scanned_]))
        if (code_[scanned_] == OP_JUMPDEST) destinations_[scanned_ / 64] |= uint64_t{1} << scanned_ % 64;
    return (destinations_[pc / 64] >> pc % 64 & 1) != 0;
}

bool Program::add_destination(uint32_t pc, const Instruction* head) noexcept {
    const Table* table = table_.load(std::memory_order_relaxed);
    const bool fits = 2 * (destination_count_ + 1) <= table->mask + 1;
    if (!fits || !put(*const_cast<Table*>(table), pc, head, false))
        if (!enlarge_table(pc, head)) return false;
    ++destination_count_;
    return true;
}

/// False: that would make look-ups long.
bool Program::put(Table& table, uint64_t pc, const Instruction* head, bool anywhere) noexcept {
    const size_t first = table.place_of(static_cast<uint32_t>(pc));
    for (size_t i = first; anywhere || i < first + longest_probe; ++i) {
        std::atomic<uint64_t>& cell = table.cells()[i & table.mask];
        if (cell.load(std::memory_order_relaxed) != 0) continue;
        const auto distance = static_cast<uint32_t>(head - reinterpret_cast<const Instruction*>(&table));
        cell.store(pc << 32 | distance, std::memory_order_release);
        return true;
    }
    return false;
}

/// A larger table with this destination, too. Who is looking at the old one finds there what it holds.
bool Program::enlarge_table(uint32_t pc, const Instruction* head) noexcept {
    const Table& old = *table_.load(std::memory_order_relaxed);
    for (uint32_t size = std::max(smallest_table, 2 * (old.mask + 1));; size *= 2) {
        const size_t bytes = sizeof(Table) + size * sizeof(uint64_t);
        auto* const room = arena_.room(bytes);
        if (room == nullptr) return false;
        std::memset(room, 0, bytes);
        auto& larger = *::new (room) Table{size - 1, static_cast<uint32_t>(std::countl_zero(size) + 1)};
        const bool anywhere = size >= 4 * code_.size();
        bool fits = true;
        for (size_t i = 0; fits && i <= old.mask; ++i)
            if (const uint64_t cell = old.cells()[i].load(std::memory_order_relaxed); cell != 0)
                fits = put(larger, cell >> 32, old.at(cell), anywhere);
        if (!fits || !put(larger, pc, head, anywhere)) continue;
        arena_.commit(bytes);
        table_.store(&larger, std::memory_order_release);
        return true;
    }
}

const Instruction* Program::symbolic(const Instruction* plain) noexcept {
    if (!has_twin_.load(std::memory_order_acquire)) {
        const base::CountedLock lock(arena_.mutex);
        if (!has_twin_.load(std::memory_order_relaxed)) {
            for (const Stretch* one = last_; one != nullptr; one = one->before) {
                arena_.commit(0, one->words * sizeof(Instruction));
                mirror(*one);
            }
            has_twin_.store(true, std::memory_order_release);
        }
    }
    return plain + twin_distance;
}

/// Writes the stretch's symbolic form.
void Program::mirror(const Stretch& stretch) noexcept {
    const Instruction* from = stretch.begin();
    const Instruction* const end = from + stretch.words;
    while (from != end) {
        const SymbolicForm& form = symbolic_form(from->handler);
        auto* const to = const_cast<Instruction*>(from + twin_distance);
        std::memcpy(to, from, form.words * sizeof(Instruction));
        to->handler = form.handler;
        from += form.words;
    }
}

size_t Program::size() const noexcept {
    size_t words = 0;
    for (const Stretch* one = last_; one != nullptr; one = one->before) words += one->words;
    return words;
}

}  // namespace weft::evm
