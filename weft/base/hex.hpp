#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::base {

/// The value of a hex digit, upper or lower case; 0xff for any other character.
[[nodiscard]] constexpr uint8_t hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
    return 0xff;
}

/// The text without a leading "0x".
[[nodiscard]] constexpr std::string_view strip_0x(std::string_view text) noexcept {
    return text.starts_with("0x") ? text.substr(2) : text;
}

/// Decodes hex digits to exactly `size` bytes at `out`; false if there are more or fewer, or one is no hex
/// digit.
[[nodiscard]] bool decode_hex(std::string_view digits, uint8_t* out, size_t size) noexcept;

/// The bytes of an even number of hex digits, with or without "0x" in front; nullopt for anything else.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// A value of fixed size (Hash, Address, FixedBytes<N>) from exactly its number of digits, with or without
/// "0x".
template <class T>
[[nodiscard]] std::optional<T> fixed_from_hex(std::string_view text) noexcept {
    T out;
    if (!decode_hex(strip_0x(text), out.data(), T::size())) return std::nullopt;
    return out;
}

/// A number from hex digits, with or without "0x"; leading zeros don't count. nullopt if there is no digit, a
/// character that is none, or the value exceeds 256 bits (64 bits).
[[nodiscard]] std::optional<uint256> uint256_from_hex(std::string_view text) noexcept;
[[nodiscard]] std::optional<uint64_t> uint64_from_hex(std::string_view text) noexcept;

/// "0x" and two lower-case digits a byte.
[[nodiscard]] std::string to_hex(BytesView bytes);
template <size_t N>
[[nodiscard]] std::string to_hex(const FixedBytes<N>& bytes) {
    return to_hex(bytes.view());
}
/// A JSON-RPC quantity: "0x" and the fewest digits, "0x0" for zero.
[[nodiscard]] std::string to_quantity(const uint256& value);

/// Constants in source text: "0x00…"_address, "0x00…"_hash. A wrong digit or length doesn't compile.
inline namespace literals {
template <class T>
consteval T literal(const char* text, size_t size) {
    const std::string_view digits = strip_0x({text, size});
    T out;
    if (digits.size() != 2 * T::size()) throw "wrong number of hex digits";
    for (size_t i = 0; i < T::size(); ++i) {
        const uint8_t high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if ((high | low) > 15) throw "not a hex digit";
        out[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return out;
}
consteval Address operator""_address(const char* text, size_t size) { return literal<Address>(text, size); }
consteval Hash operator""_hash(const char* text, size_t size) { return literal<Hash>(text, size); }
}  // namespace literals

}  // namespace weft::base

namespace weft {
using base::from_hex;
using base::to_hex;
using namespace base::literals;
}  // namespace weft
