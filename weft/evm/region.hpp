#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace weft::evm {

/// Address space for `count` objects that never moves; pages come into being, zeroed, when they are first
/// written.
template <class T>
class Region {
public:
    explicit Region(size_t count) : bytes_(count * sizeof(T)) {
        void* const p = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc{};
        data_ = static_cast<T*>(p);
    }
    ~Region() { ::munmap(data_, bytes_); }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    [[nodiscard]] T* data() const noexcept { return data_; }
    /// Gives the pages beyond the first `keep` objects back to the system.
    void trim(size_t keep) noexcept {
        constexpr size_t page = 4096;
        const size_t from = (keep * sizeof(T) + page - 1) / page * page;
        if (from < bytes_) ::madvise(reinterpret_cast<char*>(data_) + from, bytes_ - from, MADV_DONTNEED);
    }

private:
    size_t bytes_;
    T* data_ = nullptr;
};

}  // namespace weft::evm
