#include "weft/primitives/rlp.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "weft/base/hex.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::primitives {

namespace {

template <class T>
std::string encoded(const T& value) {
    Bytes out;
    rlp::append(out, value);
    return to_hex(out);
}

template <class T>
DecodeResult<T> decoded(std::string_view hex) {
    const Bytes bytes = *from_hex(hex);
    rlp::Decoder decoder(bytes);
    T out{};
    decoder.read(out, "value");
    if (auto finished = decoder.finish(); !finished) return std::unexpected(finished.error());
    return out;
}

}  // namespace

TEST(Rlp, Numbers) {
    for (const auto& [value, hex] : {std::pair<uint64_t, const char*>{0, "0x80"},
                                     {1, "0x01"},
                                     {0x7f, "0x7f"},
                                     {0x80, "0x8180"},
                                     {0x400, "0x820400"},
                                     {~0ULL, "0x88ffffffffffffffff"}}) {
        EXPECT_EQ(encoded(value), hex);
        EXPECT_EQ(encoded(uint256{value}), hex);
        EXPECT_EQ(decoded<uint64_t>(hex), value);
        EXPECT_EQ(decoded<uint256>(hex), uint256{value});
    }
    EXPECT_EQ(encoded(uint256::max()), "0xa0" + std::string(64, 'f'));
    EXPECT_EQ(decoded<uint256>("0xa0" + std::string(64, 'f')), uint256::max());
}

TEST(Rlp, RefusesNumbersThatAreNone) {
    EXPECT_EQ(decoded<uint64_t>("0x00").error().code, DecodeErrorCode::leading_zero);
    EXPECT_EQ(decoded<uint64_t>("0x820001").error().code, DecodeErrorCode::leading_zero);
    EXPECT_EQ(decoded<uint64_t>("0x89010000000000000000").error().code, DecodeErrorCode::number_too_large);
    EXPECT_EQ(decoded<uint256>("0xa101" + std::string(64, '0')).error().code,
              DecodeErrorCode::number_too_large);
    EXPECT_EQ(decoded<uint64_t>("0xc0").error().code, DecodeErrorCode::unexpected_list);
    EXPECT_EQ(decoded<uint64_t>("0x8101").error().code, DecodeErrorCode::not_canonical);
    EXPECT_EQ(decoded<uint64_t>("0x0101").error().code, DecodeErrorCode::too_many_items);
    EXPECT_EQ(decoded<uint64_t>("0x").error().code, DecodeErrorCode::input_too_short);
    EXPECT_EQ(decoded<Address>("0x8101").error().code, DecodeErrorCode::not_canonical);
    EXPECT_EQ(decoded<Address>("0x80").error().code, DecodeErrorCode::wrong_length);
}

TEST(Rlp, RefusesLengthsBeyondTheInput) {
    for (const char* hex :
         {"0xbfffffffffffffffff", "0xffffffffffffffffff", "0xb8", "0xf8", "0xb838", "0xf9ffff00", "0x81"})
        EXPECT_EQ(rlp::validate(*from_hex(hex)).error().code, DecodeErrorCode::input_too_short) << hex;
    EXPECT_EQ(rlp::validate(*from_hex("0xc28200")).error().code, DecodeErrorCode::input_too_short);
    EXPECT_EQ(rlp::validate(Bytes{}).error().code, DecodeErrorCode::input_too_short);
}

TEST(Rlp, DeepNestingIsNoRecursion) {
    Bytes nested;
    for (int i = 0; i < 2000; ++i) rlp::wrap_list(nested, 0);
    EXPECT_TRUE(rlp::validate(nested));
    nested.back() = 0x81;
    EXPECT_FALSE(rlp::validate(nested));
    EXPECT_TRUE(rlp::validate(Bytes{0xc0}));
}

TEST(Rlp, ListsEndWhereTheySay) {
    const Bytes bytes = *from_hex("0xc3c10102");
    rlp::Decoder decoder(bytes);
    const auto outer = decoder.begin_list("outer");
    const auto inner = decoder.begin_list("inner");
    uint64_t first = 0, second = 0;
    decoder.read(first, "first");
    EXPECT_FALSE(decoder.more());
    decoder.end_list(inner, "inner");
    decoder.read(second, "second");
    decoder.end_list(outer, "outer");
    EXPECT_TRUE(decoder.finish());
    EXPECT_EQ(first, 1u);
    EXPECT_EQ(second, 2u);

    rlp::Decoder partly(bytes);
    const auto list = partly.begin_list("outer");
    partly.end_list(list, "outer");
    EXPECT_EQ(partly.finish().error(), (DecodeError{DecodeErrorCode::too_many_items, "outer", 1}));
}

TEST(Rlp, ErrorsAreOneLine) {
    EXPECT_EQ(to_string(decoded<uint64_t>("0x820001").error()),
              "value: a number with a leading zero (byte 3)");
}

namespace {

/// Encodes a test's "in": strings as their characters, numbers ("#…" where they are long), lists.
void append_test_value(Bytes& out, json::Value value) {
    if (const auto array = value.array()) {
        const size_t start = out.size();
        for (const json::Value item : *array) append_test_value(out, item);
        rlp::wrap_list(out, start);
    } else if (const auto number = value.whole_number()) {
        rlp::append(out, *number);
    } else {
        ASSERT_TRUE(value.is_text());
        const std::string_view text = *value.text();
        if (text.starts_with('#'))
            rlp::append(out, *base::parse_decimal(text.substr(1)));
        else
            rlp::append(out, BytesView{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
}

}  // namespace

TEST(Rlp, OfficialRlpTests) {
    const std::filesystem::path root = ".data/ethereum-tests/RLPTests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int encodings = 0, valid = 0, invalid = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
        if (file.path().extension() != ".json") continue;
        const auto document = json::Document::load(file.path().string());
        ASSERT_TRUE(document) << document.error();
        for (const auto [name, test] : *json::as<json::Object>(document->root())) {
            SCOPED_TRACE(std::string(name));
            const auto object = *json::as<json::Object>(test);
            const Bytes bytes = *json::as<Bytes>(*json::find(object, "out"));
            const json::Value in = *json::find(object, "in");
            const auto text = json::as<std::string_view>(in);
            const bool is_verdict = text && (*text == "VALID" || *text == "INVALID");
            EXPECT_EQ(rlp::validate(bytes).has_value(), !(text && *text == "INVALID"));
            ++(text && *text == "INVALID" ? invalid : valid);
            if (is_verdict || name == "bigint") continue;  // "bigint" is 2^256: beyond our numbers
            Bytes out;
            append_test_value(out, in);
            EXPECT_EQ(to_hex(out), to_hex(bytes));
            ++encodings;
        }
    }
    EXPECT_GE(encodings, 25);
    EXPECT_GE(valid, 27);
    EXPECT_GE(invalid, 25);
}

}  // namespace weft::primitives
