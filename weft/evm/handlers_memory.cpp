// Memory and the hash of it: KECCAK256, MLOAD, MSTORE, MSTORE8, MSIZE, MCOPY, the COPY opcodes, LOG.
#include "weft/evm/interpreter.hpp"
#include "weft/evm/trace.hpp"

namespace weft::evm {
namespace {

/// Whether [offset, offset + size) lies in the memory that the frame has. Precondition: size is small.
[[gnu::always_inline]] inline bool in_memory(const Frame* f, const uint256& offset, uint64_t size) noexcept {
    // No memory is near 2^63 bytes, so an offset that would overflow is seen as one that is too large.
    return offset.is_u64() && offset.limb[0] <= ~uint64_t{63} && offset.limb[0] + size <= f->memory_size;
}

/// Makes `size` bytes at the top word (or one below it) usable, then does the instruction again.
template <Handler handler, uint64_t size, int place = 0>
[[gnu::noinline]] WEFT_HANDLER void grow_for(WEFT_STATE) {
    gas = reach(f, sp[place], uint256{size}, gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    WEFT_TAIL handler(ip, sp, gas, f);
}
/// The same for an offset in the instruction.
template <Handler handler>
[[gnu::noinline]] WEFT_HANDLER void grow_for_small(WEFT_STATE) {
    gas = reach(f, uint256{ip->immediate}, uint256{32}, gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    WEFT_TAIL handler(ip, sp, gas, f);
}

WEFT_HANDLER void mload(WEFT_STATE) {
    if (!in_memory(f, sp[0], 32)) [[unlikely]] {
        WEFT_TAIL grow_for<mload, 32>(ip, sp, gas, f);
    }
    sp[0] = base::load_be(f->memory + sp[0].limb[0]);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void mload_small(WEFT_STATE) {
    if (uint64_t{ip->immediate} + 32 > f->memory_size) [[unlikely]] {
        WEFT_TAIL grow_for_small<mload_small>(ip, sp, gas, f);
    }
    sp[1] = base::load_be(f->memory + ip->immediate);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}
WEFT_HANDLER void mstore(WEFT_STATE) {
    if (!in_memory(f, sp[0], 32)) [[unlikely]] {
        WEFT_TAIL grow_for<mstore, 32>(ip, sp, gas, f);
    }
    base::store_be(f->memory + sp[0].limb[0], sp[-1]);
    WEFT_TAIL next(ip + 1, sp - 2, gas, f);
}
WEFT_HANDLER void mstore_small(WEFT_STATE) {
    if (uint64_t{ip->immediate} + 32 > f->memory_size) [[unlikely]] {
        WEFT_TAIL grow_for_small<mstore_small>(ip, sp, gas, f);
    }
    base::store_be(f->memory + ip->immediate, sp[0]);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
/// DUP2, MSTORE: the offset stays on the stack.
WEFT_HANDLER void dup2_mstore(WEFT_STATE) {
    if (!in_memory(f, sp[-1], 32)) [[unlikely]] {
        WEFT_TAIL grow_for<dup2_mstore, 32, -1>(ip, sp, gas, f);
    }
    base::store_be(f->memory + sp[-1].limb[0], sp[0]);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
WEFT_HANDLER void mstore8(WEFT_STATE) {
    if (!in_memory(f, sp[0], 1)) [[unlikely]] {
        WEFT_TAIL grow_for<mstore8, 1>(ip, sp, gas, f);
    }
    f->memory[sp[0].limb[0]] = static_cast<uint8_t>(sp[-1].limb[0]);
    WEFT_TAIL next(ip + 1, sp - 2, gas, f);
}
WEFT_HANDLER void msize(WEFT_STATE) {
    store_small(sp + 1, f->memory_size);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}

/// KECCAK256 of anything but a word or two that memory already holds.
template <bool traced>
[[gnu::noinline]] WEFT_HANDLER void keccak_any(WEFT_STATE) {
    gas = reach(f, sp[0], sp[-1], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    const uint64_t size = sp[-1].limb[0];
    gas -= gas::keccak_word * static_cast<Gas>(word_count(size));
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_with<Status::out_of_gas>(ip, sp, gas, f);
    }
    const BytesView message{f->memory + (size == 0 ? 0 : sp[0].limb[0]), size};
    const Hash hash = size == 0 ? crypto::empty_code_hash : crypto::keccak256(message);
    if constexpr (traced) f->core->inspector->preimage(hash, message);
    sp[-1] = base::to_uint256(hash);
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}
WEFT_HANDLER void keccak(WEFT_STATE) {
    const uint64_t size = sp[-1].limb[0];
    const bool two = size == 64;
    if ((!two && size != 32) || !sp[-1].is_u64() || !in_memory(f, sp[0], size)) {
        WEFT_TAIL keccak_any<false>(ip, sp, gas, f);
    }
    gas -= two ? 2 * gas::keccak_word : gas::keccak_word;
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_with<Status::out_of_gas>(ip, sp, gas, f);
    }
    const uint8_t* const message = f->memory + sp[0].limb[0];
    PreimageCache& cache = f->core->preimages;
    base::copy_limbs(sp[-1], two ? cache.hash<8>(message) : cache.hash<4>(message));
    WEFT_TAIL next(ip + 1, sp - 1, gas, f);
}

/// Pays for a copy of sp[-2] bytes to memory at sp[0] and makes room for it. As reach().
inline Gas pay_copy(Frame* f, const uint256& offset, const uint256& size, Gas gas) noexcept {
    gas = reach(f, offset, size, gas);
    if (gas < 0) [[unlikely]]
        return gas;
    gas -= gas::copy_word * static_cast<Gas>(word_count(size.limb[0]));
    if (gas < 0) [[unlikely]]
        f->status = Status::out_of_gas;
    return gas;
}

struct CallData {
    static BytesView of(const Frame* f) noexcept { return {f->input, f->input_size}; }
};
struct OwnCode {
    static BytesView of(const Frame* f) noexcept { return {f->code, f->code_size}; }
};

template <class Source>
WEFT_HANDLER void copy(WEFT_STATE) {
    gas = pay_copy(f, sp[0], sp[-2], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    copy_to_memory(f, sp[0], Source::of(f), sp[-1], sp[-2]);
    WEFT_TAIL next(ip + 1, sp - 3, gas, f);
}
/// EIP-211: reading beyond the end fails.
WEFT_HANDLER void return_data_copy(WEFT_STATE) {
    const BytesView source = f->core->return_data;
    const uint64_t from = sp[-1].saturate(), size = sp[-2].saturate();
    gas = pay_copy(f, sp[0], sp[-2], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    if (from > source.size() || size > source.size() - from) [[unlikely]] {
        WEFT_TAIL fail_with<Status::return_data_out_of_bounds>(ip, sp, gas, f);
    }
    if (size != 0) std::memcpy(f->memory + sp[0].limb[0], source.data() + from, size);
    WEFT_TAIL next(ip + 1, sp - 3, gas, f);
}
/// EIP-5656.
WEFT_HANDLER void mcopy(WEFT_STATE) {
    const uint256& furthest = sp[0] < sp[-1] ? sp[-1] : sp[0];
    gas = pay_copy(f, furthest, sp[-2], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    if (!sp[-2].is_zero())
        std::memmove(f->memory + sp[0].limb[0], f->memory + sp[-1].limb[0], sp[-2].limb[0]);
    WEFT_TAIL next(ip + 1, sp - 3, gas, f);
}

/// The call data's 32 bytes at offset where some lie beyond its end.
[[gnu::noinline]] uint256 load_padded(const Frame* f, uint64_t offset) noexcept {
    uint8_t padded[32]{};
    if (offset < f->input_size)
        std::memcpy(padded, f->input + offset, std::min<uint64_t>(32, f->input_size - offset));
    return base::load_be(padded);
}
[[gnu::noinline]] WEFT_HANDLER void calldata_load_padded(WEFT_STATE) {
    sp[0] = load_padded(f, sp[0].saturate());
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
WEFT_HANDLER void calldata_load(WEFT_STATE) {
    const uint64_t offset = sp[0].limb[0];
    if (!sp[0].is_u64() || f->input_size < 32 || offset > f->input_size - 32) [[unlikely]] {
        WEFT_TAIL calldata_load_padded(ip, sp, gas, f);
    }
    sp[0] = base::load_be(f->input + offset);
    WEFT_TAIL next(ip + 1, sp, gas, f);
}
[[gnu::noinline]] WEFT_HANDLER void calldata_load_small_padded(WEFT_STATE) {
    sp[1] = load_padded(f, ip->immediate);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}
WEFT_HANDLER void calldata_load_small(WEFT_STATE) {
    if (uint64_t{ip->immediate} + 32 > f->input_size) [[unlikely]] {
        WEFT_TAIL calldata_load_small_padded(ip, sp, gas, f);
    }
    sp[1] = base::load_be(f->input + ip->immediate);
    WEFT_TAIL next(ip + 1, sp + 1, gas, f);
}

template <bool traced>
[[gnu::noinline]] void add_log(Frame* f, const uint256* sp, int topics) {
    const uint64_t size = sp[-1].limb[0];
    const uint8_t* const data = f->memory + (size == 0 ? 0 : sp[0].limb[0]);
    primitives::Log& entry = f->core->journal.add_log(f->account->address);
    if (size != 0) entry.data = {data, data + size};
    entry.topics.resize(static_cast<size_t>(topics));
    for (int i = 0; i < topics; ++i) base::store_be(entry.topics[static_cast<size_t>(i)].data(), sp[-2 - i]);
    if constexpr (traced) f->core->inspector->log(entry);
}

template <int topics, bool traced>
WEFT_HANDLER void log(WEFT_STATE) {
    gas = reach(f, sp[0], sp[-1], gas);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail(ip, sp, gas, f);
    }
    const uint64_t size = sp[-1].limb[0];
    gas -= gas::log_byte * static_cast<Gas>(size);
    if (gas < 0) [[unlikely]] {
        WEFT_TAIL fail_with<Status::out_of_gas>(ip, sp, gas, f);
    }
    if (f->is_static) [[unlikely]] {  // EIP-214
        WEFT_TAIL fail_with<Status::static_state_change>(ip, sp, gas, f);
    }
    add_log<traced>(f, sp, topics);
    WEFT_TAIL next(ip + 1, sp - 2 - topics, gas, f);
}

template <bool traced>
void add_told(HandlerTable& table) {
    table[OP_LOG0] = log<0, traced>;
    table[OP_LOG1] = log<1, traced>;
    table[OP_LOG2] = log<2, traced>;
    table[OP_LOG3] = log<3, traced>;
    table[OP_LOG4] = log<4, traced>;
}

}  // namespace

void add_memory_handlers(HandlerTable& table, bool traced) {
    traced ? add_told<true>(table) : add_told<false>(table);
    table[OP_KECCAK256] = traced ? keccak_any<true> : keccak;
    table[OP_MLOAD] = mload;
    table[OP_MSTORE] = mstore;
    table[OP_MSTORE8] = mstore8;
    table[X_DUP2_MSTORE] = dup2_mstore;
    table[OP_MSIZE] = msize;
    table[OP_MCOPY] = mcopy;
    table[OP_CALLDATALOAD] = calldata_load;
    table[OP_CALLDATACOPY] = copy<CallData>;
    table[OP_CODECOPY] = copy<OwnCode>;
    table[OP_RETURNDATACOPY] = return_data_copy;
    table[X_MLOAD_SMALL] = mload_small;
    table[X_MSTORE_SMALL] = mstore_small;
    table[X_CALLDATALOAD_SMALL] = calldata_load_small;
}

}  // namespace weft::evm
