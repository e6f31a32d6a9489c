#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "weft/cli/measure.hpp"
#include "weft/primitives/json_value.hpp"

namespace weft::cli {

/// What `weft run` prints about its blocks: a table with totals, or lines of JSON.
class Report {
public:
    struct Options {
        bool json = false;
        bool median = false;
        bool root = false;
        std::optional<execution::ExecutorKind> parallel;
        unsigned threads = 1;
        unsigned repeat = 1;
    };
    Report(std::FILE* out, Options options) : out_(out), options_(options) {}

    void add(const Input& input, const BlockMeasurement& measured);
    /// Totals, the geometric mean, and the reasons for what could not be checked.
    void finish();
    /// No check failed so far.
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    void add_row(const Input& input, const BlockMeasurement& measured);
    void add_json(const Input& input, const BlockMeasurement& measured, const char* executor,
                  unsigned threads, const Measurement& one);
    [[nodiscard]] uint64_t time(const Measurement& one) const noexcept {
        return options_.median ? one.median_ns : one.best_ns;
    }

    std::FILE* out_;
    Options options_;
    bool ok_ = true;
    bool header_printed_ = false;
    bool receipts_unchecked_ = false;  ///< a block before Byzantium was among them
    size_t blocks_ = 0, transactions_ = 0;
    uint64_t gas_ = 0, sequential_ns_ = 0, parallel_ns_ = 0, blooms_ns_ = 0, reexecuted_ = 0;
    double log_speed_ups_ = 0;
    base::Counts contention_{};
};

/// The header's checks as members of the object that is being written; null: there was nothing to check.
void add_checks(primitives::json::Writer& writer, const HeaderChecks& checks);

/// "sequential", "optimistic", "directed", "auto".
[[nodiscard]] const char* name_of(execution::ExecutorKind kind) noexcept;

}  // namespace weft::cli
