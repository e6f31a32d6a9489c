#pragma once

#include <string_view>

#include "weft/base/uint256.hpp"
#include "weft/workload/artifact.hpp"

/// Where Solidity keeps things in storage (Solidity documentation, "Layout of State Variables in Storage").
namespace weft::workload {

/// The slot of a mapping's value: keccak256(key, slot of the mapping). Keys of value types are padded to 32
/// bytes.
[[nodiscard]] uint256 mapping_slot(const uint256& slot, const uint256& key) noexcept;
[[nodiscard]] uint256 mapping_slot(const uint256& slot, const Address& key) noexcept;

/// The slot of the first item of a dynamic array: keccak256(slot of the array); the array's slot holds its
/// length.
[[nodiscard]] uint256 array_items_slot(const uint256& slot) noexcept;

/// The word of a string of at most 31 bytes: the characters on the left, twice the length in the last byte.
/// Precondition: text.size() <= 31.
[[nodiscard]] uint256 short_string_word(std::string_view text) noexcept;

/// The word with the field's bytes replaced by `value`. Precondition: the value fits the field.
[[nodiscard]] uint256 with_field(const uint256& word, const Field& field, const uint256& value) noexcept;

/// The field's value in a word.
[[nodiscard]] uint256 field_of(const uint256& word, const Field& field) noexcept;

}  // namespace weft::workload
