#include "weft/primitives/transaction.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weft/base/hex.hpp"
#include "weft/primitives/json.hpp"

namespace weft::primitives {

namespace {

Transaction sample(TxType type) {
    Transaction tx;
    tx.type = type;
    tx.chain_id = 1;
    tx.nonce = 7;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = 100;
    tx.max_priority_fee_per_gas = type >= TxType::dynamic_fee ? 2 : 100;
    tx.to = "0x00000000000000000000000000000000000000aa"_address;
    tx.value = uint256::max();
    tx.data = Bytes(300, 0x5a);
    tx.r = 5;
    tx.s = 6;
    if (type == TxType::legacy) return tx;
    tx.access_list = {{"0x00000000000000000000000000000000000000bb"_address, {uint256{1}, uint256::max()}},
                      {"0x00000000000000000000000000000000000000cc"_address, {}}};
    tx.y_parity = 1;
    if (type == TxType::blob) {
        tx.max_fee_per_blob_gas = 9;
        tx.blob_versioned_hashes = {
            "0x01000000000000000000000000000000000000000000000000000000000000ff"_hash};
    }
    if (type == TxType::set_code)
        tx.authorization_list = {{.chain_id = 0,
                                  .address = *tx.to,
                                  .nonce = ~0ULL,
                                  .y_parity = 255,
                                  .r = 1,
                                  .s = 2,
                                  .authority = {}}};
    return tx;
}

}  // namespace

TEST(Transaction, EveryTypeDecodesToWhatWasEncoded) {
    for (int type = 0; type <= 4; ++type) {
        const Transaction tx = sample(static_cast<TxType>(type));
        const Bytes encoded = encode(tx);
        const auto decoded = decode_transaction(encoded);
        ASSERT_TRUE(decoded) << to_string(decoded.error());
        EXPECT_EQ(*decoded, tx) << type;
        Bytes body;
        encode_in_body(body, tx);
        rlp::Decoder decoder(body);
        EXPECT_EQ(decode_from_body(decoder), tx) << type;
        EXPECT_TRUE(decoder.finish());
    }
}

TEST(Transaction, EveryCutIsAnError) {
    for (int type = 0; type <= 4; ++type) {
        Bytes encoded = encode(sample(static_cast<TxType>(type)));
        for (size_t size = 0; size < encoded.size(); ++size)
            EXPECT_FALSE(decode_transaction(BytesView(encoded).first(size))) << type << " " << size;
        encoded.push_back(0);
        EXPECT_EQ(decode_transaction(encoded).error().code, DecodeErrorCode::too_many_items);
    }
}

TEST(Transaction, Eip2718UnknownTypes) {
    for (const uint8_t type : {0x00, 0x05, 0x7f, 0x80, 0xbf}) {
        Bytes encoded = encode(sample(TxType::access_list));
        encoded[0] = type;
        EXPECT_EQ(decode_transaction(encoded).error().code, DecodeErrorCode::unknown_type) << int{type};
    }
    // A legacy transaction in a string is none, and neither is an empty string.
    for (const Bytes& inner : {encode(sample(TxType::legacy)), Bytes{}}) {
        Bytes body = inner;
        rlp::wrap_string(body, 0);
        rlp::Decoder decoder(body);
        EXPECT_EQ(decode_from_body(decoder), Transaction{});
        EXPECT_EQ(decoder.finish().error().code, DecodeErrorCode::unknown_type);
    }
}

TEST(Transaction, Eip4844SidecarFormIsNamed) {
    Bytes network;
    encode(network, sample(TxType::blob));
    network.erase(network.begin());
    for (int i = 0; i < 3; ++i) network.push_back(0xc0);
    rlp::wrap_list(network, 0);
    network.insert(network.begin(), 0x03);
    EXPECT_EQ(decode_transaction(network).error().code, DecodeErrorCode::blob_sidecar);
}

TEST(Transaction, Eip155LegacyVAnyValueIsKept) {
    for (const uint256& v : {uint256{0}, uint256{1}, uint256{26}, uint256{27}, uint256{28}, uint256{29},
                             uint256{34}, uint256{35}, uint256{36}, uint256{37}, uint256{~0ULL},
                             uint256{~0ULL} + 36, uint256{~0ULL} << 2, uint256::max()}) {
        Transaction tx;
        set_legacy_v(tx, v);
        EXPECT_EQ(legacy_v(tx), v) << base::to_quantity(v);
        if (v < uint256{27}) EXPECT_EQ(recover_sender(tx), std::nullopt);
    }
    Transaction tx;
    set_legacy_v(tx, 38);
    EXPECT_EQ(tx.chain_id, 1u);
    EXPECT_EQ(tx.y_parity, uint256{1});
}

TEST(Transaction, Eip2HighSIsTheCallersRule) {
    const uint256 half{0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff};
    EXPECT_TRUE(is_low_s(half));
    EXPECT_FALSE(is_low_s(half + 1));
}

TEST(Transaction, WhatWasSignedIsCutFromTheEncoding) {
    std::vector<Transaction> all;
    for (const TxType type :
         {TxType::legacy, TxType::access_list, TxType::dynamic_fee, TxType::blob, TxType::set_code})
        all.push_back(sample(type));
    for (const uint64_t v : {0U, 5U, 27U, 28U, 35U, 38U, 128U, 255U, 300U}) {
        Transaction& tx = all.emplace_back(sample(TxType::legacy));
        set_legacy_v(tx, v);
        tx.r = v * 50;
        tx.s = v / 3;
        tx.data.resize(v);
    }
    for (const Transaction& tx : all) {
        Bytes encoded_anew{0xaa}, cut{0xaa};
        append_signing_message(encoded_anew, tx);
        append_signing_message(cut, tx, encode(tx));
        EXPECT_EQ(cut, encoded_anew);
    }
}

// The example of EIP-155: nonce 9, 20 gwei, 21000 gas, 1 ether, private key 0x4646…
TEST(Transaction, Eip155Example) {
    const Bytes signed_bytes = *from_hex(
        "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef6134"
        "0bd939bc2195fe537567"
        "866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d"
        "83");
    const auto tx = decode_transaction(signed_bytes);
    ASSERT_TRUE(tx);
    EXPECT_EQ(signing_hash(*tx), "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"_hash);
    const Address sender = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"_address;
    EXPECT_EQ(recover_sender(*tx), sender);
    std::vector<Transaction> batch(3, *tx);
    batch[1].y_parity = uint256{1} << 64;  // no parity, whatever its low bits say
    std::vector<std::optional<Address>> senders(3);
    recover_senders(batch, senders);
    EXPECT_EQ(senders, (std::vector<std::optional<Address>>{sender, std::nullopt, sender}));
}

namespace {

bool is_decoding_error(std::string_view exception) {
    exception.remove_prefix(std::min(exception.size(), exception.find('.') + 1));
    return exception.starts_with("RLP_") || exception.starts_with("ADDRESS_TOO") ||
           exception == "GASLIMIT_OVERFLOW" || exception == "NONCE_OVERFLOW" ||
           exception == "VALUE_OVERFLOW" || exception == "GASPRICE_OVERFLOW" ||
           exception == "PRIORITY_OVERFLOW";
}

bool is_signature_error(std::string_view exception) {
    return exception.ends_with("INVALID_SIGNATURE_VRS") || exception.ends_with("EC_RECOVERY_FAIL");
}

/// One fork's verdict about one transaction of TransactionTests; rules of execution (gas, fees) are not
/// judged here.
void check_verdict(BytesView bytes, std::string_view fork, json::Object verdict, int& judged) {
    const auto tx = decode_transaction(bytes);
    if (const auto hash = json::find(verdict, "hash")) {
        ASSERT_TRUE(tx) << to_string(tx.error());
        EXPECT_EQ(transaction_hash(*tx), *json::as<Hash>(*hash));
        EXPECT_EQ(recover_sender(*tx), *json::as<Address>(*json::find(verdict, "sender")));
        EXPECT_EQ(encode(*tx), Bytes(bytes.begin(), bytes.end()));
        ++judged;
        return;
    }
    const auto exception = *json::as<std::string_view>(*json::find(verdict, "exception"));
    if (is_decoding_error(exception)) {
        EXPECT_FALSE(tx) << exception;
        ++judged;
    } else if (is_signature_error(exception)) {
        const bool is_valid =
            tx && recover_sender(*tx) && (fork == "Frontier" || is_low_s(tx->s)) &&
            (named_chain(fork)->is_eip155(0) || !tx->chain_id || tx->type != TxType::legacy);
        EXPECT_FALSE(is_valid) << exception << " " << fork;
        ++judged;
    } else if (exception.ends_with("INVALID_CHAINID")) {
        EXPECT_FALSE(tx && recover_sender(*tx) && (!tx->chain_id || tx->chain_id == 1))
            << exception << " " << fork;
        ++judged;
    }
}

}  // namespace

TEST(Transaction, OfficialTransactionTests) {
    const std::filesystem::path root = ".data/ethereum-tests/TransactionTests";
    if (!std::filesystem::exists(root)) GTEST_SKIP() << root << " is not there";
    int judged = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
        if (file.path().extension() != ".json") continue;
        SCOPED_TRACE(file.path().string());
        const auto document = json::Document::load(file.path().string());
        ASSERT_TRUE(document) << document.error();
        for (const auto [name, test] : *json::as<json::Object>(document->root())) {
            SCOPED_TRACE(std::string(name));
            const auto object = *json::as<json::Object>(test);
            const auto bytes = json::as<Bytes>(*json::find(object, "txbytes"));
            if (!bytes) continue;
            for (const auto [fork, verdict] : *json::as<json::Object>(*json::find(object, "result")))
                check_verdict(*bytes, fork, *json::as<json::Object>(verdict), judged);
        }
    }
    EXPECT_GT(judged, 1500);
}

TEST(Transaction, OfficialBasicTests) {
    const std::string path = ".data/ethereum-tests/BasicTests/txtest.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    const auto document = json::Document::load(path);
    ASSERT_TRUE(document) << document.error();
    const char* senders[] = {"0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826",
                             "0x13978aee95f38490e9769c39b2773ed763d9cd5f"};
    size_t i = 0;
    for (const json::Value test : *json::as<json::Array>(document->root())) {
        const auto object = *json::as<json::Object>(test);
        const Bytes bytes = *json::as<Bytes>(*json::find(object, "signed"));
        const auto tx = decode_transaction(bytes);
        ASSERT_TRUE(tx) << to_string(tx.error());
        EXPECT_EQ(encode(*tx), bytes);
        EXPECT_EQ(tx->nonce, *json::as<uint64_t>(*json::find(object, "nonce")));
        EXPECT_EQ(tx->max_fee_per_gas, *json::as<uint256>(*json::find(object, "gasprice")));
        EXPECT_EQ(tx->value, *json::as<uint256>(*json::find(object, "value")));
        EXPECT_EQ(to_hex(*recover_sender(*tx)), senders[i++]);
    }
    EXPECT_EQ(i, 2u);
}

}  // namespace weft::primitives
