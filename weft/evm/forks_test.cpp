// What each fork changed about execution, by EIP.
#include <gtest/gtest.h>

#include "weft/evm/create_address.hpp"
#include "weft/evm/gas.hpp"
#include "weft/evm/test_world.hpp"

namespace weft::evm::test {
namespace {

using enum Revision;

uint64_t used(const CallResult& result, uint64_t gas) { return gas - result.gas_left; }
uint64_t cost(Revision revision, const Code& code) {
    World world(revision);
    const CallResult result = world.run(code, 1'000'000);
    EXPECT_EQ(result.status, Status::success);
    return used(result, 1'000'000);
}
/// Gas of an opcode on one operand of 20 bytes, PUSH20 included.
uint64_t cost_on(Revision revision, Opcode opcode, const Address& address) {
    return cost(revision, Code{}.push(address).op(opcode)) - 3;
}
/// Puts init code of up to 32 bytes to memory and creates.
Code create(const Bytes& init, uint64_t value = 0) {
    Code out;
    uint8_t word[32]{};
    std::memcpy(word, init.data(), init.size());
    out.raw("7f").raw(to_hex(BytesView{word, 32})).push(0).op(OP_MSTORE);
    return out.call(OP_CREATE, {value, 0, init.size()});
}
const Bytes empty_init{OP_STOP};

TEST(Eip2, ACreationThatCannotPayForItsCodeFailsFromHomesteadOn) {
    // Init code that returns 32 bytes of zeros: 6400 gas to deposit.
    const Bytes init = Code{}.push(32).push(0).op(OP_RETURN).bytes();
    for (const Revision revision : {frontier, homestead}) {
        World world(revision);
        world.begin();
        Message message = World::message(3000, init);
        message.kind = CallKind::create;
        message.recipient = create_address(sender, 0);
        const CallResult result = world.machine.execute(message, world.transaction);
        const state::AccountEntry& made = *world.journal.account(message.recipient);
        EXPECT_EQ(made.now.code_hash, crypto::empty_code_hash);
        if (revision == frontier) {
            EXPECT_EQ(result.status, Status::success);
            EXPECT_EQ(result.gas_left, 3000 - 9);
            EXPECT_TRUE(made.exists);
        } else {
            EXPECT_EQ(result.status, Status::out_of_gas);
            EXPECT_EQ(result.gas_left, 0);
            EXPECT_FALSE(made.exists);
        }
    }
}

TEST(Eip7, DelegateCallFromHomesteadOnKeepsSenderAndValue) {
    const Code callee = Code{}.op(OP_CALLVALUE).op(OP_CALLER).op(OP_ADD).op(OP_ADDRESS).op(OP_ADD).give();
    Code caller;
    caller.call(OP_DELEGATECALL, {50'000, word_of_address(other), 0, 0, 0, 32})
        .op(OP_POP)
        .push(0)
        .op(OP_MLOAD)
        .give();
    World world(homestead);
    world.deploy(other, callee);
    const CallResult result = world.run(caller, 100'000, {}, 5);
    EXPECT_EQ(word(result.output), word_of_address(sender) + 5 + word_of_address(contract));
    World old(frontier);
    EXPECT_EQ(old.run(caller).status, Status::invalid_instruction);
}

TEST(Eip150, PricesOfAccessesAndOneSixtyFourth) {
    EXPECT_EQ(cost(homestead, Code{}.push(0).op(OP_SLOAD)), 53);
    EXPECT_EQ(cost(tangerine_whistle, Code{}.push(0).op(OP_SLOAD)), 203);
    EXPECT_EQ(cost_on(homestead, OP_BALANCE, other), 20);
    EXPECT_EQ(cost_on(tangerine_whistle, OP_BALANCE, other), 400);
    EXPECT_EQ(cost_on(tangerine_whistle, OP_EXTCODESIZE, other), 700);
    // The callee burns all it gets: before, all that was asked for; after, at most all but one 64th.
    Code caller;
    caller.call(OP_CALL, {uint256::max(), word_of_address(other), 0, 0, 0, 0, 0});
    World world(tangerine_whistle);
    world.deploy(other, Code{OP_INVALID});
    const CallResult result = world.run(caller, 100'000);
    EXPECT_EQ(result.status, Status::success);
    EXPECT_EQ(result.gas_left, (100'000 - 7 * 3 - 700) / 64);
    World old(homestead);
    old.deploy(other, Code{OP_INVALID});
    EXPECT_EQ(old.run(caller, 100'000).status, Status::out_of_gas);
}

TEST(Eip158, CallsToNewAccountsAndTouching) {
    Code caller;
    caller.call(OP_CALL, {0, word_of_address(nobody), 0, 0, 0, 0, 0});
    EXPECT_EQ(cost(tangerine_whistle, caller), 7 * 3 + 700 + 25'000);
    EXPECT_EQ(cost(spurious_dragon, caller), 7 * 3 + 700);
    World old(homestead);
    (void)old.run(caller);
    EXPECT_TRUE(old.journal.account(nobody)->exists);
    World world(spurious_dragon);
    world.state.set_account(nobody, {});  // empty, left from before
    (void)world.run(caller);
    world.journal.end_transaction();
    EXPECT_FALSE(world.journal.account(nobody)->exists);
    // With value the account is new in both.
    Code payer;
    payer.call(OP_CALL, {0, word_of_address(nobody), 1, 0, 0, 0, 0});
    World rich(spurious_dragon);
    rich.deploy(contract, payer, 10);
    EXPECT_EQ(used(rich.call(), 1'000'000), 7 * 3 + 700 + 25'000 + 9000 - 2300);
    EXPECT_EQ(rich.journal.account(nobody)->now.balance, uint256{1});
}

TEST(Eip160, ExponentBytesCostMore) {
    EXPECT_EQ(cost(tangerine_whistle, Code{}.push(0x100).push(2).op(OP_EXP)), 6 + 10 + 20);
    EXPECT_EQ(cost(spurious_dragon, Code{}.push(0x100).push(2).op(OP_EXP)), 6 + 10 + 100);
    // The same where the exponent isn't known to the translation.
    EXPECT_EQ(cost(spurious_dragon, Code{}.op(OP_CALLDATASIZE).push(2).op(OP_EXP)), 2 + 3 + 10);
}

TEST(Eip161, ContractsBeginWithNonceOne) {
    for (const Revision revision : {tangerine_whistle, spurious_dragon}) {
        World world(revision);
        const CallResult result = world.run(create(empty_init).give());
        EXPECT_EQ(word(result.output), word_of_address(create_address(contract, 1)));
        EXPECT_EQ(world.journal.account(create_address(contract, 1))->now.nonce,
                  revision == spurious_dragon ? 1 : 0);
        EXPECT_EQ(world.journal.account(contract)->now.nonce, 2);
    }
}

TEST(Eip170, CodeSizeLimit) {
    const Bytes init = Code{}.push(0x6001).push(0).op(OP_RETURN).bytes();
    for (const Revision revision : {tangerine_whistle, spurious_dragon}) {
        World world(revision);
        world.begin();
        Message message = World::message(10'000'000, init);
        message.kind = CallKind::create;
        message.recipient = other;
        EXPECT_EQ(world.machine.execute(message, world.transaction).status,
                  revision == spurious_dragon ? Status::code_too_large : Status::success);
    }
}

TEST(Eip140, RevertKeepsGasAndOutput) {
    World world(byzantium);
    const CallResult result = world.run(
        Code{}.push(1).push(1).op(OP_SSTORE).push(42).push(0).op(OP_MSTORE).raw("60206000fd"), 100'000);
    EXPECT_EQ(result.status, Status::revert);
    EXPECT_EQ(word(result.output), uint256{42});
    EXPECT_EQ(used(result, 100'000), 20'000 + 6 + 6 + 6 + 6);
    EXPECT_EQ(world.storage(contract, 1), uint256{0});
}

TEST(Eip211, ReturnDataIsTheLastCallsAndBoundsAreChecked) {
    World world(byzantium);
    world.deploy(other, Code{}.push(7).give());
    Code code;
    code.call(OP_CALL, {50'000, word_of_address(other), 0, 0, 0, 0, 0}).op(OP_POP);
    Code good = Code{}
                    .add(code)
                    .call(OP_RETURNDATACOPY, {0, 0, 32})
                    .push(0)
                    .op(OP_MLOAD)
                    .op(OP_RETURNDATASIZE)
                    .op(OP_ADD)
                    .give();
    EXPECT_EQ(word(world.run(good).output), uint256{39});
    EXPECT_EQ(world.run(Code{}.add(code).call(OP_RETURNDATACOPY, {0, 1, 32})).status,
              Status::return_data_out_of_bounds);
    EXPECT_EQ(world.run(Code{}.add(code).call(OP_RETURNDATACOPY, {0, uint256::max(), 1})).status,
              Status::return_data_out_of_bounds);
    // The buffer survives growth of the caller's memory over the callee's.
    Code grown = Code{}
                     .add(code)
                     .push(uint256::max())
                     .push(0)
                     .op(OP_MSTORE)
                     .push(uint256::max())
                     .push(32)
                     .op(OP_MSTORE);
    EXPECT_EQ(word(world.run(grown.call(OP_RETURNDATACOPY, {0, 0, 32}).push(0).op(OP_MLOAD).give()).output),
              uint256{7});
    // A call to an account without code empties it.
    code.call(OP_CALL, {0, word_of_address(nobody), 0, 0, 0, 0, 0}).op(OP_POP);
    EXPECT_EQ(word(world.run(code.op(OP_RETURNDATASIZE).give()).output), uint256{0});
}

TEST(Eip214, StaticCallsForbidChanges) {
    const std::pair<const char*, Code> changes[] = {
        {"SSTORE", Code{}.push(1).push(1).op(OP_SSTORE)},
        {"TSTORE", Code{}.push(1).push(1).op(OP_TSTORE)},
        {"LOG0", Code{}.push(0).push(0).op(OP_LOG0)},
        {"CREATE", Code{}.call(OP_CREATE, {0, 0, 0})},
        {"CREATE2", Code{}.call(OP_CREATE2, {0, 0, 0, 0})},
        {"SELFDESTRUCT", Code{}.push(nobody).op(OP_SELFDESTRUCT)},
        {"CALL with value", Code{}.call(OP_CALL, {0, word_of_address(nobody), 1, 0, 0, 0, 0})},
        {"CALL below",
         Code{}.call(OP_CALL, {50'000, word_of_address(third), 0, 0, 0, 0, 0}).op(OP_ISZERO).raw("602057fe")},
    };
    for (const auto& [name, change] : changes) {
        World world(cancun);
        world.deploy(other, change, 5);
        world.deploy(third, Code{}.push(1).push(1).op(OP_SSTORE));
        Code code;
        code.call(OP_STATICCALL, {100'000, word_of_address(other), 0, 0, 0, 0}).give();
        EXPECT_EQ(word(world.run(code).output), uint256{0}) << name;
        code = Code{};
        code.call(OP_CALL, {100'000, word_of_address(other), 0, 0, 0, 0, 0}).give();
        EXPECT_EQ(word(world.run(code).output), uint256{std::string_view(name) == "CALL below" ? 0u : 1u})
            << name;
    }
}

/// The official cases of EIP-1283 and EIP-2200: code, original value, gas, refund.
struct StoreCase {
    const char* code;
    uint64_t original;
    uint64_t gas_1283, gas_2200;
    int64_t refund_1283, refund_2200;
};
constexpr StoreCase store_cases[] = {
    {"60006000556000600055", 0, 412, 1612, 0, 0},
    {"60006000556001600055", 0, 20212, 20812, 0, 0},
    {"60016000556000600055", 0, 20212, 20812, 19800, 19200},
    {"60016000556002600055", 0, 20212, 20812, 0, 0},
    {"60016000556001600055", 0, 20212, 20812, 0, 0},
    {"60006000556000600055", 1, 5212, 5812, 15000, 15000},
    {"60006000556001600055", 1, 5212, 5812, 4800, 4200},
    {"60006000556002600055", 1, 5212, 5812, 0, 0},
    {"60026000556000600055", 1, 5212, 5812, 15000, 15000},
    {"60026000556003600055", 1, 5212, 5812, 0, 0},
    {"60026000556001600055", 1, 5212, 5812, 4800, 4200},
    {"60026000556002600055", 1, 5212, 5812, 0, 0},
    {"60016000556000600055", 1, 5212, 5812, 15000, 15000},
    {"60016000556002600055", 1, 5212, 5812, 0, 0},
    {"60016000556001600055", 1, 412, 1612, 0, 0},
    {"600160005560006000556001600055", 0, 40218, 40818, 19800, 19200},
    {"600060005560016000556000600055", 1, 10218, 10818, 19800, 19200},
};

TEST(Eip1283, NetGasMetering) {
    for (const StoreCase& c : store_cases) {
        World world(constantinople);
        world.state.set_storage(contract, 0, c.original);
        EXPECT_EQ(used(world.run(Code{}.raw(c.code)), 1'000'000), c.gas_1283) << c.code;
        EXPECT_EQ(world.journal.refund(), c.refund_1283) << c.code;
    }
}
TEST(Eip2200, NetGasMeteringAndTheSentry) {
    for (const StoreCase& c : store_cases) {
        World world(istanbul);
        world.state.set_storage(contract, 0, c.original);
        EXPECT_EQ(used(world.run(Code{}.raw(c.code)), 1'000'000), c.gas_2200) << c.code;
        EXPECT_EQ(world.journal.refund(), c.refund_2200) << c.code;
    }
    World world(istanbul);
    EXPECT_EQ(world.run(Code{}.raw("6001600155"), 2306).status, Status::out_of_gas);
    world.state.set_storage(contract, 1, 1);
    EXPECT_EQ(world.call(2306).status, Status::out_of_gas);
    EXPECT_EQ(world.call(2307).status, Status::success);
}
TEST(Eip1283, NotInPetersburg) {
    World world(petersburg);
    EXPECT_EQ(used(world.run(Code{}.raw("60016000556000600055")), 1'000'000), 25'012);
    EXPECT_EQ(world.journal.refund(), 15'000);
}
TEST(Eip3529, RefundsOfLondon) {
    for (const Revision revision : {berlin, london}) {
        World world(revision);
        world.state.set_storage(contract, 0, 1);
        EXPECT_EQ(used(world.run(Code{}.raw("6000600055")), 1'000'000), 6 + 2100 + 2900);
        EXPECT_EQ(world.journal.refund(), revision == berlin ? 15'000 : 4'800);
        (void)world.run(Code{}.push(nobody).op(OP_SELFDESTRUCT));
        EXPECT_EQ(world.journal.refund(), revision == berlin ? 24'000 : 0);
    }
}

TEST(Eip1014, Create2) {
    World world(constantinople);
    Code code;
    code.call(OP_CREATE2, {0, 0, 33, 77}).give();
    const Bytes init(33);
    const CallResult result = world.run(code);
    EXPECT_EQ(word(result.output), word_of_address(create2_address(contract, 77, init)));
    EXPECT_EQ(used(result, 1'000'000), 12 + 32'000 + 2 * 6 + 6 + 12);
    World old(byzantium);
    EXPECT_EQ(old.run(code).status, Status::invalid_instruction);
}

TEST(Eip1052, ExtCodeHash) {
    World world(constantinople);
    const Code hash_of_other = Code{}.push(other).op(OP_EXTCODEHASH).give();
    EXPECT_EQ(word(world.run(hash_of_other).output), uint256{0});
    world.state.set_account(other, {.nonce = 0, .balance = 1, .code_hash = crypto::empty_code_hash});
    EXPECT_EQ(word(world.call().output), base::to_uint256(crypto::empty_code_hash));
    world.deploy(other, Code{OP_STOP});
    EXPECT_EQ(word(world.call().output), base::to_uint256(keccak256(Bytes{0})));
    EXPECT_EQ(cost_on(constantinople, OP_EXTCODEHASH, other), 400);
    EXPECT_EQ(cost_on(istanbul, OP_EXTCODEHASH, other), 700);
}

TEST(Eip1884, PricesAndSelfBalance) {
    EXPECT_EQ(cost(istanbul, Code{}.push(0).op(OP_SLOAD)), 803);
    EXPECT_EQ(cost_on(istanbul, OP_BALANCE, other), 700);
    World world(istanbul);
    world.deploy(contract, Code{}.op(OP_SELFBALANCE).give(), 99);
    EXPECT_EQ(word(world.call().output), uint256{99});
    EXPECT_EQ(cost(istanbul, Code{OP_SELFBALANCE}), 5);
}

TEST(Eip1344, ChainId) {
    World world(istanbul);
    world.block.chain_id = 1337;
    EXPECT_EQ(word(world.run(Code{}.op(OP_CHAINID).give()).output), uint256{1337});
}

TEST(Eip2929, ColdAndWarm) {
    for (const Opcode opcode : {OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODEHASH}) {
        EXPECT_EQ(cost_on(berlin, opcode, other), 2600);
        EXPECT_EQ(cost(berlin, Code{}.push(other).op(opcode).push(other).op(opcode)), 6 + 2700);
    }
    EXPECT_EQ(cost(berlin, Code{}.push(1).op(OP_SLOAD).push(1).op(OP_SLOAD)), 6 + 2200);
    EXPECT_EQ(cost(berlin, Code{}.push(1).op(OP_SLOAD).push(0).push(1).op(OP_SSTORE)), 9 + 2100 + 100);
    EXPECT_EQ(cost(berlin, Code{}.call(OP_CALL, {0, word_of_address(nobody), 0, 0, 0, 0, 0})), 21 + 2600);
    EXPECT_EQ(cost(berlin, Code{}.call(OP_CALL, {0, 4, 0, 0, 0, 0, 0})), 21 + 100);  // a precompile is warm
    EXPECT_EQ(cost(berlin, Code{}.push(nobody).op(OP_SELFDESTRUCT)), 3 + 5000 + 2600);
    // What a reverted call warmed is cold again.
    World world(berlin);
    world.deploy(other, Code{}.push(third).op(OP_BALANCE).raw("60006000fd"));
    Code code;
    code.call(OP_CALL, {50'000, word_of_address(other), 0, 0, 0, 0, 0}).push(third).op(OP_BALANCE);
    EXPECT_EQ(used(world.run(code), 1'000'000), 21 + 2600 + (3 + 2600 + 6) + 3 + 2600);
}

TEST(Eip3198, BaseFee) {
    World world(london);
    world.block.base_fee = 12345;
    EXPECT_EQ(word(world.run(Code{}.op(OP_BASEFEE).give()).output), uint256{12345});
    World old(berlin);
    EXPECT_EQ(old.run(Code{OP_BASEFEE}).status, Status::invalid_instruction);
}

TEST(Eip3541, CodeMustNotBeginWithEf) {
    const Bytes init = Code{}.raw("60ef60005360016000f3").bytes();
    for (const Revision revision : {berlin, london}) {
        World world(revision);
        const CallResult result = world.run(create(init).op(OP_ISZERO).give());
        EXPECT_EQ(word(result.output), uint256{revision == london ? 1u : 0u});
    }
}

TEST(Eip3855, Push0) {
    World world(shanghai);
    EXPECT_EQ(used(world.run(Code{OP_PUSH0, OP_PUSH0, OP_ADD}), 1'000'000), 7);
    World old(paris);
    EXPECT_EQ(old.run(Code{OP_PUSH0}).status, Status::invalid_instruction);
}

TEST(Eip3860, InitCodeIsLimitedAndMetered) {
    EXPECT_EQ(cost(paris, Code{}.call(OP_CREATE, {0, 0, 64})) + 4,
              cost(shanghai, Code{}.call(OP_CREATE, {0, 0, 64})));
    World world(shanghai);
    EXPECT_EQ(world.run(Code{}.call(OP_CREATE, {0, 0, 49152})).status, Status::success);
    EXPECT_EQ(world.run(Code{}.call(OP_CREATE, {0, 0, 49153})).status, Status::init_code_too_large);
}

TEST(Eip4399, PrevRandao) {
    for (const Revision revision : {london, paris}) {
        World world(revision);
        world.block.difficulty = 111;
        world.block.prev_randao = base::to_hash(222);
        EXPECT_EQ(word(world.run(Code{}.op(OP_PREVRANDAO).give()).output),
                  uint256{revision == paris ? 222u : 111u});
    }
}

TEST(Eip1153, TransientStorageRevertsAndBelongsToTheAccount) {
    World world(cancun);
    world.deploy(other, Code{}.push(9).push(1).op(OP_TSTORE).raw("60006000fd"));
    world.deploy(third, Code{}.push(1).op(OP_TLOAD).give());
    Code code;
    code.push(5).push(1).op(OP_TSTORE);
    code.call(OP_DELEGATECALL, {50'000, word_of_address(other), 0, 0, 0, 0}).op(OP_POP);
    code.call(OP_CALL, {50'000, word_of_address(third), 0, 0, 0, 0, 32}).op(OP_POP);
    code.push(1).op(OP_TLOAD).push(0).op(OP_MLOAD).push(100).op(OP_MUL).op(OP_ADD).give();
    EXPECT_EQ(word(world.run(code).output), uint256{5});
    EXPECT_EQ(cost(cancun, Code{}.push(1).op(OP_TLOAD)), 103);
}

TEST(Eip4844, BlobHash) {
    World world(cancun);
    const Hash hashes[] = {base::to_hash(1234), base::to_hash(5678)};
    world.transaction.blob_versioned_hashes = hashes;
    EXPECT_EQ(word(world.run(Code{}.push(1).op(OP_BLOBHASH).give()).output), uint256{5678});
    EXPECT_EQ(word(world.run(Code{}.push(2).op(OP_BLOBHASH).give()).output), uint256{0});
}
TEST(Eip7516, BlobBaseFee) {
    World world(cancun);
    world.block.blob_base_fee = 3;
    EXPECT_EQ(word(world.run(Code{}.op(OP_BLOBBASEFEE).give()).output), uint256{3});
}

TEST(Eip6780, SelfDestructOnlyOfWhatTheTransactionCreated) {
    for (const Revision revision : {shanghai, cancun}) {
        World world(revision);
        world.deploy(contract, Code{}.push(nobody).op(OP_SELFDESTRUCT), 50);
        (void)world.call();
        EXPECT_EQ(world.journal.account(nobody)->now.balance, uint256{50});
        EXPECT_EQ(world.journal.destroyed_here(*world.journal.account(contract)), revision == shanghai);
        // To itself: burnt before, kept since.
        world.deploy(contract, Code{}.op(OP_ADDRESS).op(OP_SELFDESTRUCT), 50);
        (void)world.call();
        EXPECT_EQ(world.journal.account(contract)->now.balance, uint256{revision == shanghai ? 0u : 50u});
    }
    World world(cancun);
    world.deploy(contract, create(Code{OP_ADDRESS, OP_SELFDESTRUCT}.bytes(), 7), 50);
    (void)world.call();
    const state::AccountEntry& made = *world.journal.account(create_address(contract, 1));
    EXPECT_TRUE(world.journal.destroyed_here(made));
    EXPECT_EQ(made.now.balance, uint256{0});
}

TEST(Eip684And7610, CreationCollidesWithNonceCodeOrStorage) {
    const Address taken = create_address(contract, 1);
    for (const char* what : {"nonce", "code", "storage", "balance"}) {
        World world;
        if (what == std::string_view("nonce"))
            world.state.set_account(taken, {.nonce = 1, .balance = {}, .code_hash = crypto::empty_code_hash});
        if (what == std::string_view("code")) world.deploy(taken, Code{OP_STOP});
        if (what == std::string_view("storage")) {
            world.state.set_account(taken, {.nonce = 0, .balance = 1, .code_hash = crypto::empty_code_hash});
            world.state.set_storage(taken, 5, 1);
        }
        const bool free = what == std::string_view("balance");
        if (free)
            world.state.set_account(taken, {.nonce = 0, .balance = 1, .code_hash = crypto::empty_code_hash});
        const CallResult result = world.run(create(empty_init).give(), 200'000);
        EXPECT_EQ(word(result.output), free ? word_of_address(taken) : uint256{0}) << what;
        EXPECT_EQ(result.gas_left > 100'000, free) << what;
        EXPECT_EQ(world.journal.account(contract)->now.nonce, 2) << what;
    }
}

TEST(Eip7702, DelegationIsFollowedOnceAndPaidFor) {
    World world(prague);
    Code designator = Code{}.raw("ef0100").raw(to_hex(third));
    world.deploy(other, designator);
    world.deploy(third, Code{}.op(OP_ADDRESS).op(OP_CODESIZE).op(OP_ADD).give());
    Code code;
    code.call(OP_CALL, {50'000, word_of_address(other), 0, 0, 0, 0, 32});
    const CallResult result = world.run(Code{}.add(code).op(OP_POP).push(0).op(OP_MLOAD).give());
    EXPECT_EQ(word(result.output), word_of_address(other) + 11);
    // EXTCODESIZE and EXTCODEHASH see the designator.
    EXPECT_EQ(word(world.run(Code{}.push(other).op(OP_EXTCODESIZE).give()).output), uint256{23});
    EXPECT_EQ(word(world.run(Code{}.push(other).op(OP_EXTCODEHASH).give()).output),
              base::to_uint256(keccak256(designator.bytes())));
    // Both accounts cold; then both warm.
    world.deploy(third, Code{OP_STOP});
    EXPECT_EQ(used(world.run(code), 1'000'000), 21 + 3 + 2600 + 2600);
    EXPECT_EQ(used(world.run(Code{}.add(code).op(OP_POP).add(code)), 1'000'000),
              2 * 21 + 3 + 2600 + 2600 + 2 + 100 + 100);
    // A delegate that delegates runs as it is, and 0xef is no instruction; a delegated precompile is empty
    // code.
    world.deploy(third, Code{}.raw("ef0100").raw(to_hex(nobody)));
    EXPECT_EQ(word(world.run(Code{}.add(code).give()).output), uint256{0});
    world.deploy(other, Code{}.raw("ef01000000000000000000000000000000000000000004"));
    EXPECT_EQ(word(world.run(Code{}.add(code).op(OP_RETURNDATASIZE).op(OP_ADD).give()).output), uint256{1});
    // Not before Prague.
    World old(cancun);
    old.deploy(other, designator);
    EXPECT_EQ(word(old.run(Code{}.add(code).give()).output), uint256{0});
    // The outermost call follows it, too, and warms the delegate for nothing.
    world.deploy(contract, Code{}.raw("ef0100").raw(to_hex(third)));
    world.deploy(third, Code{}.push(third).op(OP_BALANCE));
    EXPECT_EQ(used(world.call(), 1'000'000), 103);
}

TEST(Eip7939, ClzFromOsakaOn) {
    World old(prague);
    EXPECT_EQ(old.run(Code{}.push(1).op(OP_CLZ)).status, Status::invalid_instruction);
    EXPECT_EQ(cost(osaka, Code{}.push(1).op(OP_CLZ)), 8);
}

TEST(YellowPaper, CallsEndAtDepth1024) {
    // The contract calls itself with all gas and counts in storage slot 0.
    World world(frontier);
    Code code;
    code.push(0).op(OP_SLOAD).push(1).op(OP_ADD).push(0).op(OP_SSTORE);
    code.push(0).push(0).push(0).push(0).push(0).push(contract).push(30'000).op(OP_GAS).op(OP_SUB).op(
        OP_CALL);
    EXPECT_EQ(world.run(code, 1'000'000'000).status, Status::success);
    EXPECT_EQ(world.storage(contract, 0), uint256{1025});
}

TEST(YellowPaper, CallsWithoutTheBalanceFailAndReturnTheGas) {
    World world;
    Code code;
    code.call(OP_CALL, {50'000, word_of_address(other), 5, 0, 0, 0, 0}).give();
    world.deploy(other, Code{OP_INVALID});
    const CallResult result = world.run(code);
    EXPECT_EQ(word(result.output), uint256{0});
    EXPECT_EQ(used(result, 1'000'000), 21u + 2600 + 9000 - 2300 + 12 + 3);
}

TEST(YellowPaper, StipendLetsTheCalleeLog) {
    World world;
    world.deploy(other, Code{}.push(0).push(0).op(OP_LOG0));
    world.deploy(contract, Code{}.call(OP_CALL, {0, word_of_address(other), 5, 0, 0, 0, 0}).give(), 10);
    EXPECT_EQ(word(world.call().output), uint256{1});
    EXPECT_EQ(world.journal.logs().size(), 1u);
}

TEST(YellowPaper, BlockHashesOfTheLast256Blocks) {
    World world;
    for (uint64_t n = 700; n <= 1001; ++n) world.state.set_block_hash(n, base::to_hash(n));
    for (const auto& [number, expected] :
         {std::pair<uint64_t, uint64_t>{999, 999}, {744, 744}, {743, 0}, {1000, 0}, {1001, 0}})
        EXPECT_EQ(word(world.run(Code{}.push(number).op(OP_BLOCKHASH).give()).output), uint256{expected})
            << number;
}

// A machine asks for a hash once in a block, and anew in the next.
TEST(YellowPaper, BlockHashesAreAskedForOnceInABlock) {
    World world;
    world.state.set_block_hash(999, base::to_hash(7));
    world.state.set_block_hash(744, base::to_hash(8));
    Code sum;
    sum.push(999).op(OP_BLOCKHASH).push(744).op(OP_BLOCKHASH).op(OP_ADD);
    sum.push(999).op(OP_BLOCKHASH).op(OP_ADD).give();
    EXPECT_EQ(word(world.run(sum).output), uint256{7 + 8 + 7});
    const int reads = world.source.reads;
    EXPECT_EQ(word(world.run(Code{}.push(999).op(OP_BLOCKHASH).give()).output), uint256{7});
    const int other_reads = world.source.reads - reads;
    EXPECT_EQ(reads, other_reads + 1) << "the first run asked for two hashes, the second for one";
    world.state.set_block_hash(999, base::to_hash(9));
    EXPECT_EQ(word(world.call().output), uint256{9}) << "another block, another chain";
}

PrecompileOutcome counter(const PrecompileCall& call, Bytes& output) {
    // A chain's own: counts its calls in the caller's storage; a call with data reverts.
    if (call.gas < 1000) return {Status::out_of_gas, 0};
    state::AccountEntry* const account = call.journal.account(call.recipient);
    if (account == nullptr) return {Status::state_error, 0};
    state::SlotEntry* const slot = call.journal.slot(*account, 0);
    if (slot == nullptr) return {Status::state_error, 0};
    if (call.is_static) return {Status::static_state_change, 0};
    call.journal.set(*slot, slot->now + 1);
    output.assign(32, 0);
    base::store_be(output.data(), slot->now);
    return {call.input.empty() ? Status::success : Status::revert, call.gas - 1000};
}

TEST(PrecompileSet, AChainsOwnStatefulPrecompile) {
    World world;
    const Address at = "0x0000000000000000000000000000000000001234"_address;
    world.precompiles.add(at, counter);
    const auto call = [&](Opcode opcode, uint64_t size) {
        Code code;
        if (opcode == OP_CALL)
            return code.call(opcode, {50'000, word_of_address(at), 0, 0, size, 0, 32}).op(OP_POP);
        return code.call(opcode, {50'000, word_of_address(at), 0, size, 0, 32}).op(OP_POP);
    };
    const Code read = Code{}.push(0).op(OP_MLOAD).give();
    EXPECT_EQ(word(world.run(Code{}.add(call(OP_CALL, 0)).add(call(OP_CALL, 0)).add(read)).output),
              uint256{2});
    EXPECT_EQ(world.storage(at, 0), uint256{2});
    EXPECT_EQ(word(world.run(Code{}.add(call(OP_CALL, 1)).add(read)).output),
              uint256{1});  // reverted, with output
    EXPECT_EQ(world.storage(at, 0), uint256{0});
    (void)world.run(call(OP_DELEGATECALL, 0));
    EXPECT_EQ(world.storage(contract, 0), uint256{1});
    EXPECT_EQ(word(world.run(Code{}.add(call(OP_STATICCALL, 0)).add(read)).output), uint256{0});
}

TEST(Precompiles, ThroughCallsOfTheMachine) {
    World world;
    Code code;  // IDENTITY
    code.push(77)
        .push(0)
        .op(OP_MSTORE)
        .call(OP_CALL, {100, 4, 0, 0, 32, 32, 32})
        .op(OP_POP)
        .push(32)
        .op(OP_MLOAD)
        .give();
    EXPECT_EQ(word(world.run(code).output), uint256{77});
    code = Code{};  // too little gas
    EXPECT_EQ(word(world.run(code.call(OP_CALL, {17, 4, 0, 0, 32, 32, 32}).give()).output), uint256{0});
}

}  // namespace
}  // namespace weft::evm::test
