#pragma once

#include "weft/state/forwarding_reader.hpp"

namespace weft::execution {

/// For tests: a state whose reads wait, or so it says.
class WaitingReader final : public state::ForwardingReader {
public:
    using ForwardingReader::ForwardingReader;
    [[nodiscard]] uint64_t read_time() const noexcept override { return 50'000; }
};

}  // namespace weft::execution
