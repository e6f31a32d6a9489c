// RLPTests: what is encoded, and what no canonical RLP is.
#include <fmt/format.h>

#include "vectors.hpp"
#include "weft/base/hex.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::conformance {
namespace {

/// The big-endian bytes of a number in decimal digits, of any size.
Bytes bytes_of_decimal(std::string_view digits) {
    Bytes out;
    for (const char digit : digits) {
        unsigned carry = static_cast<unsigned>(digit - '0');
        for (size_t i = out.size(); i-- > 0;) {
            carry += out[i] * 10U;
            out[i] = static_cast<uint8_t>(carry);
            carry >>= 8;
        }
        if (carry != 0) out.insert(out.begin(), static_cast<uint8_t>(carry));
    }
    return out;
}

/// Encodes a test's value: a text, "#" and a large number, a number, or a list of values.
json::Result<void> encode(json::Value value, Bytes& out) {
    if (json::Array list; json::read(value, list)) {
        const size_t start = out.size();
        for (const json::Value item : list)
            if (auto done = encode(item, out); !done) return done;
        rlp::wrap_list(out, start);
        return {};
    }
    std::string_view text;
    if (!json::read(value, text)) {
        uint64_t number = 0;
        if (auto read = json::read(value, number); !read) return read;
        rlp::append(out, number);
    } else if (text.starts_with('#')) {
        rlp::append(out, BytesView(bytes_of_decimal(text.substr(1))));
    } else {
        rlp::append(out, BytesView{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    return {};
}

std::string check_encoding(const Bytes& got, const Bytes& want) {
    if (got != want) return "got " + to_hex(got);
    if (const auto valid = rlp::validate(want); !valid) return "its encoding: " + to_string(valid.error());
    return {};
}

}  // namespace

json::Result<void> run_rlp_tests(json::Value root, std::string_view file, Tally& tally) {
    json::Object tests;
    if (auto read = json::read(root, tests); !read) return read;
    for (const auto& [name, test] : tests) {
        json::Fields fields(test);
        json::Value in;
        Bytes encoded;
        fields.required("in", in);
        fields.required("out", encoded);
        if (auto status = fields.status(); !status)
            return std::unexpected(std::move(status.error()).within(name));
        std::string why;
        std::string_view text;
        const bool has_text = json::read(in, text).has_value();
        const auto valid = rlp::validate(encoded);
        if (has_text && text == "INVALID") {
            if (valid) why = "valid, want it refused";
        } else if (has_text && text == "VALID") {
            if (!valid) why = to_string(valid.error());
        } else {
            Bytes got;
            if (auto done = encode(in, got); !done)
                return std::unexpected(std::move(done.error()).within("in").within(name));
            why = check_encoding(got, encoded);
        }
        tally.add(fmt::format("{}: {}", file, name), why);
    }
    return {};
}

}  // namespace weft::conformance
