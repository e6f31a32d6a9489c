// The official VMTests (Constantinople's legacy set): single calls with exact gas, output, and storage after.
// They mock calls and creations; those are left to the state tests.
#include <gtest/gtest.h>

#include <filesystem>

#include "weft/evm/test_world.hpp"
#include "weft/state/json.hpp"

namespace weft::evm::test {
namespace {

namespace json = primitives::json;
constexpr const char* folder = ".data/legacytests/Constantinople/VMTests";

template <class T>
T field(json::Object object, std::string_view key) {
    T out{};
    json::Fields fields(object);
    fields.required(key, out);
    EXPECT_TRUE(fields.status()) << key;
    return out;
}

void run_test(json::Object test) {
    World world(Revision::homestead);
    const auto exec = field<json::Object>(test, "exec"), env = field<json::Object>(test, "env");
    ASSERT_TRUE(state::json::read_alloc(field<json::Value>(test, "pre"), world.state));
    world.block = {};
    world.block.coinbase = field<Address>(env, "currentCoinbase");
    world.block.difficulty = field<uint256>(env, "currentDifficulty");
    world.block.gas_limit = field<uint64_t>(env, "currentGasLimit");
    world.block.number = field<uint64_t>(env, "currentNumber");
    world.block.timestamp = field<uint64_t>(env, "currentTimestamp");
    for (uint64_t n = 0; n < 1000; ++n) {
        const std::string text = std::to_string(n);
        world.state.set_block_hash(n,
                                   keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    }
    world.transaction.origin = field<Address>(exec, "origin");
    world.transaction.gas_price = field<uint256>(exec, "gasPrice");
    const Bytes code = field<Bytes>(exec, "code"), input = field<Bytes>(exec, "data");
    world.begin();
    Message message;
    message.gas = field<uint64_t>(exec, "gas");
    message.sender = field<Address>(exec, "caller");
    message.recipient = field<Address>(exec, "address");
    message.value = field<uint256>(exec, "value");
    message.input = input;
    message.code = world.codes->insert(keccak256(code), code);
    message.transfers_value = false;
    const CallResult result = world.machine.execute(message, world.transaction);

    if (!json::find(test, "gas")) {
        EXPECT_NE(result.status, Status::success);
        return;
    }
    ASSERT_EQ(result.status, Status::success);
    EXPECT_EQ(result.gas_left, field<uint64_t>(test, "gas"));
    EXPECT_EQ(Bytes(result.output.begin(), result.output.end()), field<Bytes>(test, "out"));
    const auto post = field<json::Object>(test, "post");
    for (const auto [name, account] : post)
        for (const auto [key, value] :
             field<json::Object>(json::as<json::Object>(account).value(), "storage"))
            EXPECT_EQ(world.storage(*json::address(name), *json::quantity(key)),
                      json::as<uint256>(value).value())
                << key;
}

TEST(VmTests, AllPass) {
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no official VMTests unpacked";
    int run = 0, mocked = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        const auto document = json::Document::load(entry.path().string());
        ASSERT_TRUE(document) << document.error();
        for (const auto [name, value] : json::as<json::Object>(document->root()).value()) {
            SCOPED_TRACE(std::string(name));
            const auto test = json::as<json::Object>(value).value();
            const auto calls = json::find(test, "callcreates");
            if (calls && json::as<json::Array>(*calls).value().size() != 0) {
                ++mocked;
                continue;
            }
            run_test(test);
            ++run;
        }
    }
    EXPECT_GT(run, 500);
    RecordProperty("run", run);
    RecordProperty("mocked", mocked);
}

}  // namespace
}  // namespace weft::evm::test
