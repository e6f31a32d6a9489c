#include "weft/cli/evm_tracers.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "weft/base/hex.hpp"
#include "weft/evm/opcodes.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli::evm_tool {

TraceFiles::TraceFiles(std::string folder, std::span<const Transaction> transactions,
                       const TraceOptions& options)
    : folder_(std::move(folder)),
      transactions_(transactions),
      options_{.memory = options.memory,
               .stack = options.stack,
               .return_data = options.return_data,
               .call_frames = options.call_frames,
               .inner_exits = false} {}  // test fillers take what follows the steps for the transaction's end

void TraceFiles::enter(const evm::Entry& entry) {
    if (transaction_ == none) return;
    if (!tracer_) {
        const std::string hash = to_hex(primitives::transaction_hash(transactions_[transaction_]));
        path_ = (std::filesystem::path(folder_) / fmt::format("trace-{}-{}.jsonl", included_, hash)).string();
        file_.open(path_, std::ios::binary);
        tracer_ = std::make_unique<evm::Eip3155Tracer>(file_, options_);
    }
    tracer_->enter(entry);
}

void TraceFiles::transaction_end(size_t /*index*/, const primitives::Receipt* receipt) {
    transaction_ = none;
    if (receipt != nullptr) ++included_;
    if (!tracer_) return;
    tracer_.reset();
    file_.close();
    if (file_.fail() && failed_.empty()) failed_ = path_;
    file_.clear();
}

void TraceFiles::step(const evm::Step& step) {
    if (tracer_) tracer_->step(step);
}
void TraceFiles::step_end(const evm::StepEnd& end) {
    if (tracer_) tracer_->step_end(end);
}
void TraceFiles::exit(uint32_t depth, evm::Status status, uint64_t gas_left, BytesView output) {
    if (tracer_) tracer_->exit(depth, status, gas_left, output);
}

void TraceFiles::created(const Address& address, BytesView code) {
    if (tracer_) tracer_->created(address, code);
}

void TraceFiles::selfdestruct(const Address& address, const Address& beneficiary, const uint256& balance) {
    if (tracer_) tracer_->selfdestruct(address, beneficiary, balance);
}

std::string OpcodeCounter::json() const {
    std::map<std::string, uint64_t> by_name;
    for (unsigned opcode = 0; opcode < counts_.size(); ++opcode)
        if (counts_[opcode] != 0) {
            const char* const name = evm::opcode_table(revision_)[opcode].name;
            by_name[name != nullptr ? name : fmt::format("{:#04x}", opcode)] = counts_[opcode];
        }
    primitives::json::Writer writer;
    writer.begin_object();
    for (const auto& [name, count] : by_name) writer.key(name).number(count);
    writer.end_object();
    return writer.take();
}

}  // namespace weft::cli::evm_tool
