#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace weft::base {

/// An owned string of bytes.
using Bytes = std::vector<uint8_t>;
/// A borrowed string of bytes; the owner must outlive it.
using BytesView = std::span<const uint8_t>;

/// N bytes with value semantics, ordered as a big-endian number.
template <size_t N>
struct FixedBytes {
    std::array<uint8_t, N> bytes{};

    [[nodiscard]] constexpr const uint8_t* data() const noexcept { return bytes.data(); }
    [[nodiscard]] constexpr uint8_t* data() noexcept { return bytes.data(); }
    [[nodiscard]] static constexpr size_t size() noexcept { return N; }
    [[nodiscard]] constexpr auto begin() const noexcept { return bytes.begin(); }
    [[nodiscard]] constexpr auto end() const noexcept { return bytes.end(); }
    [[nodiscard]] constexpr BytesView view() const noexcept { return {bytes.data(), N}; }
    constexpr uint8_t& operator[](size_t i) noexcept { return bytes[i]; }
    constexpr const uint8_t& operator[](size_t i) const noexcept { return bytes[i]; }
    /// True if every byte is zero.
    [[nodiscard]] constexpr bool is_zero() const noexcept {
        for (const uint8_t byte : bytes)
            if (byte != 0) return false;
        return true;
    }
};

/// An account's address: the last 20 bytes of a Keccak-256 (yellow paper, section 4.1).
struct Address : FixedBytes<20> {
    friend constexpr bool operator==(const Address& a, const Address& b) noexcept {
        return a.bytes == b.bytes;
    }
    friend constexpr auto operator<=>(const Address& a, const Address& b) noexcept {
        return a.bytes <=> b.bytes;
    }
};

/// A 32-byte hash.
struct Hash : FixedBytes<32> {
    friend constexpr bool operator==(const Hash& a, const Hash& b) noexcept { return a.bytes == b.bytes; }
    friend constexpr auto operator<=>(const Hash& a, const Hash& b) noexcept { return a.bytes <=> b.bytes; }
};

}  // namespace weft::base

namespace weft {
// The vocabulary types that every room speaks are known without their room's name.
using base::Address;
using base::Bytes;
using base::BytesView;
using base::Hash;
}  // namespace weft
