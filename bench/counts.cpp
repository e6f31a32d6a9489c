// Fixed, deterministic work for counting instructions: tools/count_instructions.py runs this under callgrind
// and holds each case against bench/budgets.json. Every case runs once to warm up, then once inside
// weft_counted().
#include <fmt/format.h>
#include <sys/random.h>

#include <functional>

#include "weft/cli/inputs.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/evm/program.hpp"
#include "weft/evm/test_world.hpp"
#include "weft/execution/executor.hpp"
#include "weft/primitives/receipt.hpp"
#include "weft/trie/state_trie.hpp"

/// What callgrind collects; the name is known to the tool.
extern "C" [[gnu::noinline]] void weft_counted(const std::function<void()>& run) { run(); }

/// Stands in for libc's: hash tables draw their secret here, and must not probe differently from run to run.
extern "C" ssize_t getrandom(void* buffer, size_t size, unsigned /*flags*/) {
    for (size_t i = 0; i < size; ++i) static_cast<uint8_t*>(buffer)[i] = static_cast<uint8_t>(37 * i + 11);
    return static_cast<ssize_t>(size);
}

namespace {

using namespace weft;
using evm::test::Code;
using evm::test::World;
using execution::ExecutorKind;

struct Case {
    std::string name;
    std::function<void()> run;
};

/// Keeps a result from being optimised away.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

uint256 word_number(uint64_t i) {
    return {i * 0x9e3779b97f4a7c15, i * 0xd6e8feb86659fd93, ~i, i * 0xa0761d6478bd642f};
}

void divide_words() {
    for (uint64_t i = 1; i <= 5000; ++i) {
        const uint256 a = word_number(i), b = word_number(i + 7) >> (i % 200);
        keep(base::divide(a, b));
        keep(base::mul_mod(a, b, word_number(3)));
        keep(a * b + a);
    }
}

void hash_messages() {
    const Bytes message(1024, 0x5a);
    for (int i = 0; i < 20; ++i) keep(keccak256(message));
    for (int i = 0; i < 500; ++i) keep(crypto::keccak256_64(message.data() + i));
}

/// A loop of `count` rounds around `body`, which leaves the stack as it found it: the counter, on top.
Code loop(uint64_t count, const Code& body) {
    Code out;
    out.push(count);
    const uint64_t start = out.size();
    out.op(evm::OP_JUMPDEST).add(body);
    out.push(1).op(evm::OP_SWAP1).op(evm::OP_SUB).op(evm::OP_DUP1).push(start).op(evm::OP_JUMPI);
    return out.op(evm::OP_STOP);
}

Case code_case(const std::string& name, uint64_t count, const Code& body) {
    auto world = std::make_shared<World>(Revision::cancun);
    world->deploy(evm::test::contract, loop(count, body));
    world->deploy(evm::test::other, Code{evm::OP_STOP});
    return {name, [world] { keep(world->call(uint64_t{1} << 40)); }};
}

std::vector<Case> code_cases() {
    using namespace evm;
    std::vector<Case> out;
    Code stack, memory, storage, calls, products;
    for (int i = 0; i < 4; ++i) {
        stack.op(OP_DUP1).op(OP_DUP1).op(OP_MUL).op(OP_DUP2).op(OP_XOR).op(OP_SWAP1).op(OP_POP);
        stack.push(3).op(OP_SHL).push(0xffffff).op(OP_AND).op(OP_DUP1).op(OP_ISZERO).op(OP_POP);
    }
    // The counter must survive: work on copies.
    out.push_back(code_case("stack", 4000, Code{OP_DUP1}.add(stack).op(OP_POP)));
    memory.op(OP_DUP1).push(0).op(OP_MSTORE).op(OP_DUP1).push(32).op(OP_MSTORE);
    memory.push(64).push(0).op(OP_KECCAK256).op(OP_POP).push(0).op(OP_MLOAD).op(OP_POP);
    out.push_back(code_case("memory and keccak256", 500, memory));
    storage.op(OP_DUP1).push(63).op(OP_AND).op(OP_SLOAD).push(1).op(OP_ADD);
    storage.op(OP_DUP2).push(63).op(OP_AND).op(OP_SSTORE);
    out.push_back(code_case("storage", 5000, storage));
    calls.push(0).push(0).push(0).push(0).push(test::other).op(OP_GAS).op(OP_STATICCALL).op(OP_POP);
    out.push_back(code_case("calls", 5000, calls));
    products.push((uint256{1} << 255) - 19).op(OP_DUP2).op(OP_DUP1).op(OP_MULMOD).op(OP_POP);
    out.push_back(code_case("products modulo a prime", 5000, products));
    return out;
}

Case translation_case(const cli::Input& dex) {
    return {"translation", [&dex] {
                state::CodeSpace space;
                state::CodeArena arena(space);
                dex.state.for_each_account([&](const Address&, const Account& account) {
                    if (const Bytes* code = dex.state.find_code(account.code_hash))
                        keep(evm::Program::make(*code, Revision::osaka, false, arena)->complete());
                });
            }};
}

Case journal_case() {
    auto world = std::make_shared<World>();
    return {"journal", [world] {
                world->begin();
                Journal& journal = world->journal;
                for (uint64_t i = 0; i < 3000; ++i) {
                    const auto snapshot = journal.snapshot();
                    auto* const account = journal.account(base::to_address(word_number(i % 100)));
                    journal.credit(*account, i);
                    auto* const slot = journal.slot(*account, i % 500);
                    journal.warm(*slot);
                    journal.set(*slot, i);
                    if (i % 2 == 0) journal.revert(snapshot);
                }
            }};
}

Case block_case(const std::string& name, const cli::Input& input, const ChainConfig& config,
                execution::ContextOptions options) {
    auto context = std::make_shared<ExecutionContext>(std::move(options));
    return {name, [context, &input, &config] {
                context->forget();
                const auto result = execute_block(input.block, config, input.state, *context);
                if (!result) fmt::print(stderr, "a block does not run\n");
                keep(result);
            }};
}

Case trie_case() {
    auto state = std::make_shared<MemoryState>();
    for (uint64_t i = 0; i < 2000; ++i)
        state->set_account(base::to_address(word_number(i)), {.nonce = i, .balance = i});
    auto trie = std::make_shared<StateTrie>(*state);
    auto round = std::make_shared<uint64_t>(0);
    return {"state root", [trie, state, round] {
                std::vector<state::CommittedAccount> changes;
                ++*round;
                for (uint64_t i = 0; i < 100; ++i)
                    changes.push_back(
                        {base::to_address(word_number(20 * i)), Account{.nonce = *round, .balance = i}});
                trie->commit(changes, {});
                keep(trie->root());
            }};
}

cli::Input make_input(const char* workload, uint64_t transactions, const ChainConfig& config) {
    workload::Options options;
    options.transactions = transactions;
    options.accounts = 2 * transactions;
    auto input = cli::load({.folder = {}, .workload = workload}, options, config);
    if (!input) {
        fmt::print(stderr, "{}\n", input.error());
        std::exit(2);
    }
    return std::move(*input);
}

}  // namespace

int main() {
    const ChainConfig config = primitives::mainnet();
    const cli::Input transfers = make_input("transfers", 300, config),
                     erc20 = make_input("erc20", 150, config), dex = make_input("dex", 50, config);
    const execution::ContextOptions sequential{.executor = ExecutorKind::sequential, .threads = 1};
    execution::ContextOptions optimistic{.executor = ExecutorKind::optimistic, .threads = 1};
    optimistic.speculation.trust_head = false;  // the whole path
    std::vector<Case> cases{{"division", divide_words}, {"keccak256", hash_messages}};
    std::ranges::move(code_cases(), std::back_inserter(cases));
    cases.push_back(translation_case(dex));
    cases.push_back(journal_case());
    cases.push_back(block_case("transfers, sequential", transfers, config, sequential));
    cases.push_back(block_case("erc20, sequential", erc20, config, sequential));
    cases.push_back(block_case("dex, sequential", dex, config, sequential));
    cases.push_back(block_case("erc20, optimistic on one thread", erc20, config, optimistic));
    cases.push_back(trie_case());
    for (const Case& c : cases) {
        c.run();
        weft_counted(c.run);
        fmt::print("{}\n", c.name);
    }
}
