#pragma once

#include <expected>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "weft/primitives/block.hpp"
#include "weft/primitives/json.hpp"
#include "weft/trie/node_source.hpp"

namespace weft::trie {

/// Everything that verifying one block and computing the root after it needs of the state and the chain
/// before it: the execution witness of debug_executionWitness, and for blocks with ommers what these are
/// judged by. Whoever uses it checks every part by its hash.
struct Witness {
    std::vector<Bytes> state;  ///< RLP of the trie nodes, by hash, ascending
    std::vector<Bytes> codes;  ///< by hash, ascending
    std::vector<Bytes> keys;  ///< addresses and slots that were asked for: for people; nothing relies on them
    std::vector<Header> headers;  ///< ancestors, the parent first, each the next one's child
    std::vector<Bytes> ommers;    ///< RLP of the lists of ommers of those ancestors that have some, by hash
    friend bool operator==(const Witness&, const Witness&) = default;
};

/// As debug_executionWitness gives it: {"state": [...], "codes": [...], "keys": [...], "headers": [...]},
/// every entry as bytes, headers in RLP; and "ommers": [...] where there are some.
void write(primitives::json::Writer& out, const Witness& witness);
/// Reads that; headers also as objects (geth), and in any order; "keys" and "ommers" may be absent.
[[nodiscard]] primitives::json::Result<Witness> parse_witness(primitives::json::Value value);

/// As RLP: [headers, codes, state, keys, ommers], the headers as lists; ommers only where there are some.
[[nodiscard]] Bytes encode(const Witness& witness);
/// "ommers", and "keys" with it, may be absent.
[[nodiscard]] DecodeResult<Witness> decode_witness(BytesView encoded);

struct HashOfHash {
    size_t operator()(const Hash& hash) const noexcept {
        size_t out;
        std::memcpy(&out, hash.data(), sizeof out);
        return out;
    }
};

/// Byte strings by their Keccak-256, found again as views.
class ByHash {
public:
    /// The strings must outlive this.
    explicit ByHash(std::span<const Bytes> strings);
    /// nullptr: not among them.
    [[nodiscard]] const Bytes* find(const Hash& hash) const noexcept;

private:
    std::unordered_map<Hash, const Bytes*, HashOfHash> strings_;
};

/// Nodes in memory by their hash: a node store for tests, tools and small chains. Thread-safe.
class NodeMap final : public NodeSource, public NodeWriter {
public:
    [[nodiscard]] ReadResult<Bytes> node(const Hash& hash) const override;
    void write(std::span<const HashedNode> nodes) noexcept override;
    void insert(const Hash& hash, BytesView rlp);
    [[nodiscard]] size_t size() const;

private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<Hash, Bytes, HashOfHash> nodes_;
};

/// Passes questions on to another source, and keeps the answers. Thread-safe.
class NodeRecorder final : public NodeSource {
public:
    /// `source` must outlive this.
    explicit NodeRecorder(const NodeSource& source) : source_(source) {}
    [[nodiscard]] ReadResult<Bytes> node(const Hash& hash) const override;
    [[nodiscard]] bool has_hashed() const noexcept override { return source_.has_hashed(); }
    /// What was asked for, each once, by hash, ascending.
    [[nodiscard]] std::vector<Bytes> take();

private:
    const NodeSource& source_;
    mutable std::mutex mutex_;
    mutable std::map<Hash, Bytes> nodes_;
};

/// A witness's nodes. Thread-safe.
class WitnessNodes final : public NodeSource {
public:
    /// The witness must outlive this.
    explicit WitnessNodes(const Witness& witness) : nodes_(witness.state) {}
    [[nodiscard]] ReadResult<Bytes> node(const Hash& hash) const override;
    [[nodiscard]] bool has_hashed() const noexcept override { return true; }

private:
    ByHash nodes_;
};

}  // namespace weft::trie

namespace weft {
using trie::Witness;
}  // namespace weft
