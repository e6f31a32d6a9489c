#pragma once

#include <expected>
#include <optional>
#include <string>

#include "weft/base/bytes.hpp"
#include "weft/base/uint256.hpp"

namespace weft::primitives {

/// Why bytes are no valid RLP, or not the structure that was expected (yellow paper, appendix B).
enum class DecodeErrorCode : uint8_t {
    input_too_short,    ///< an item reaches beyond its list or the input
    not_canonical,      ///< a length or a single byte in a longer form than needed
    leading_zero,       ///< a number with a zero byte in front
    number_too_large,   ///< a number beyond its field's range
    wrong_length,       ///< a string of fixed size has another size
    unexpected_list,    ///< a list where a string belongs
    unexpected_string,  ///< a string where a list belongs
    too_many_items,     ///< something follows the last field or the end of the input
    wrong_order,        ///< items that must ascend don't (EIP-7928)
    empty_list,         ///< a list without the items it is for (EIP-7928)
    unknown_type,       ///< EIP-2718: no transaction type that Weft knows
    blob_sidecar,  ///< EIP-4844: a type 3 transaction in network form, with blobs; only the plain form is
                   ///< accepted
};

struct DecodeError {
    DecodeErrorCode code{};
    /// The field that was being read, e.g. "gasLimit". A literal.
    const char* field = "";
    /// Where in the input, in bytes.
    size_t offset = 0;
    friend bool operator==(const DecodeError& a, const DecodeError& b) noexcept {
        return a.code == b.code && a.offset == b.offset && std::string_view(a.field) == b.field;
    }
};

/// One line: "gasLimit: a number with a leading zero (byte 17)".
[[nodiscard]] std::string to_string(const DecodeError& error);

template <class T>
using DecodeResult = std::expected<T, DecodeError>;

namespace rlp {

/// Reads canonical RLP item by item. The first error stops it: every later read gives nothing, and finish()
/// reports it. So a structure is read field by field without a check after each.
class Decoder {
public:
    /// The input must outlive the decoder and every view it returns.
    explicit Decoder(BytesView input) noexcept
        : start_(input.data()), at_(input.data()), end_(input.data() + input.size()) {}

    /// True if the current list (or the input) has another item and no error was met.
    [[nodiscard]] bool more() const noexcept { return at_ != end_; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] bool next_is_list() const noexcept { return at_ != end_ && *at_ >= 0xc0; }

    /// A string of any length.
    BytesView string(const char* field) noexcept;
    /// The next item, whatever it is, with its header.
    BytesView raw(const char* field) noexcept;
    /// Big-endian numbers without leading zeros.
    void read(uint64_t& out, const char* field) noexcept;
    void read(uint256& out, const char* field) noexcept;
    void read(Bytes& out, const char* field);
    template <size_t N>
    void read(base::FixedBytes<N>& out, const char* field) noexcept {
        fixed(out.data(), N, field);
    }
    template <size_t N>
    void read(std::array<uint8_t, N>& out, const char* field) noexcept {
        fixed(out.data(), N, field);
    }
    /// An address, or the empty string for none.
    void read(std::optional<Address>& out, const char* field) noexcept;

    /// What end_list needs to return to the enclosing list.
    struct List {
        const uint8_t* outer_end;
    };
    /// Steps into a list; more() then speaks of its items.
    List begin_list(const char* field) noexcept;
    /// Steps out again; items left unread are an error.
    void end_list(List list, const char* field) noexcept;

    /// What is left of the current list, or of the input, as it stands there.
    [[nodiscard]] BytesView rest() const noexcept { return {at_, end_}; }

    /// Notes an error that the caller found in the item just before.
    void fail(DecodeErrorCode code, const char* field) noexcept;
    /// The first error, if any; input left over is one.
    [[nodiscard]] std::expected<void, DecodeError> finish() noexcept;

private:
    struct Item {
        BytesView payload;
        bool is_list = false;
    };
    Item next(const char* field) noexcept;
    void fixed(uint8_t* out, size_t size, const char* field) noexcept;

    const uint8_t* start_;
    const uint8_t* at_;
    const uint8_t* end_;
    bool failed_ = false;
    DecodeError error_;
};

/// Checks that the input is exactly one canonical item, lists and their items at any depth included.
[[nodiscard]] std::expected<void, DecodeError> validate(BytesView input);

/// Append one encoded item to `out`.
void append(Bytes& out, BytesView string);
void append(Bytes& out, const uint256& number);
void append(Bytes& out, uint64_t number);
void append(Bytes& out, const std::optional<Address>& address);
template <size_t N>
void append(Bytes& out, const base::FixedBytes<N>& bytes) {
    append(out, bytes.view());
}

/// How many bytes append() takes for a number.
[[nodiscard]] size_t size_of(const uint256& number) noexcept;
/// The header of a list whose items take `size` bytes.
void append_list_header(Bytes& out, size_t size);

/// Turns everything in `out` from `start` on, already encoded items, into one list.
/// Usage: note out.size(), append the items, call this.
void wrap_list(Bytes& out, size_t start);
/// The same for a string, e.g. a typed transaction inside a block body.
void wrap_string(Bytes& out, size_t start);

}  // namespace rlp

}  // namespace weft::primitives

namespace weft {
namespace rlp = primitives::rlp;
using primitives::DecodeError;
using primitives::DecodeErrorCode;
using primitives::DecodeResult;
}  // namespace weft
