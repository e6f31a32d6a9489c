#pragma once

#include "weft/crypto/keccak_kernels.hpp"
#include "weft/crypto/keccak_permutation.hpp"

namespace weft::crypto::detail {

/// The last bit of pad10*1, in the last word of a message's last block.
inline constexpr uint64_t keccak_padding_end = 0x8000000000000000;

/// Hashes `count` messages, as many at a time as `Lanes` has lanes; a lane whose message ends takes the next
/// one. `Lanes` is what keccak_permute() wants of several states, and
///   count                     its lanes, at most 32
///   absorb(state, jobs, sizes, fresh, ending)
///                             xors each lane's next block, the first sizes[i] bytes of jobs[i] and its
///                             padding, into its state, which counts as zero in the lanes whose bit is set in
///                             `fresh`; `ending`: sizes[i] < keccak_rate
///   store(state, out)         puts each lane's hash to its place
template <class Lanes>
[[gnu::always_inline]] inline void keccak_batch(const KeccakJob* jobs, size_t count) noexcept {
    alignas(32) uint8_t nowhere[32]{};
    const KeccakJob nothing{.p = nowhere, .size = 0, .out = nowhere};  // an idle lane's
    const KeccakJob* const end = jobs + count;
    const auto next = [&]() -> KeccakJob {
        if (jobs == end) return nothing;
        KeccakJob job = *jobs++;
        if (job.p == nullptr) job.p = nowhere;  // an empty message's, to which nothing may be added
        return job;
    };
    KeccakJob lanes[Lanes::count];
    for (KeccakJob& lane : lanes) lane = next();
    typename Lanes::Word state[25]{};
    unsigned fresh = (1ULL << Lanes::count) - 1;
    for (size_t unfinished = count; unfinished != 0;) {
        unsigned sizes[Lanes::count];
        uint8_t* out[Lanes::count];
        unsigned ending = 0;
        for (unsigned i = 0; i < Lanes::count; ++i) {
            const bool ends = lanes[i].size < keccak_rate;
            sizes[i] = ends ? static_cast<unsigned>(lanes[i].size) : keccak_rate;
            out[i] = ends ? lanes[i].out : nowhere;
            ending |= static_cast<unsigned>(ends) << i;
        }
        Lanes::absorb(state, lanes, sizes, fresh, ending);
        for (KeccakJob& lane : lanes) {
            if (lane.size >= keccak_rate) {
                lane.p += keccak_rate;
                lane.size -= keccak_rate;
            } else {
                unfinished -= lane.out != nowhere ? 1 : 0;
                lane = next();
            }
            // What comes next comes near the core while it permutes.
            for (unsigned line = 0; line < keccak_rate; line += 64) __builtin_prefetch(lane.p + line);
        }
        keccak_permute<Lanes>(state);
        fresh = ending;
        if (ending != 0) Lanes::store(state, out);
    }
}

}  // namespace weft::crypto::detail
