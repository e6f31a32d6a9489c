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
    if (!by_avx512 || messages.size() < 2) {
        for (size_t i = 0; i < messages.size(); ++i) out[i] = keccak256(messages[i]);
        return;
    }
    // Long enough that the lanes left empty at a chunk's end don't count, short enough for the stack.
    std::array<detail::KeccakJob, 128> jobs;
    for (size_t start = 0; start < messages.size(); start += jobs.size()) {
        const size_t count = std::min(jobs.size(), messages.size() - start);
        for (size_t i = 0; i < count; ++i)
            jobs[i] = {messages[start + i].data(), messages[start + i].size(), out[start + i].data()};
        detail::keccak256_batch_avx512(jobs.data(), count);
    }
}

void keccak256_batch(std::span<const KeccakJob> jobs) noexcept {
    if (by_avx512 && jobs.size() > 1) return detail::keccak256_batch_avx512(jobs.data(), jobs.size());
    for (const KeccakJob& job : jobs) {
        if (by_avx512)
            detail::keccak256_avx512(job.p, job.size, job.out);
        else
            detail::keccak256_scalar(job.p, job.size, job.out);
    }
}

}  // namespace weft::crypto
