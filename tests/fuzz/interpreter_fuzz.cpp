// Any code, any call data, any revision: the plain translation (constants folded, instructions merged, gas
// charged by blocks) does what the traced one does, which executes each opcode by itself. A tracer's view
// holds together, and with just the gas that a run used the run is the same.
#include <memory>

#include "tests/fuzz/code.hpp"
#include "weft/evm/inspector.hpp"
#include "weft/evm/test_world.hpp"
#include "weft/state/diff_builder.hpp"

namespace weft {
namespace {

using evm::Status;
using evm::test::World;
using fuzz::require;

constexpr Address actors[] = {evm::test::contract, evm::test::other, evm::test::third, evm::test::sender,
                              evm::test::nobody};

/// Statuses of failures that nobody inside the EVM can tell apart: a block of code that can't be paid for may
/// also underflow the stack.
Status kind(Status status) {
    if (status == Status::success || status == Status::revert || evm::ends_run(status)) return status;
    return Status::out_of_gas;
}

struct Outcome {
    Status status{};
    uint64_t gas_left = 0;
    Bytes output;
    std::vector<Log> logs;
    int64_t refund = 0;
    StateDiff diff;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run(World& world, uint64_t gas, BytesView input, evm::Inspector* inspector) {
    world.machine.set_inspector(inspector);
    const evm::CallResult result = world.call(gas, input, 3);
    Outcome out{.status = kind(result.status),
                .gas_left = result.gas_left,
                .output = {result.output.begin(), result.output.end()},
                .logs = world.journal.logs(),
                .refund = world.journal.refund(),
                .diff = {}};
    if (evm::ends_run(result.status)) return out;
    world.journal.end_transaction();
    out.diff = state::make_diff(world.journal);
    return out;
}

/// Every step ends, every entry has an exit, nothing costs more than there was.
struct Checker final : evm::Inspector {
    void step(const evm::Step& s) override {
        require(!open, "a step ends before the next");
        require(s.stack.size() <= 1024, "the stack's limit");
        require(s.depth == depth, "the depth of a step");
        open = true;
        gas = s.gas;
    }
    void step_end(const evm::StepEnd& end) override {
        require(open, "a step begins before it ends");
        open = false;
        require(end.cost >= 0, "a cost isn't negative");
        if (end.status == Status::success)
            require(static_cast<uint64_t>(end.cost) <= gas, "what a step costs was there");
    }
    void enter(const evm::Entry& entry) override { require(++depth == entry.depth, "the depth of a call"); }
    void exit(uint32_t of, Status, uint64_t, BytesView) override {
        require(of == depth--, "the depth of an exit");
    }
    bool open = false;
    uint64_t gas = 0;
    uint32_t depth = 0;
};

World& world_of(Revision revision) {
    // A machine's memory is mapped once: that costs more than most runs.
    static std::unique_ptr<World> worlds[static_cast<size_t>(primitives::newest_revision) + 1];
    auto& world = worlds[static_cast<size_t>(revision)];
    if (!world) world = std::make_unique<World>(revision);
    return *world;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace weft;
    fuzz::Input in(data, size);
    const auto revision =
        static_cast<Revision>(in.below(static_cast<size_t>(primitives::newest_revision) + 1));
    World& world = world_of(revision);
    const CodeCache::Use use(*world.codes);
    world.state = MemoryState{};
    world.state.set_account(evm::test::sender, {.nonce = 1, .balance = uint256{0, 1, 0, 0}});
    const uint64_t gas = in.one_in(4) ? in.word16() : 300'000;
    const BytesView input = in.bytes(in.below(128));
    world.deploy(evm::test::other, fuzz::make_code(in, in.below(32), revision, actors), 5);
    world.deploy(evm::test::third, fuzz::make_code(in, in.below(32), revision, actors));
    world.state.set_storage(evm::test::contract, 1, 77);
    world.deploy(evm::test::contract, fuzz::make_code(in, 4096, revision, actors), 10);

    const Outcome plain = run(world, gas, input, nullptr);
    Checker checker;
    const Outcome traced = run(world, gas, input, &checker);
    require(!checker.open && checker.depth == 0, "the trace ends where it began");
    require(plain.status == traced.status, "status");
    require(plain.gas_left == traced.gas_left, "gas");
    require(plain.output == traced.output, "output");
    require(plain == traced, "logs, refund, state");
    require(plain.gas_left <= gas, "gas isn't made");
    require(run(world, gas, input, nullptr) == plain, "the same again");
    return 0;
}
