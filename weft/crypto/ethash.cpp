#include "weft/crypto/ethash.hpp"

#include <bit>
#include <cstring>

#include "weft/crypto/keccak.hpp"

namespace weft::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "words are little-endian");

constexpr uint64_t item_bytes = 64;
constexpr uint64_t mix_bytes = 128;
constexpr unsigned cache_rounds = 3;
constexpr unsigned parents = 256;
constexpr unsigned accesses = 64;

bool is_prime(uint64_t number) noexcept {
    for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor)
        if (number % divisor == 0) return false;
    return true;
}

/// The largest prime number of units below what grows by `growth` bytes each epoch.
uint64_t prime_units(uint64_t start, uint64_t growth, uint64_t epoch, uint64_t unit) noexcept {
    uint64_t units = (start + growth * epoch) / unit - 1;
    while (!is_prime(units)) units -= 2;
    return units;
}

/// The non-associative stand-in for exclusive or, after Fowler, Noll and Vo.
constexpr uint32_t fnv(uint32_t a, uint32_t b) noexcept { return (a * 0x01000193) ^ b; }

Hash seed_of(uint64_t epoch) noexcept {
    Hash seed;
    for (uint64_t i = 0; i < epoch; ++i) seed = keccak256_32(seed.data());
    return seed;
}

}  // namespace

EthashEpoch::Item EthashEpoch::hash(const Item& item) noexcept {
    Item out;
    detail::keccak512_scalar(reinterpret_cast<const uint8_t*>(item.word), sizeof item,
                             reinterpret_cast<uint8_t*>(out.word));
    return out;
}

EthashEpoch::EthashEpoch(uint64_t number)
    : number_(number),
      data_set_items_(2 * prime_units(uint64_t{1} << 30, uint64_t{1} << 23, number, mix_bytes)),
      cache_(prime_units(uint64_t{1} << 24, uint64_t{1} << 17, number, item_bytes)) {
    const Hash seed = seed_of(number);
    detail::keccak512_scalar(seed.data(), Hash::size(), reinterpret_cast<uint8_t*>(cache_[0].word));
    const size_t count = cache_.size();
    for (size_t i = 1; i < count; ++i) cache_[i] = hash(cache_[i - 1]);
    for (unsigned round = 0; round < cache_rounds; ++round)
        for (size_t i = 0; i < count; ++i) {
            Item mixed = cache_[(i + count - 1) % count];
            const Item& other = cache_[cache_[i].word[0] % count];
            for (size_t k = 0; k < words_per_item; ++k) mixed.word[k] ^= other.word[k];
            cache_[i] = hash(mixed);
        }
}

EthashEpoch::Item EthashEpoch::data_set_item(uint32_t index) const noexcept {
    const auto count = static_cast<uint32_t>(cache_.size());  // a short division is a fast one
    Item mix = cache_[index % count];
    mix.word[0] ^= index;
    mix = hash(mix);
    for (uint32_t j = 0; j < parents; ++j) {
        const Item& parent = cache_[fnv(index ^ j, mix.word[j % words_per_item]) % count];
        for (size_t k = 0; k < words_per_item; ++k) mix.word[k] = fnv(mix.word[k], parent.word[k]);
    }
    return hash(mix);
}

EthashEpoch::Seal EthashEpoch::seal(const Hash& header, uint64_t nonce) const noexcept {
    uint8_t seeded[Hash::size() + sizeof nonce];
    std::memcpy(seeded, header.data(), Hash::size());
    std::memcpy(seeded + Hash::size(), &nonce, sizeof nonce);
    // The seed's hash and, after it, the compressed mix: what the result is the hash of.
    uint32_t last[words_per_item + 8];
    detail::keccak512_scalar(seeded, sizeof seeded, reinterpret_cast<uint8_t*>(last));

    uint32_t mix[2 * words_per_item];
    std::memcpy(mix, last, item_bytes);
    std::memcpy(mix + words_per_item, last, item_bytes);
    for (uint32_t i = 0; i < accesses; ++i) {
        const auto pairs = static_cast<uint32_t>(data_set_items_ / 2);
        const uint32_t first = 2 * (fnv(i ^ last[0], mix[i % (2 * words_per_item)]) % pairs);
        for (uint32_t half = 0; half < 2; ++half) {
            const Item item = data_set_item(first + half);
            for (size_t k = 0; k < words_per_item; ++k) {
                uint32_t& word = mix[half * words_per_item + k];
                word = fnv(word, item.word[k]);
            }
        }
    }
    for (size_t i = 0; i < 8; ++i)
        last[words_per_item + i] = fnv(fnv(fnv(mix[4 * i], mix[4 * i + 1]), mix[4 * i + 2]), mix[4 * i + 3]);
    Seal seal;
    std::memcpy(seal.mix_hash.data(), last + words_per_item, Hash::size());
    seal.result = keccak256({reinterpret_cast<const uint8_t*>(last), sizeof last});
    return seal;
}

}  // namespace weft::crypto
