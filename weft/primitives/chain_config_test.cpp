#include "weft/primitives/chain_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/primitives/dao.hpp"

namespace weft::primitives {

TEST(ChainConfig, MainnetForksByBlockAndTime) {
    const ChainConfig& c = mainnet();
    const std::tuple<uint64_t, uint64_t, bool, Revision> expected[] = {
        {0, 0, false, Revision::frontier},
        {1'149'999, 0, false, Revision::frontier},
        {1'150'000, 0, false, Revision::homestead},
        {2'463'000, 0, false, Revision::tangerine_whistle},
        {2'675'000, 0, false, Revision::spurious_dragon},
        {4'369'999, 0, false, Revision::spurious_dragon},
        {4'370'000, 0, false, Revision::byzantium},
        {7'280'000, 0, false, Revision::petersburg},
        {9'069'000, 0, false, Revision::istanbul},
        {12'244'000, 0, false, Revision::berlin},
        {12'965'000, 0, false, Revision::london},
        {15'537'393, 0, false, Revision::london},
        {15'537'394, 1663224179, true, Revision::paris},
        {17'034'870, 1681338455, true, Revision::shanghai},
        {19'426'587, 1710338135, true, Revision::cancun},
        {22'431'084, 1746612311, true, Revision::prague},
        {24'000'000, 1764798551, true, Revision::osaka},
        {24'500'000, 1767747671, true, Revision::osaka},
    };
    for (const auto& [number, time, merged, revision] : expected)
        EXPECT_EQ(c.revision(number, time, merged), revision) << number;
    EXPECT_TRUE(c.is_dao_fork(1'920'000));
    EXPECT_FALSE(c.is_dao_fork(1'920'001));
    EXPECT_FALSE(c.is_eip155(2'674'999));
    EXPECT_TRUE(c.is_eip155(2'675'000));
    EXPECT_EQ(c.revision(15'537'394, 0, uint256{58'749} * uint256{1'000'000'000'000'000'000}),
              Revision::london);
    EXPECT_EQ(c.revision(15'537'394, 0, uint256{58'750} * uint256{1'000'000'000'000'000'000}),
              Revision::paris);
}

TEST(ChainConfig, Eip7892BlobParametersByTime) {
    const ChainConfig& c = mainnet();
    EXPECT_EQ(c.blob_params(1710338134), std::nullopt);
    EXPECT_EQ(c.blob_params(1710338135), cancun_blobs);
    EXPECT_EQ(c.blob_params(1746612311), prague_blobs);
    EXPECT_EQ(c.blob_params(1764798551), prague_blobs);
    EXPECT_EQ(c.blob_params(1765290071), bpo1_blobs);
    EXPECT_EQ(c.blob_params(1767747671), bpo2_blobs);
}

// Whichever fork came last: a named one, too, may set its own parameters, and a BPO fork follow it.
TEST(ChainConfig, Eip7892ABlobParameterOnlyForkAfterAmsterdam) {
    ChainConfig c = *named_chain("BPO2ToAmsterdamAtTime15k");
    c.bpo_time[2] = 20'000;
    c.blob_schedule[static_cast<size_t>(BlobFork::bpo3)] = bpo3_blobs;
    c.blob_schedule[static_cast<size_t>(BlobFork::amsterdam)] = bpo4_blobs;
    EXPECT_EQ(c.blob_params(14'999), bpo2_blobs);
    EXPECT_EQ(c.blob_params(15'000), bpo4_blobs);
    EXPECT_EQ(c.blob_params(19'999), bpo4_blobs);
    EXPECT_EQ(c.blob_params(20'000), bpo3_blobs);
}

TEST(ChainConfig, NamedForks) {
    const std::pair<const char*, Revision> expected[] = {
        {"Frontier", Revision::frontier},
        {"Homestead", Revision::homestead},
        {"EIP150", Revision::tangerine_whistle},
        {"TangerineWhistle", Revision::tangerine_whistle},
        {"EIP158", Revision::spurious_dragon},
        {"SpuriousDragon", Revision::spurious_dragon},
        {"Byzantium", Revision::byzantium},
        {"Constantinople", Revision::constantinople},
        {"ConstantinopleFix", Revision::petersburg},
        {"Petersburg", Revision::petersburg},
        {"Istanbul", Revision::istanbul},
        {"Berlin", Revision::berlin},
        {"London", Revision::london},
        {"Paris", Revision::paris},
        {"Merge", Revision::paris},
        {"Shanghai", Revision::shanghai},
        {"Cancun", Revision::cancun},
        {"Prague", Revision::prague},
        {"Osaka", Revision::osaka},
        {"BPO2", Revision::osaka},
        {"Amsterdam", Revision::amsterdam},
    };
    for (const auto& [name, revision] : expected) {
        const auto chain = named_chain(name);
        ASSERT_TRUE(chain) << name;
        EXPECT_EQ(chain->revision(0, 0, uint256{}), revision) << name;
    }
    EXPECT_EQ(named_chain("BPO2")->blob_params(0), bpo2_blobs);
    EXPECT_EQ(named_chain("Osaka")->blob_params(0), prague_blobs);
    EXPECT_TRUE(named_chain("EIP158")->is_eip155(0));
    EXPECT_EQ(named_chain("Verkle").error(), "unknown fork \"Verkle\"");
    for (const char* name : {"", "At5", "ToAt5", "CancunToPragueAt5", "CancunToPragueAtTime",
                             "PragueToCancunAtTime15k", "HomesteadToDaoAtTime15k", "CancunToPragueAtTime15x"})
        EXPECT_FALSE(named_chain(name)) << name;
}

TEST(ChainConfig, NamedTransitions) {
    const auto homestead = named_chain("FrontierToHomesteadAt5");
    EXPECT_EQ(homestead->revision(4, 0, false), Revision::frontier);
    EXPECT_EQ(homestead->revision(5, 0, false), Revision::homestead);
    const auto dao = named_chain("HomesteadToDaoAt5");
    EXPECT_TRUE(dao->is_dao_fork(5));
    EXPECT_EQ(dao->revision(5, 0, false), Revision::homestead);
    const auto petersburg = named_chain("ByzantiumToConstantinopleFixAt5");
    EXPECT_EQ(petersburg->revision(4, 0, false), Revision::byzantium);
    EXPECT_EQ(petersburg->revision(5, 0, false), Revision::petersburg);
    const auto paris = named_chain("ArrowGlacierToParisAtDiffC0000");
    EXPECT_EQ(paris->revision(9, 0, uint256{0xbffff}), Revision::london);
    EXPECT_EQ(paris->revision(9, 0, uint256{0xc0000}), Revision::paris);
    const auto prague = named_chain("CancunToPragueAtTime15k");
    EXPECT_EQ(prague->revision(1, 14'999, true), Revision::cancun);
    EXPECT_EQ(prague->revision(1, 15'000, true), Revision::prague);
    EXPECT_EQ(prague->blob_params(14'999), cancun_blobs);
    EXPECT_EQ(prague->blob_params(15'000), prague_blobs);
    const auto bpo = named_chain("BPO1ToBPO2AtTime15k");
    EXPECT_EQ(bpo->blob_params(14'999), bpo1_blobs);
    EXPECT_EQ(bpo->blob_params(15'000), bpo2_blobs);
    const auto amsterdam = named_chain("OsakaToAmsterdamAtTime15k");
    EXPECT_EQ(amsterdam->revision(1, 14'999, true), Revision::osaka);
    EXPECT_EQ(amsterdam->revision(1, 15'000, true), Revision::amsterdam);
    EXPECT_EQ(amsterdam->blob_params(14'999), prague_blobs);
    EXPECT_EQ(amsterdam->blob_params(15'000), bpo2_blobs);
}

TEST(ChainConfig, GethReadsAbsentPetersburgAsConstantinople) {
    ChainConfig c;
    c.constantinople_block = 0;
    EXPECT_EQ(c.revision(0, 0, false), Revision::petersburg);
}

TEST(ChainConfig, BombDelays) {
    EXPECT_EQ(mainnet().bomb_delay(4'369'999), 0u);
    EXPECT_EQ(mainnet().bomb_delay(4'370'000), 3'000'000u);
    EXPECT_EQ(mainnet().bomb_delay(7'280'000), 5'000'000u);
    EXPECT_EQ(mainnet().bomb_delay(9'200'000), 9'000'000u);
    EXPECT_EQ(mainnet().bomb_delay(12'965'000), 9'700'000u);
    EXPECT_EQ(mainnet().bomb_delay(13'773'000), 10'700'000u);
    EXPECT_EQ(mainnet().bomb_delay(15'050'000), 11'400'000u);
}

TEST(ChainConfig, Eip779DrainedAccountsAreDistinct) {
    EXPECT_TRUE(std::ranges::is_sorted(dao_drained_accounts));
    EXPECT_EQ(std::ranges::adjacent_find(dao_drained_accounts), dao_drained_accounts.end());
    EXPECT_TRUE(std::ranges::binary_search(dao_drained_accounts,
                                           "0xbb9bc244d798123fde783fcc1c72d3bb8c189413"_address));
}

}  // namespace weft::primitives
