#include "weft/crypto/keccak.hpp"

#include <algorithm>
#include <array>

#include "weft/crypto/cpu.hpp"
#include "weft/crypto/keccak_kernels.hpp"

namespace weft::crypto {
namespace {

// Asked once, before main; whoever hashes earlier than that gets the scalar form, which is always right.
const bool by_avx512 = has_avx512();

}  // namespace

Hash keccak256(BytesView message) noexcept {
    Hash out;
    if (by_avx512)
        detail::keccak256_avx512(message.data(), message.size(), out.data());
    else
        detail::keccak256_scalar(message.data(), message.size(), out.data());
    return out;
}

Hash keccak256_32(const uint8_t* p) noexcept {
    Hash out;
    if (by_avx512)
        detail::keccak256_32_avx512(p, out.data());
    else
        detail::keccak256_32_scalar(p, out.data());
    return out;
}

Hash keccak256_64(const uint8_t* p) noexcept {
    Hash out;
    if (by_avx512)
        detail::keccak256_64_avx512(p, out.data());
    else
        detail::keccak256_64_scalar(p, out.data());
    return out;
}

void keccak256_batch(std::span<const BytesView> messages, std::span<Hash> out) noexcept {
    // Long enough that the lanes left empty at a chunk's end don't count, short enough for the stack.
    std::array<KeccakJob, 128> jobs;
    for (size_t start = 0; start < messages.size(); start += jobs.size()) {
        const size_t count = std::min(jobs.size(), messages.size() - start);
        for (size_t i = 0; i < count; ++i)
            jobs[i] = {messages[start + i].data(), messages[start + i].size(), out[start + i].data()};
        keccak256_batch(std::span{jobs}.first(count));
    }
}

void keccak256_batch(std::span<const KeccakJob> jobs) noexcept {
    if (by_avx512 && jobs.size() > 1)
        detail::keccak256_batch_avx512(jobs.data(), jobs.size());
    else if (jobs.size() > 1)
        detail::keccak256_batch_avx2(jobs.data(), jobs.size());
    else if (jobs.size() == 1)
        std::ranges::copy(keccak256({jobs[0].p, jobs[0].size}).view(), jobs[0].out);
}

}  // namespace weft::crypto
