#include "weft/workload/layout.hpp"

#include <array>
#include <cassert>
#include <cstring>

#include "weft/crypto/keccak.hpp"

namespace weft::workload {

namespace {

uint256 mask_of(const Field& field) noexcept {
    return field.size >= 32 ? uint256::max() : (uint256{1} << (8 * field.size)) - 1;
}

}  // namespace

uint256 mapping_slot(const uint256& slot, const uint256& key) noexcept {
    std::array<uint8_t, 64> message;
    base::store_be(message.data(), key);
    base::store_be(message.data() + 32, slot);
    return base::to_uint256(crypto::keccak256_64(message.data()));
}

uint256 mapping_slot(const uint256& slot, const Address& key) noexcept {
    return mapping_slot(slot, base::to_uint256(key));
}

uint256 array_items_slot(const uint256& slot) noexcept {
    std::array<uint8_t, 32> message;
    base::store_be(message.data(), slot);
    return base::to_uint256(crypto::keccak256_32(message.data()));
}

uint256 short_string_word(std::string_view text) noexcept {
    assert(text.size() <= 31);
    std::array<uint8_t, 32> word{};
    std::memcpy(word.data(), text.data(), text.size());
    word[31] = static_cast<uint8_t>(2 * text.size());
    return base::load_be(word.data());
}

uint256 with_field(const uint256& word, const Field& field, const uint256& value) noexcept {
    const uint256 mask = mask_of(field);
    assert((value & ~mask).is_zero());
    const uint64_t shift = 8 * field.offset;
    return (word & ~(mask << shift)) | (value << shift);
}

uint256 field_of(const uint256& word, const Field& field) noexcept {
    return (word >> (8 * field.offset)) & mask_of(field);
}

}  // namespace weft::workload
