#include "weft/crypto/recovery/batch.hpp"

#include <algorithm>

#include "weft/crypto/cpu.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/crypto/native/native.h"
#include "weft/crypto/recovery/kernels.hpp"
#include "weft/crypto/recovery/scalar.hpp"

namespace weft::crypto::recovery {
namespace {

constexpr uint256 field_prime{0xfffffffefffffc2f, ~0ULL, ~0ULL, ~0ULL};

// Made when the first batch comes; 256 KiB.
const GeneratorTable& generator_table() noexcept {
    static const GeneratorTable& table = [] -> const GeneratorTable& {
        static GeneratorTable made;
        make_generator_table(made);
        return made;
    }();
    return table;
}

// The x of the nonce point, if the signature can have been made by any key at all.
std::optional<uint256> nonce_point_x(const SignedHash& signature) noexcept {
    const auto& [hash, r, s, recovery_id] = signature;
    if (recovery_id > 3 || r.is_zero() || s.is_zero() || r >= secp256k1_order || s >= secp256k1_order)
        return std::nullopt;
    if ((recovery_id & 2) == 0) return r;
    if (r >= field_prime - secp256k1_order) return std::nullopt;
    return r + secp256k1_order;
}

std::optional<Address> recover_by_library(const SignedHash& signature) noexcept {
    const auto& [message_hash, r, s, recovery_id] = signature;
    if (recovery_id > 3) return std::nullopt;
    uint8_t compact[64], public_key[64];
    base::store_be(compact, r);
    base::store_be(compact + 32, s);
    if (!weft_secp256k1_recover(message_hash.data(), compact, static_cast<int32_t>(recovery_id), public_key))
        return std::nullopt;
    Address out;
    std::copy_n(keccak256_64(public_key).data() + 12, out.size(), out.data());
    return out;
}

// At most `most` signatures on their way through a kernel.
template <size_t most>
class Batch {
public:
    explicit Batch(Way way) noexcept
        : kernel_(way == Way::avx512 ? multiply_avx512 : multiply_portable),
          lanes_(way == Way::avx512 ? avx512_lanes : portable_lanes) {}

    void recover(std::span<const SignedHash> signatures, std::span<std::optional<Address>> out) noexcept {
        collect(signatures, out);
        if constexpr (most > 1)
            if (lanes_ > 1 && count_ % lanes_ == 1) {  // one busy lane alone would be slower
                --count_;
                Batch<1>(Way::portable)
                    .recover(signatures.subspan(index_[count_], 1), out.subspan(index_[count_], 1));
            }
        if (count_ == 0) return;
        prepare(signatures);
        // Idle lanes do what another one does.
        const size_t whole = (count_ + lanes_ - 1) / lanes_ * lanes_;
        std::fill(work_ + count_, work_ + whole, work_[0]);
        kernel_(work_, whole, generator_table(), keys_);
        finish(signatures, out);
    }

private:
    void collect(std::span<const SignedHash> signatures, std::span<std::optional<Address>> out) noexcept {
        count_ = 0;
        for (size_t i = 0; i < signatures.size(); ++i) {
            out[i] = std::nullopt;
            const auto x = nonce_point_x(signatures[i]);
            if (!x) continue;
            std::copy_n(x->limb.data(), 4, work_[count_].x);
            work_[count_].y_is_odd = (signatures[i].recovery_id & 1) != 0;
            index_[count_++] = i;
        }
    }

    void prepare(std::span<const SignedHash> signatures) noexcept {
        for (size_t i = 0; i < count_; ++i) inverses_[i] = signatures[index_[i]].r;
        invert_halved({inverses_, count_}, {scratch_, count_});
        for (size_t i = 0; i < count_; ++i) {
            const SignedHash& signature = signatures[index_[i]];
            make_digits(base::to_uint256(signature.message_hash), signature.s, inverses_[i], work_[i]);
        }
    }

    void finish(std::span<const SignedHash> signatures, std::span<std::optional<Address>> out) noexcept {
        size_t found = 0;
        for (size_t i = 0; i < count_; ++i) {
            const Key& key = keys_[i];
            if (key.outcome == Outcome::exceptional)
                out[index_[i]] = recover_by_library(signatures[index_[i]]);
            if (key.outcome != Outcome::found) continue;
            uint8_t* const bytes = bytes_[found];
            base::store_be(bytes, {key.x[0], key.x[1], key.x[2], key.x[3]});
            base::store_be(bytes + 32, {key.y[0], key.y[1], key.y[2], key.y[3]});
            index_[found] = index_[i];  // not behind i
            messages_[found] = {bytes, 64, hashes_[found].data()};
            ++found;
        }
        keccak256_batch({messages_, found});
        for (size_t i = 0; i < found; ++i) {
            Address& address = out[index_[i]].emplace();
            std::copy_n(hashes_[i].data() + 12, address.size(), address.data());
        }
    }

    Kernel* kernel_;
    size_t lanes_;
    size_t count_ = 0;
    size_t index_[most];  // of the signature that a place below belongs to
    uint256 inverses_[most], scratch_[most];
    Multiplication work_[most];
    Key keys_[most];
    uint8_t bytes_[most][64];
    KeccakJob messages_[most];
    Hash hashes_[most];
};

}  // namespace

bool is_there(Way way) noexcept {
    static const bool by_avx512 = has_avx512();
    return way != Way::avx512 || by_avx512;
}

Way fastest() noexcept { return is_there(Way::avx512) ? Way::avx512 : Way::portable; }

void recover(Way way, std::span<const SignedHash> signatures,
             std::span<std::optional<Address>> out) noexcept {
    if (way == Way::library) {
        std::ranges::transform(signatures, out.begin(), recover_by_library);
        return;
    }
    if (signatures.size() == 1) return Batch<1>(Way::portable).recover(signatures, out);
    Batch<kernel_most> batch(way);
    for (size_t from = 0; from < signatures.size(); from += kernel_most) {
        const size_t size = std::min(kernel_most, signatures.size() - from);
        batch.recover(signatures.subspan(from, size), out.subspan(from, size));
    }
}

}  // namespace weft::crypto::recovery
