#include <bit>

#include "weft/crypto/keccak_kernels.hpp"
#include "weft/crypto/keccak_permutation.hpp"

namespace weft::crypto::detail {
namespace {

// One lane in a general register. BMI's andn makes chi two instructions, so lane complementing gains nothing.
struct ScalarLane {
    using Word = uint64_t;
    static Word exclusive_or(Word a, Word b) noexcept { return a ^ b; }
    static Word xor3(Word a, Word b, Word c) noexcept { return a ^ b ^ c; }
    static Word chi(Word a, Word b, Word c) noexcept { return a ^ (~b & c); }
    template <int n>
    static Word rotate(Word a) noexcept {
        return std::rotl(a, n);
    }
    static Word constant(uint64_t value) noexcept { return value; }
    static Word load(const uint8_t* p) noexcept {
        Word word;
        std::memcpy(&word, p, 8);
        return word;
    }
    static void store(uint8_t* p, Word word) noexcept { std::memcpy(p, &word, 8); }
};

}  // namespace

void keccak256_scalar(const uint8_t* p, size_t size, uint8_t* out) noexcept {
    keccak_hash<ScalarLane>(p, size, out);
}
void keccak256_32_scalar(const uint8_t* p, uint8_t* out) noexcept {
    keccak_hash_fixed<ScalarLane, 32>(p, out);
}
void keccak256_64_scalar(const uint8_t* p, uint8_t* out) noexcept {
    keccak_hash_fixed<ScalarLane, 64>(p, out);
}

void keccak512_scalar(const uint8_t* p, size_t size, uint8_t* out) noexcept {
    constexpr size_t rate = 72;  // the capacity is 1024 bits
    uint64_t state[25] = {};
    for (size_t i = 0; i < size / 8; ++i) state[i] = ScalarLane::load(p + 8 * i);
    state[size / 8] ^= 0x01;
    state[rate / 8 - 1] ^= 0x8000000000000000;
    keccak_permute<ScalarLane>(state);
    for (size_t i = 0; i < 8; ++i) ScalarLane::store(out + 8 * i, state[i]);
}

}  // namespace weft::crypto::detail
