// The interpreter alone, on code in files: WEFT_BENCH_CODE names folders or files in the official state
// tests' form (one call to the first account with code), by default the VMTests' vmPerformance.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "weft/evm/program.hpp"
#include "weft/evm/test_world.hpp"
#include "weft/state/json.hpp"

namespace {

using namespace weft;
namespace json = primitives::json;

struct Program {
    std::string name;
    Bytes code;
    Bytes input;
    uint64_t gas = 0;
};

Bytes bytes_of(json::Object object, std::string_view key) {
    const auto value = json::find(object, key);
    if (!value) return {};
    if (const auto array = json::as<json::Array>(*value))
        return json::as<Bytes>(*array->begin()).value_or(Bytes{});
    return json::as<Bytes>(*value).value_or(Bytes{});
}

/// VMTests have "exec", state tests "pre" and "transaction".
void load(const std::filesystem::path& path, std::vector<Program>& out) {
    const auto document = json::Document::load(path.string());
    if (!document) return;
    for (const auto [name, value] : json::as<json::Object>(document->root()).value()) {
        const auto test = json::as<json::Object>(value).value();
        if (const auto exec = json::find(test, "exec")) {
            const auto object = json::as<json::Object>(*exec).value();
            out.push_back({std::string(name), bytes_of(object, "code"), bytes_of(object, "data"),
                           json::as<uint64_t>(*json::find(object, "gas")).value_or(0)});
        } else if (const auto transaction = json::find(test, "transaction")) {
            const auto pre = json::as<json::Object>(*json::find(test, "pre")).value();
            for (const auto [address, account] : pre) {
                const Bytes code = bytes_of(json::as<json::Object>(account).value(), "code");
                if (code.empty()) continue;
                const auto data =
                    json::as<json::Array>(*json::find(json::as<json::Object>(*transaction).value(), "data"))
                        .value();
                size_t i = 0;
                for (const auto item : data)
                    out.push_back({std::string(name) + "/" + std::to_string(i++), code,
                                   json::as<Bytes>(item).value_or(Bytes{}), 0});
            }
        }
    }
}

void run(benchmark::State& state, const Program& program) {
    evm::test::World world(Revision::cancun);
    world.deploy(evm::test::contract, program.code);
    const uint64_t gas = uint64_t{1} << 40;
    uint64_t used = 0;
    for (auto _ : state) {
        const evm::CallResult result = world.call(gas, program.input);
        used = gas - result.gas_left;
        if (result.status != evm::Status::success) state.SkipWithError("the call failed");
    }
    state.counters["Mgas"] = static_cast<double>(used) / 1e6;
    state.counters["Mgas/s"] =
        benchmark::Counter(static_cast<double>(used) / 1e6, benchmark::Counter::kIsIterationInvariantRate);
}

void translate(benchmark::State& state, const Program& program) {
    state::CodeSpace space;
    state::CodeArena arena(space);
    for (auto _ : state) {
        arena.rewind({});
        auto* const made = evm::Program::make(program.code, Revision::cancun, false, arena);
        benchmark::DoNotOptimize(made->complete());
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * program.code.size()));
}

std::vector<Program> programs;

}  // namespace

int main(int argc, char** argv) {
    const char* const named = std::getenv("WEFT_BENCH_CODE");
    const std::filesystem::path root =
        named != nullptr ? named : ".data/legacytests/Constantinople/VMTests/vmPerformance";
    if (!std::filesystem::exists(root)) {
        std::cout << "skipped: no code in " << root << '\n';
        return 0;
    }
    if (std::filesystem::is_directory(root)) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
            if (entry.path().extension() == ".json") load(entry.path(), programs);
    } else {
        load(root, programs);
    }
    for (const Program& program : programs)
        benchmark::RegisterBenchmark(("translate/" + program.name).c_str(),
                                     [&](benchmark::State& state) { translate(state, program); });
    for (const Program& program : programs)
        benchmark::RegisterBenchmark(program.name.c_str(), [&](benchmark::State& state) {
            run(state, program);
        })->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
