#pragma once

#include "weft/base/bytes.hpp"

namespace weft::primitives {

/// The 2048-bit filter over a receipt's log addresses and topics (yellow paper, section 4.3.1).
struct Bloom : base::FixedBytes<256> {
    friend constexpr bool operator==(const Bloom& a, const Bloom& b) noexcept { return a.bytes == b.bytes; }
    constexpr Bloom& operator|=(const Bloom& other) noexcept {
        for (size_t i = 0; i < 256; ++i) bytes[i] |= other.bytes[i];
        return *this;
    }
    /// Adds one entry: an address or a topic.
    void add(BytesView entry) noexcept;
};

}  // namespace weft::primitives

namespace weft {
using primitives::Bloom;
}  // namespace weft
