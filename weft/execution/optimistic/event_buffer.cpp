#include "weft/execution/optimistic/event_buffer.hpp"

#include <algorithm>
#include <type_traits>

#include "weft/evm/opcodes.hpp"

namespace weft::execution::optimistic {

enum class EventBuffer::Kind : uint8_t {
    transaction_end,
    step,
    step_end,
    enter,
    exit,
    created,
    log,
    selfdestruct,
    storage_read,
    storage_written,
    account_read,
    balance_moved,
    preimage,
};

namespace {

/// Which parts of a step differ from the step before, and are there.
enum StepPart : uint8_t { part_address = 1, part_refund = 2, part_memory = 4, part_return_data = 8 };

constexpr size_t smallest_reserve = size_t{32} << 10;

struct Region {
    size_t offset = 0;
    size_t size = 0;
};

/// Where an instruction may have written, of a memory that is `memory_size` long after it. What else a memory
/// gains is zero.
Region written_by(uint8_t opcode, const std::vector<uint256>& stack, size_t memory_size) {
    const auto operand = [&](size_t i) {
        return i < stack.size() ? stack[stack.size() - 1 - i].saturate() : 0;
    };
    const auto region = [&](uint64_t offset, uint64_t size) -> Region {
        if (offset >= memory_size) return {};
        return {offset, std::min<uint64_t>(size, memory_size - offset)};
    };
    switch (opcode) {
        case evm::OP_MSTORE:
            return region(operand(0), 32);
        case evm::OP_MSTORE8:
            return region(operand(0), 1);
        case evm::OP_CALLDATACOPY:
        case evm::OP_CODECOPY:
        case evm::OP_RETURNDATACOPY:
        case evm::OP_MCOPY:
            return region(operand(0), operand(2));
        case evm::OP_EXTCODECOPY:
            return region(operand(1), operand(3));
        case evm::OP_CALL:
        case evm::OP_CALLCODE:
            return region(operand(5), operand(6));
        case evm::OP_DELEGATECALL:
        case evm::OP_STATICCALL:
            return region(operand(4), operand(5));
        default:
            return {};
    }
}

}  // namespace

bool EventBudget::take(size_t bytes) noexcept {
    size_t left = left_.load(std::memory_order_relaxed);
    do {
        if (left < bytes) return false;
    } while (!left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed));
    return true;
}

void EventBuffer::clear() noexcept {
    budget_.give_back(std::exchange(reserved_, 0));
    bytes_ = {};
    frames_ = {};
    return_data_ = {};
    refund_ = 0;
    replayed_ = 0;
    overflowed_ = replaying_ = return_data_may_differ_ = false;
}

EventBuffer::Frame& EventBuffer::frame(uint32_t depth) {
    if (frames_.size() < depth) frames_.resize(depth);
    return frames_[depth - 1];
}

// ---- Recording

uint8_t* EventBuffer::grow(size_t size) {
    if (overflowed_) return nullptr;
    const size_t needed = bytes_.size() + size;
    if (needed > reserved_) {
        const size_t wanted = std::max({needed, 2 * reserved_, smallest_reserve});
        if (!budget_.take(wanted - reserved_)) {
            clear();
            overflowed_ = true;
            return nullptr;
        }
        reserved_ = wanted;
        bytes_.reserve(wanted);
    }
    bytes_.resize(needed);
    return bytes_.data() + needed - size;
}

template <class... Fields>
void EventBuffer::put(const Fields&... fields) {
    static_assert((std::is_trivially_copyable_v<Fields> && ...));
    uint8_t* out = grow((sizeof fields + ...));
    if (out == nullptr) return;
    ((std::memcpy(out, &fields, sizeof fields), out += sizeof fields), ...);
}

void EventBuffer::put_bytes(BytesView bytes) {
    put(uint64_t{bytes.size()});
    uint8_t* const out = grow(bytes.size());
    if (out != nullptr) std::ranges::copy(bytes, out);
}

void EventBuffer::step(const evm::Step& step) {
    if (overflowed_) return;
    if (names_.empty()) names_.resize(256);
    names_[step.opcode] = step.name;
    revision_ = step.revision;

    Frame& f = frame(step.depth);
    const Region written = written_by(f.opcode, f.stack, step.memory.size());
    const auto [before, now] = std::ranges::mismatch(f.stack, step.stack);
    const auto kept = static_cast<uint16_t>(now - step.stack.begin());
    const auto added = static_cast<uint16_t>(step.stack.end() - now);
    uint8_t parts = 0;
    if (f.address != step.address) parts |= part_address;
    if (refund_ != step.refund) parts |= part_refund;
    if (written.size != 0 || f.memory_size != step.memory.size()) parts |= part_memory;
    if (return_data_may_differ_ && !std::ranges::equal(return_data_, step.return_data))
        parts |= part_return_data;

    put(Kind::step, parts, step.opcode, static_cast<uint16_t>(step.depth), step.pc, step.gas, kept, added);
    for (const uint256& word : step.stack.subspan(kept)) put(word);
    if (parts & part_address) put(step.address);
    if (parts & part_refund) put(step.refund);
    if (parts & part_memory) {
        put(uint64_t{step.memory.size()}, uint64_t{written.offset});
        put_bytes(step.memory.subspan(written.offset, written.size));
    }
    if (parts & part_return_data) put_bytes(step.return_data);
    if (overflowed_) return;

    f.address = step.address;
    f.opcode = step.opcode;
    f.memory_size = step.memory.size();
    f.stack.resize(kept);
    f.stack.insert(f.stack.end(), step.stack.begin() + kept, step.stack.end());
    refund_ = step.refund;
    if (parts & part_return_data) return_data_.assign(step.return_data.begin(), step.return_data.end());
    // Only calls and creations change it, also those that fail before they begin.
    return_data_may_differ_ = step.opcode >= evm::OP_CREATE;
}

void EventBuffer::step_end(const evm::StepEnd& end) { put(Kind::step_end, end); }

void EventBuffer::enter(const evm::Entry& entry) {
    return_data_may_differ_ = true;
    put(Kind::enter, entry.kind, entry.depth, entry.is_static, entry.gas, entry.sender, entry.recipient,
        entry.code_address, entry.value);
    put_bytes(entry.input);
}

void EventBuffer::exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) {
    return_data_may_differ_ = true;
    put(Kind::exit, depth, status, gas_left);
    put_bytes(output);
}

void EventBuffer::created(const Address& address, BytesView code) {
    put(Kind::created, address);
    put_bytes(code);
}

void EventBuffer::log(const primitives::Log& log) {
    put(Kind::log, log.address, uint64_t{log.topics.size()});
    for (const Hash& topic : log.topics) put(topic);
    put_bytes(log.data);
}

void EventBuffer::selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) {
    put(Kind::selfdestruct, address, beneficiary, balance);
}

void EventBuffer::storage_read(const Address& address, const uint256& key, const uint256& value) {
    put(Kind::storage_read, address, key, value);
}

void EventBuffer::storage_written(const Address& address, const uint256& key, const uint256& before,
                                  const uint256& after) {
    put(Kind::storage_written, address, key, before, after);
}

void EventBuffer::account_read(const Address& address) { put(Kind::account_read, address); }

void EventBuffer::balance_moved(const Address& from, const Address& to, const uint256& amount) {
    put(Kind::balance_moved, from, to, amount);
}

void EventBuffer::preimage(const Hash& hash, BytesView message) {
    put(Kind::preimage, hash);
    put_bytes(message);
}

void EventBuffer::end_transaction() { put(Kind::transaction_end); }

// ---- Replaying

/// Reads one event after the other.
class EventBuffer::Replay {
public:
    Replay(EventBuffer& buffer, evm::Inspector& inspector) : buffer_(buffer), to_(inspector) {}

    /// False: the transaction's events have all been told.
    bool next() {
        switch (take<Kind>()) {
            case Kind::transaction_end:
                return false;
            case Kind::step:
                step();
                break;
            case Kind::step_end:
                to_.step_end(take<evm::StepEnd>());
                break;
            case Kind::enter:
                enter();
                break;
            case Kind::exit: {
                const auto depth = take<uint32_t>();
                const auto status = take<evm::Status>();
                const auto gas_left = take<uint64_t>();
                to_.exit(depth, status, gas_left, take_bytes());
                break;
            }
            case Kind::created: {
                const auto address = take<Address>();
                to_.created(address, take_bytes());
                break;
            }
            case Kind::log:
                log();
                break;
            case Kind::selfdestruct: {
                const auto address = take<Address>();
                const auto beneficiary = take<Address>();
                to_.selfdestruct(address, beneficiary, take<uint256>());
                break;
            }
            case Kind::storage_read: {
                const auto address = take<Address>();
                const auto key = take<uint256>();
                to_.storage_read(address, key, take<uint256>());
                break;
            }
            case Kind::storage_written: {
                const auto address = take<Address>();
                const auto key = take<uint256>();
                const auto before = take<uint256>();
                to_.storage_written(address, key, before, take<uint256>());
                break;
            }
            case Kind::account_read:
                to_.account_read(take<Address>());
                break;
            case Kind::balance_moved: {
                const auto from = take<Address>();
                const auto to = take<Address>();
                to_.balance_moved(from, to, take<uint256>());
                break;
            }
            case Kind::preimage: {
                const auto hash = take<Hash>();
                to_.preimage(hash, take_bytes());
                break;
            }
        }
        return true;
    }

private:
    template <class T>
    T take() {
        T out;
        std::memcpy(&out, buffer_.bytes_.data() + buffer_.replayed_, sizeof out);
        buffer_.replayed_ += sizeof out;
        return out;
    }
    BytesView take_bytes() {
        const auto size = take<uint64_t>();
        const BytesView out{buffer_.bytes_.data() + buffer_.replayed_, size};
        buffer_.replayed_ += size;
        return out;
    }

    void step() {
        const auto parts = take<uint8_t>();
        evm::Step step{};
        step.opcode = take<uint8_t>();
        step.depth = take<uint16_t>();
        step.pc = take<uint32_t>();
        step.gas = take<uint64_t>();
        const auto kept = take<uint16_t>();
        const auto added = take<uint16_t>();
        Frame& f = buffer_.frame(step.depth);
        f.stack.resize(kept);
        for (uint16_t i = 0; i < added; ++i) f.stack.push_back(take<uint256>());
        if (parts & part_address) f.address = take<Address>();
        if (parts & part_refund) buffer_.refund_ = take<int64_t>();
        if (parts & part_memory) {
            f.memory.resize(take<uint64_t>());
            const auto offset = take<uint64_t>();
            std::ranges::copy(take_bytes(), f.memory.begin() + static_cast<ptrdiff_t>(offset));
        }
        if (parts & part_return_data) {
            const BytesView data = take_bytes();
            buffer_.return_data_.assign(data.begin(), data.end());
        }
        step.name = buffer_.names_[step.opcode];
        step.revision = buffer_.revision_;
        step.refund = buffer_.refund_;
        step.address = f.address;
        step.stack = f.stack;
        step.memory = f.memory;
        step.return_data = buffer_.return_data_;
        to_.step(step);
    }

    void enter() {
        evm::Entry entry{};
        entry.kind = take<evm::CallKind>();
        entry.depth = take<uint32_t>();
        entry.is_static = take<bool>();
        entry.gas = take<uint64_t>();
        entry.sender = take<Address>();
        entry.recipient = take<Address>();
        entry.code_address = take<Address>();
        entry.value = take<uint256>();
        entry.input = take_bytes();
        to_.enter(entry);
    }

    void log() {
        primitives::Log log;
        log.address = take<Address>();
        log.topics.resize(take<uint64_t>());
        for (Hash& topic : log.topics) topic = take<Hash>();
        const BytesView data = take_bytes();
        log.data = {data.data(), data.data() + data.size()};
        to_.log(log);
    }

    EventBuffer& buffer_;
    evm::Inspector& to_;
};

void EventBuffer::replay_transaction(evm::Inspector& inspector) {
    if (!std::exchange(replaying_, true)) {
        frames_.clear();
        refund_ = 0;
        return_data_.clear();
    }
    Replay replay(*this, inspector);
    while (replay.next()) {
    }
}

}  // namespace weft::execution::optimistic
