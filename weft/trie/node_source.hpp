#pragma once

#include <span>

#include "weft/base/bytes.hpp"
#include "weft/state/reader.hpp"

namespace weft::trie {

using state::ReadResult;
using state::StateError;

/// Where the nodes are that a trie doesn't hold in memory: a store, a witness, a peer. Its answers are
/// checked against the hash asked for, so it need not be trusted. Called by many threads at once.
class NodeSource {
public:
    virtual ~NodeSource() = default;
    /// The RLP of the node with this Keccak-256 (yellow paper, appendix D). A node that is not there:
    /// missing().
    [[nodiscard]] virtual ReadResult<Bytes> node(const Hash& hash) const = 0;
    /// Whether the source has hashed the bytes that it gives itself: they are not hashed again then.
    [[nodiscard]] virtual bool has_hashed() const noexcept { return false; }
    /// The error for a node that is not there.
    [[nodiscard]] static StateError missing(const Hash& hash);
};

/// A node that has been hashed.
struct HashedNode {
    Hash hash;
    BytesView rlp;  ///< at least 32 bytes, unless it is a root; valid during the call
};

/// Is given every new or changed node, when it is hashed, children before parents. Called by many threads at
/// once.
class NodeWriter {
public:
    virtual ~NodeWriter() = default;
    virtual void write(std::span<const HashedNode> nodes) noexcept = 0;
};

}  // namespace weft::trie
