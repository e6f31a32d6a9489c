#include "weft/execution/context.hpp"

#include <thread>

namespace weft::execution {

ExecutionContext::ExecutionContext(ContextOptions options) : options_(std::move(options)) {
    if (options_.threads == 0)
        options_.threads =
            options_.pool ? options_.pool->size() + 1 : std::max(1U, std::thread::hardware_concurrency());
    if (!options_.pool && options_.threads > 1)
        options_.pool = std::make_shared<base::ThreadPool>(options_.threads - 1);
    if (!options_.codes) options_.codes = std::make_shared<CodeCache>();
}

ExecutionContext::~ExecutionContext() = default;

void ExecutionContext::forget() noexcept {
    for (const auto& scratch : scratch_)
        if (scratch) scratch->forget();
}

ExecutionContext::Scratch& ExecutionContext::memory_of(size_t slot,
                                                       std::unique_ptr<Scratch> (*make)(ExecutionContext&)) {
    if (!scratch_[slot]) scratch_[slot] = make(*this);
    return *scratch_[slot];
}

}  // namespace weft::execution
