#include "weft/primitives/rlp.hpp"

#include <fmt/format.h>

#include <vector>

namespace weft::primitives {

std::string to_string(const DecodeError& error) {
    const char* what = "";
    switch (error.code) {
        case DecodeErrorCode::input_too_short:
            what = "the input ends within an item";
            break;
        case DecodeErrorCode::not_canonical:
            what = "not in the shortest form";
            break;
        case DecodeErrorCode::leading_zero:
            what = "a number with a leading zero";
            break;
        case DecodeErrorCode::number_too_large:
            what = "a number out of range";
            break;
        case DecodeErrorCode::wrong_length:
            what = "a string of the wrong length";
            break;
        case DecodeErrorCode::unexpected_list:
            what = "a list where a string belongs";
            break;
        case DecodeErrorCode::unexpected_string:
            what = "a string where a list belongs";
            break;
        case DecodeErrorCode::too_many_items:
            what = "more items than expected";
            break;
        case DecodeErrorCode::wrong_order:
            what = "out of order, or twice";
            break;
        case DecodeErrorCode::empty_list:
            what = "an empty list";
            break;
        case DecodeErrorCode::unknown_type:
            what = "an unknown transaction type";
            break;
        case DecodeErrorCode::blob_sidecar:
            what = "a blob transaction with its sidecar, the form without it is expected";
            break;
    }
    return fmt::format("{}: {} (byte {})", error.field, what, error.offset);
}

namespace rlp {

void Decoder::fail(DecodeErrorCode code, const char* field) noexcept {
    if (failed_) return;
    failed_ = true;
    error_ = {code, field, static_cast<size_t>(at_ - start_)};
    at_ = end_;
}

Decoder::Item Decoder::next(const char* field) noexcept {
    if (at_ == end_) {
        fail(DecodeErrorCode::input_too_short, field);
        return {};
    }
    const uint8_t head = *at_;
    if (head < 0x80) return {{at_++, 1}, false};
    const bool is_list = head >= 0xc0;
    const uint8_t short_form = head - (is_list ? 0xc0 : 0x80);
    const uint8_t* payload = at_ + 1;
    uint64_t size = short_form;
    if (short_form > 55) {
        const size_t size_bytes = short_form - 55;  // 1 to 8
        if (static_cast<size_t>(end_ - payload) < size_bytes) {
            fail(DecodeErrorCode::input_too_short, field);
            return {};
        }
        size = 0;
        for (size_t i = 0; i < size_bytes; ++i) size = size << 8 | payload[i];
        if (payload[0] == 0 || size <= 55) {
            fail(DecodeErrorCode::not_canonical, field);
            return {};
        }
        payload += size_bytes;
    }
    if (size > static_cast<uint64_t>(end_ - payload)) {
        fail(DecodeErrorCode::input_too_short, field);
        return {};
    }
    if (!is_list && size == 1 && payload[0] < 0x80) {
        fail(DecodeErrorCode::not_canonical, field);
        return {};
    }
    at_ = payload + size;
    return {{payload, static_cast<size_t>(size)}, is_list};
}

BytesView Decoder::string(const char* field) noexcept {
    if (next_is_list()) {
        fail(DecodeErrorCode::unexpected_list, field);
        return {};
    }
    return next(field).payload;
}

BytesView Decoder::raw(const char* field) noexcept {
    const uint8_t* const begin = at_;
    next(field);
    return failed_ ? BytesView{} : BytesView{begin, at_};
}

void Decoder::read(uint256& out, const char* field) noexcept {
    const BytesView digits = string(field);
    if (failed_) return;
    if (digits.size() > 32) return fail(DecodeErrorCode::number_too_large, field);
    if (!digits.empty() && digits[0] == 0) return fail(DecodeErrorCode::leading_zero, field);
    out = base::load_be(digits);
}

void Decoder::read(uint64_t& out, const char* field) noexcept {
    const BytesView digits = string(field);
    if (failed_) return;
    if (!digits.empty() && digits[0] == 0) return fail(DecodeErrorCode::leading_zero, field);
    if (digits.size() > 8) return fail(DecodeErrorCode::number_too_large, field);
    out = 0;
    for (const uint8_t byte : digits) out = out << 8 | byte;
}

void Decoder::read(Bytes& out, const char* field) {
    const BytesView bytes = string(field);
    out.assign(bytes.begin(), bytes.end());
}

void Decoder::read(std::optional<Address>& out, const char* field) noexcept {
    out.reset();
    if (at_ != end_ && *at_ == 0x80) {
        ++at_;
        return;
    }
    fixed(out.emplace().data(), Address::size(), field);
}

void Decoder::fixed(uint8_t* out, size_t size, const char* field) noexcept {
    const BytesView bytes = string(field);
    if (failed_) return;
    if (bytes.size() != size) return fail(DecodeErrorCode::wrong_length, field);
    std::memcpy(out, bytes.data(), size);
}

Decoder::List Decoder::begin_list(const char* field) noexcept {
    const List list{end_};
    if (at_ != end_ && *at_ < 0xc0) {
        fail(DecodeErrorCode::unexpected_string, field);
        return list;
    }
    const Item item = next(field);
    if (failed_) return list;
    at_ = item.payload.data();
    end_ = at_ + item.payload.size();
    return list;
}

void Decoder::end_list(List list, const char* field) noexcept {
    if (at_ != end_) fail(DecodeErrorCode::too_many_items, field);
    end_ = list.outer_end;
    if (failed_) at_ = end_;
}

std::expected<void, DecodeError> Decoder::finish() noexcept {
    if (at_ != end_) fail(DecodeErrorCode::too_many_items, "input");
    if (failed_) return std::unexpected(error_);
    return {};
}

std::expected<void, DecodeError> validate(BytesView input) {
    // The enclosing lists' ends stand on a heap stack: hostile nesting costs memory, never the native stack.
    std::vector<Decoder::List> enclosing;
    Decoder decoder(input);
    bool first = true;
    while (first || !enclosing.empty()) {
        if (!first && !decoder.more()) {
            decoder.end_list(enclosing.back(), "list");
            enclosing.pop_back();
            continue;
        }
        first = false;
        if (decoder.next_is_list())
            enclosing.push_back(decoder.begin_list("list"));
        else
            decoder.string("item");
        if (decoder.failed()) break;
    }
    return decoder.finish();
}

namespace {

/// Writes an item's header to `header`, at most 9 bytes; returns its length.
size_t write_header(uint8_t* header, uint8_t base, size_t size) noexcept {
    if (size <= 55) {
        header[0] = static_cast<uint8_t>(base + size);
        return 1;
    }
    const size_t size_bytes =
        (64 - static_cast<size_t>(std::countl_zero(static_cast<uint64_t>(size))) + 7) / 8;
    header[0] = static_cast<uint8_t>(base + 55 + size_bytes);
    for (size_t i = 0; i < size_bytes; ++i)
        header[1 + i] = static_cast<uint8_t>(size >> (8 * (size_bytes - 1 - i)));
    return 1 + size_bytes;
}

void insert_header(Bytes& out, size_t start, uint8_t base) {
    uint8_t header[9];
    const size_t size = write_header(header, base, out.size() - start);
    out.insert(out.begin() + static_cast<ptrdiff_t>(start), header, header + size);
}

}  // namespace

void append(Bytes& out, BytesView string) {
    if (string.size() == 1 && string[0] < 0x80) {
        out.push_back(string[0]);
        return;
    }
    uint8_t header[9];
    const size_t size = write_header(header, 0x80, string.size());
    out.insert(out.end(), header, header + size);
    out.insert(out.end(), string.begin(), string.end());
}

void append(Bytes& out, const uint256& number) {
    uint8_t digits[32];
    base::store_be(digits, number);
    const size_t size = base::byte_length(number);
    append(out, BytesView{digits + 32 - size, size});
}

void append(Bytes& out, uint64_t number) {
    if (number != 0 && number < 0x80) {
        out.push_back(static_cast<uint8_t>(number));
        return;
    }
    const size_t size = (64 - static_cast<size_t>(std::countl_zero(number)) + 7) / 8;
    uint8_t item[9];
    item[0] = static_cast<uint8_t>(0x80 + size);
    for (size_t i = 0; i < size; ++i) item[1 + i] = static_cast<uint8_t>(number >> (8 * (size - 1 - i)));
    out.insert(out.end(), item, item + 1 + size);
}

void append(Bytes& out, const std::optional<Address>& address) {
    append(out, address ? address->view() : BytesView{});
}

size_t size_of(const uint256& number) noexcept {
    return number < uint256{0x80} ? 1 : 1 + base::byte_length(number);
}

void append_list_header(Bytes& out, size_t size) {
    uint8_t header[9];
    out.insert(out.end(), header, header + write_header(header, 0xc0, size));
}

void wrap_list(Bytes& out, size_t start) { insert_header(out, start, 0xc0); }

void wrap_string(Bytes& out, size_t start) {
    if (out.size() - start == 1 && out[start] < 0x80) return;
    insert_header(out, start, 0x80);
}

}  // namespace rlp

}  // namespace weft::primitives
