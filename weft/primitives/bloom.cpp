#include "weft/primitives/bloom.hpp"

#include <algorithm>
#include <bit>

#include "weft/base/hash_map.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/primitives/receipt.hpp"

namespace weft::primitives {

namespace {

/// The three bits that an entry sets, counted from the filter's last bit: M3:2048 of the yellow paper, (24)
/// to (27).
using Bits = std::array<uint16_t, 3>;

Bits bits_of(const Hash& hash) noexcept {
    Bits bits;
    for (size_t i = 0; i < 3; ++i)
        bits[i] = static_cast<uint16_t>((hash[2 * i] << 8 | hash[2 * i + 1]) & 2047);
    return bits;
}

void set_bits(Bloom& bloom, const Bits& bits) noexcept {
    for (const uint16_t bit : bits) bloom[255 - bit / 8] |= static_cast<uint8_t>(1 << (bit % 8));
}

/// The distinct addresses and topics of logs: most repeat, and hashing is what a filter costs. Holds
/// `capacity` of them, so that the memory it takes doesn't grow with the logs.
class Entries {
public:
    static constexpr size_t capacity = 4096;

    /// most: how many entries there will be in all.
    explicit Entries(size_t most) : slots_(std::bit_ceil(2 * std::min(most, capacity) + 1), none) {
        views_.reserve(std::min(most, capacity));
    }
    [[nodiscard]] bool full() const noexcept { return views_.size() == capacity; }
    void clear() noexcept {
        std::ranges::fill(slots_, none);
        views_.clear();
    }
    /// The entry's index in the order of first appearance. Precondition: not full.
    uint32_t intern(BytesView entry) {
        const size_t mask = slots_.size() - 1;
        size_t slot = hash_of(entry) & mask;
        for (;; slot = (slot + 1) & mask) {
            const uint32_t found = slots_[slot];
            if (found == none) break;
            if (views_[found].size() == entry.size() &&
                std::memcmp(views_[found].data(), entry.data(), entry.size()) == 0)
                return found;
        }
        slots_[slot] = static_cast<uint32_t>(views_.size());
        views_.push_back(entry);
        return slots_[slot];
    }
    [[nodiscard]] std::vector<Bits> hash() const {
        std::vector<Hash> hashes(views_.size());
        crypto::keccak256_batch(views_, hashes);
        std::vector<Bits> bits(hashes.size());
        for (size_t i = 0; i < hashes.size(); ++i) bits[i] = bits_of(hashes[i]);
        return bits;
    }

private:
    static constexpr uint32_t none = ~0U;
    /// Under a secret: whoever writes logs chooses the topics.
    [[nodiscard]] static uint64_t hash_of(BytesView entry) noexcept {
        static const base::Hasher hasher;
        uint64_t words[4]{};  // at most a topic
        std::memcpy(words, entry.data(), std::min(entry.size(), sizeof words));
        return hasher(uint256{words[0], words[1], words[2], words[3]});
    }
    std::vector<uint32_t> slots_;
    std::vector<BytesView> views_;
};

/// Fills filters one after another: each entry goes to the filter that is open, once its hash is known, which
/// is when enough have come together.
class Filler {
public:
    explicit Filler(size_t most) : entries_(most) { uses_.reserve(std::min(most, most_uses)); }
    void open(Bloom& bloom) { bloom_ = &bloom; }
    void add(std::span<const Log> logs) {
        for (const Log& log : logs) {
            add(log.address.view());
            for (const Hash& topic : log.topics) add(topic.view());
        }
    }
    void finish() {
        const std::vector<Bits> bits = entries_.hash();
        for (const Use& use : uses_) set_bits(*use.bloom, bits[use.entry]);
        entries_.clear();
        uses_.clear();
    }

private:
    struct Use {
        Bloom* bloom;
        uint32_t entry;
    };
    static constexpr size_t most_uses = 4 * Entries::capacity;

    void add(BytesView entry) {
        if (entries_.full() || uses_.size() == most_uses) finish();
        uses_.push_back({bloom_, entries_.intern(entry)});
    }

    Entries entries_;
    std::vector<Use> uses_;
    Bloom* bloom_ = nullptr;
};

size_t count_entries(std::span<const Log> logs) noexcept {
    size_t count = 0;
    for (const Log& log : logs) count += 1 + log.topics.size();
    return count;
}

}  // namespace

void Bloom::add(BytesView entry) noexcept { set_bits(*this, bits_of(crypto::keccak256(entry))); }

Bloom logs_bloom(std::span<const Log> logs) {
    Bloom bloom;
    if (logs.empty()) return bloom;
    Filler filler(count_entries(logs));
    filler.open(bloom);
    filler.add(logs);
    filler.finish();
    return bloom;
}

Bloom fill_blooms(std::span<Receipt> receipts) {
    size_t most = 0;
    for (const Receipt& receipt : receipts) most += count_entries(receipt.logs);
    Filler filler(most);
    for (Receipt& receipt : receipts) {
        receipt.logs_bloom = {};
        filler.open(receipt.logs_bloom);
        filler.add(receipt.logs);
    }
    filler.finish();
    Bloom block_bloom;
    for (const Receipt& receipt : receipts)
        if (!receipt.logs.empty()) block_bloom |= receipt.logs_bloom;
    return block_bloom;
}

}  // namespace weft::primitives
