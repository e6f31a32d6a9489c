#pragma once

#include "weft/state/reader.hpp"

namespace weft::state {

/// Another reader's state; what a class derived from it does not answer itself, that reader does.
class ForwardingReader : public StateReader {
public:
    /// base: outlives this reader.
    explicit ForwardingReader(const StateReader& base) noexcept : base_(base) {}

    [[nodiscard]] ReadResult<std::optional<Account>> account(const Address& address) const override {
        return base_.account(address);
    }
    [[nodiscard]] ReadResult<uint256> storage(const Address& address, const uint256& key) const override {
        return base_.storage(address, key);
    }
    [[nodiscard]] ReadResult<bool> has_storage(const Address& address) const override {
        return base_.has_storage(address);
    }
    [[nodiscard]] ReadResult<Bytes> code(const Hash& code_hash) const override {
        return base_.code(code_hash);
    }
    [[nodiscard]] ReadResult<std::shared_ptr<const Bytes>> shared_code(const Hash& code_hash) const override {
        return base_.shared_code(code_hash);
    }
    [[nodiscard]] ReadResult<Hash> block_hash(uint64_t number) const override {
        return base_.block_hash(number);
    }
    void prefetch(std::span<const Location> locations) const override { base_.prefetch(locations); }
    [[nodiscard]] uint64_t read_time() const noexcept override { return base_.read_time(); }

protected:
    [[nodiscard]] const StateReader& inner() const noexcept { return base_; }

private:
    const StateReader& base_;
};

}  // namespace weft::state
