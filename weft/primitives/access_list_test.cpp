#include "weft/primitives/access_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "weft/base/hex.hpp"
#include "weft/primitives/block.hpp"
#include "weft/primitives/json.hpp"

namespace weft::primitives {
namespace {

BlockAccessList example() {
    BlockAccessList list(2);
    list[0].address[19] = 1;
    list[0].storage_changes = {{1, 0, 7}, {1, 2, 8}, {300, 1, 0}};
    list[0].storage_reads = {0, 2, uint256::max()};
    list[0].balance_changes = {{1, 5}, {2, 0}};
    list[0].nonce_changes = {{1, 1}};
    list[0].code_changes = {{3, {0x60, 0x00}}, {4, {}}};
    list[1].address[19] = 2;
    return list;
}

DecodeErrorCode error_of(const BlockAccessList& list) {
    const auto decoded = decode_access_list(encode(list));
    EXPECT_FALSE(decoded);
    return decoded ? DecodeErrorCode::input_too_short : decoded.error().code;
}

TEST(AccessList, Eip7928ReadsWhatWasWritten) {
    EXPECT_EQ(decode_access_list(encode(example())), example());
    EXPECT_EQ(encode(BlockAccessList{}), Bytes{0xc0});
    EXPECT_EQ(hash({}), empty_access_list_hash);
    json::Writer writer;
    json::write(writer, example());
    const auto document = json::Document::parse(writer.take(), "list.json");
    ASSERT_TRUE(document);
    EXPECT_EQ(json::parse_access_list(document->root()), example());
    const auto text = json::Document::parse('"' + to_hex(encode(example())) + '"', "list.json");
    ASSERT_TRUE(text);
    EXPECT_EQ(json::parse_access_list(text->root()), example());
}

TEST(AccessList, Eip7928CountsAddressesAndKeys) { EXPECT_EQ(item_count(example()), 2U + 2 + 3); }

TEST(AccessList, Eip7928RefusesAnyOtherOrder) {
    auto list = example();
    std::swap(list[0], list[1]);
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    list[1].address = list[0].address;
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    std::swap(list[0].storage_reads[0], list[0].storage_reads[1]);
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    list[0].storage_reads[1] = 300;  // changed, too
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    list[0].storage_changes[1].index = 0;
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    std::swap(list[0].storage_changes[0], list[0].storage_changes[2]);
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    list[0].balance_changes[1].index = 1;
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
    list = example();
    std::swap(list[0].code_changes[0], list[0].code_changes[1]);
    EXPECT_EQ(error_of(list), DecodeErrorCode::wrong_order);
}

TEST(AccessList, Eip7928RefusesChangedSlotWithoutChanges) {
    Bytes encoded;
    rlp::append(encoded, Address{});
    encoded.insert(encoded.end(), {0xc3, 0xc2, 0x01, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0});
    rlp::wrap_list(encoded, 0);
    rlp::wrap_list(encoded, 0);
    const auto decoded = decode_access_list(encoded);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, DecodeErrorCode::empty_list);
}

TEST(AccessList, DamagedInputIsAnError) {
    const Bytes encoded = encode(example());
    for (size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(decode_access_list(BytesView{encoded}.first(size))) << size;
    Bytes index = encode(BlockAccessList{{.address = {},
                                          .storage_changes = {},
                                          .storage_reads = {},
                                          .balance_changes = {{0xffffffff, 1}},
                                          .nonce_changes = {},
                                          .code_changes = {}}});
    EXPECT_TRUE(decode_access_list(index));
}

TEST(AccessList, Eip7928ListsOfTheOfficialTests) {
    const std::filesystem::path root = ".data/eest-amsterdam/eip7928/blockchain_tests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    size_t lists = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().extension() != ".json") continue;
        const auto document = json::Document::load(entry.path().string());
        ASSERT_TRUE(document) << document.error();
        json::Object tests;
        ASSERT_TRUE(json::read(document->root(), tests));
        for (const auto& [name, test] : tests) {
            json::Array blocks;
            json::Fields fields(test);
            fields.required("blocks", blocks);
            for (const json::Value block : blocks) {
                json::Fields inner(block);
                json::Value header;
                inner.with("blockAccessList", [&](json::Value value) -> json::Result<void> {
                    inner.required("blockHeader", header);
                    const auto list = json::parse_access_list(value);
                    if (!list) return std::unexpected(list.error());
                    EXPECT_EQ(hash(*list), json::parse_header(header)->block_access_list_hash) << name;
                    ++lists;
                    return {};
                });
                EXPECT_TRUE(inner.status()) << name;
            }
        }
    }
    EXPECT_EQ(lists, 462U);
}

}  // namespace
}  // namespace weft::primitives
