#include "weft/base/hex.hpp"

#include <algorithm>

namespace weft::base {

namespace {

constexpr auto digit_values = [] {
    std::array<uint8_t, 256> table{};
    for (size_t i = 0; i < 256; ++i) table[i] = hex_digit(static_cast<char>(i));
    return table;
}();

uint8_t digit_value(char c) noexcept { return digit_values[static_cast<uint8_t>(c)]; }

constexpr char digits_of[] = "0123456789abcdef";

std::string_view without_leading_zeros(std::string_view digits) noexcept {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

bool decode_hex(std::string_view digits, uint8_t* out, size_t size) noexcept {
    if (digits.size() != 2 * size) return false;
    uint8_t bad = 0;  // any bit above the low four means that some character was no digit
    for (size_t i = 0; i < size; ++i) {
        const uint8_t high = digit_value(digits[2 * i]), low = digit_value(digits[2 * i + 1]);
        bad |= high | low;
        out[i] = static_cast<uint8_t>(high << 4 | (low & 15));
    }
    return bad <= 15;
}

std::optional<Bytes> from_hex(std::string_view text) {
    const std::string_view digits = strip_0x(text);
    if (digits.size() % 2 != 0) return std::nullopt;
    Bytes out(digits.size() / 2);
    if (!decode_hex(digits, out.data(), out.size())) return std::nullopt;
    return out;
}

std::optional<uint256> uint256_from_hex(std::string_view text) noexcept {
    std::string_view digits = strip_0x(text);
    if (digits.empty()) return std::nullopt;
    digits = without_leading_zeros(digits);
    if (digits.size() > 64) return std::nullopt;
    uint256 out;
    for (size_t i = 0; i < digits.size(); ++i) {
        const size_t place = digits.size() - 1 - i;  // counted in digits from the right
        const uint64_t digit = digit_value(digits[i]);
        if (digit > 15) return std::nullopt;
        out.limb[place / 16] |= digit << (4 * (place % 16));
    }
    return out;
}

std::optional<uint64_t> uint64_from_hex(std::string_view text) noexcept {
    const auto value = uint256_from_hex(text);
    if (!value || !value->is_u64()) return std::nullopt;
    return value->low();
}

std::string to_hex(BytesView bytes) {
    std::string out(2 + 2 * bytes.size(), '\0');
    out[0] = '0';
    out[1] = 'x';
    char* p = out.data() + 2;
    for (const uint8_t byte : bytes) {
        *p++ = digits_of[byte >> 4];
        *p++ = digits_of[byte & 15];
    }
    return out;
}

std::string to_quantity(const uint256& value) {
    const unsigned digits = std::max(1U, (256 - count_leading_zeros(value) + 3) / 4);
    std::string out(2 + digits, '0');
    out[1] = 'x';
    for (unsigned i = 0; i < digits; ++i)
        out[2 + digits - 1 - i] = digits_of[(value.limb[i / 16] >> (4 * (i % 16))) & 15];
    return out;
}

}  // namespace weft::base
