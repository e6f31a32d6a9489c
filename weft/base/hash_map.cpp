#include "weft/base/hash_map.hpp"

#include <sys/random.h>

#include <random>

namespace weft::base {

Hasher::Hasher() noexcept {
    if (getrandom(secret_.data(), sizeof secret_, 0) == static_cast<ssize_t>(sizeof secret_)) return;
    std::random_device device;  // a kernel without getrandom
    for (uint64_t& word : secret_) word = static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace weft::base
