#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/workload/artifacts.hpp"

// The header that the build makes from contracts/artifacts, against those files read another way.
namespace weft::workload {
namespace {

namespace json = primitives::json;

const Artifact* const all[] = {
    &artifacts::token,       &artifacts::pool,         &artifacts::factory, &artifacts::router,
    &artifacts::oracle,      &artifacts::lending,      &artifacts::game,    &artifacts::nft,
    &artifacts::marketplace, &artifacts::supply_chain,
};

json::Document load(const Artifact& artifact) {
    auto document = json::Document::load("contracts/artifacts/" + std::string(artifact.contract) + ".json");
    EXPECT_TRUE(document.has_value());
    return std::move(document.value());
}

template <class T>
T value(json::Value parent, std::string_view key) {
    const auto found = json::find(json::as<json::Object>(parent).value(), key);
    EXPECT_TRUE(found.has_value()) << key;
    if constexpr (std::is_same_v<T, json::Value>)
        return *found;
    else
        return json::as<T>(*found).value();
}

/// Looks each entry of a layout's array up among the artifact's fields.
size_t expect_fields(const Artifact& artifact, json::Array entries, json::Object types,
                     const std::string& prefix) {
    for (const json::Value entry : entries) {
        const std::string name = prefix + std::string(value<std::string_view>(entry, "label"));
        const auto field = std::ranges::find(artifact.fields, name, &Field::name);
        if (field == artifact.fields.end()) {
            ADD_FAILURE() << artifact.contract << " lacks " << name;
            continue;
        }
        EXPECT_EQ(field->slot, value<uint64_t>(entry, "slot")) << name;
        EXPECT_EQ(field->offset, value<uint64_t>(entry, "offset")) << name;
        const auto type = json::find(types, value<std::string_view>(entry, "type"));
        EXPECT_EQ(field->size, value<uint64_t>(type.value(), "numberOfBytes")) << name;
    }
    return entries.size();
}

TEST(Artifact, FieldsAreTheStorageLayoutOfSolc) {
    for (const Artifact* artifact : all) {
        const json::Document document = load(*artifact);
        const auto layout = value<json::Value>(document.root(), "storageLayout");
        const auto types = value<json::Object>(layout, "types");
        size_t count = expect_fields(*artifact, value<json::Array>(layout, "storage"), types, "");
        for (const auto& [key, type] : types) {
            if (!key.starts_with("t_struct(")) continue;
            const std::string prefix = std::string(key.substr(9, key.find(')') - 9)) + ".";
            count += expect_fields(*artifact, value<json::Array>(type, "members"), types, prefix);
        }
        EXPECT_GT(count, 0U);
        EXPECT_EQ(artifact->fields.size(), count) << artifact->contract;
    }
}

TEST(Artifact, SelectorsAreTheHashesOfTheSignatures) {
    for (const Artifact* artifact : all) {
        EXPECT_FALSE(artifact->methods.empty());
        for (const Method& method : artifact->methods) {
            const Bytes signature(method.signature.begin(), method.signature.end());
            const Hash hash = keccak256(signature);
            const uint32_t selector =
                uint32_t{hash[0]} << 24 | uint32_t{hash[1]} << 16 | uint32_t{hash[2]} << 8 | hash[3];
            EXPECT_EQ(method.selector, selector) << artifact->contract << "." << method.signature;
        }
    }
}

TEST(Artifact, CodeIsTheRuntimeCodeOfSolc) {
    for (const Artifact* artifact : all) {
        const json::Document document = load(*artifact);
        EXPECT_EQ(Bytes(artifact->code.begin(), artifact->code.end()),
                  value<Bytes>(document.root(), "deployedBytecode"))
            << artifact->contract;
        EXPECT_LE(artifact->code.size(), 24'576U) << "EIP-170";
    }
}

}  // namespace
}  // namespace weft::workload
