#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::fuzz {

/// Takes values from a fuzzer's input, front to back; when it is used up, zeros.
class Input {
public:
    Input(const uint8_t* data, size_t size) noexcept : rest_(data, size) {}

    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    uint8_t byte() noexcept {
        if (rest_.empty()) return 0;
        const uint8_t first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }
    /// Less than `bound`, which is 1 to 256.
    size_t below(size_t bound) noexcept { return byte() % bound; }
    /// True once in `n`, n at most 256.
    bool one_in(size_t n) noexcept { return below(n) == n - 1; }
    uint16_t word16() noexcept {
        const uint8_t high = byte();
        return static_cast<uint16_t>(high << 8 | byte());
    }
    uint64_t word64() noexcept {
        uint64_t out = 0;
        for (int i = 0; i < 8; ++i) out = out << 8 | byte();
        return out;
    }
    /// At most `size` bytes; fewer where the input ends.
    BytesView bytes(size_t size) noexcept {
        const BytesView out = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(out.size());
        return out;
    }
    BytesView rest() noexcept { return bytes(rest_.size()); }
    /// A number of the kinds that matter: small, near 2^256, a power of two, or any.
    uint256 number() noexcept {
        switch (below(6)) {
            case 0:
                return uint256::max() - uint256{below(3)};
            case 1:
                return (uint256{1} << byte()) - uint256{below(2)};
            case 2:
                return uint256{word64()};
            case 3: {
                uint8_t word[32]{};
                const BytesView given = bytes(32);
                std::ranges::copy(given, word);
                return base::load_be(word);
            }
            default:
                return uint256{byte()};
        }
    }

private:
    BytesView rest_;
};

/// What the target promises doesn't hold: the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Makes the one of `checks` that the input's next byte names.
template <class... Checks>
int check_one_of(const uint8_t* data, size_t size, Checks... checks) {
    Input in(data, size);
    const size_t chosen = in.below(sizeof...(checks));
    size_t i = 0;
    ((i++ == chosen ? checks(in) : void()), ...);
    return 0;
}

}  // namespace weft::fuzz
