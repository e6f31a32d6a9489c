#include "weft/trie/witness.hpp"

#include <algorithm>

#include "weft/crypto/keccak.hpp"
#include "weft/primitives/rlp.hpp"

namespace weft::trie {
namespace {

void write(primitives::json::Writer& out, std::span<const Bytes> strings) {
    out.begin_array();
    for (const Bytes& string : strings) out.bytes(string);
    out.end_array();
}

/// A header as RLP, or as JSON-RPC has it.
primitives::json::Result<Header> header_from(primitives::json::Value value) {
    if (value.is_object()) return primitives::json::parse_header(value);
    Bytes rlp;
    if (auto read = primitives::json::read(value, rlp); !read)
        return std::unexpected(std::move(read.error()));
    auto header = primitives::decode_header(rlp);
    if (!header) return std::unexpected(primitives::json::Error{"", to_string(header.error())});
    return std::move(*header);
}

primitives::json::Result<void> read_headers(primitives::json::Value value, std::vector<Header>& out) {
    primitives::json::Array array;
    if (auto read = primitives::json::read(value, array); !read) return read;
    for (const primitives::json::Value item : array) {
        auto header = header_from(item);
        if (!header) return std::unexpected(std::move(header.error()).within(out.size()));
        out.push_back(std::move(*header));
    }
    return {};
}

void append(Bytes& out, std::span<const Bytes> strings) {
    const size_t start = out.size();
    for (const Bytes& string : strings) primitives::rlp::append(out, string);
    primitives::rlp::wrap_list(out, start);
}

void read(primitives::rlp::Decoder& in, std::vector<Bytes>& out, const char* field) {
    const auto list = in.begin_list(field);
    while (in.more()) in.read(out.emplace_back(), field);
    in.end_list(list, field);
}

}  // namespace

void write(primitives::json::Writer& out, const Witness& witness) {
    out.begin_object();
    write(out.key("state"), witness.state);
    write(out.key("codes"), witness.codes);
    write(out.key("keys"), witness.keys);
    out.key("headers").begin_array();
    for (const Header& header : witness.headers) out.bytes(primitives::encode(header));
    out.end_array();
    if (!witness.ommers.empty()) write(out.key("ommers"), witness.ommers);
    out.end_object();
}

primitives::json::Result<Witness> parse_witness(primitives::json::Value value) {
    Witness out;
    primitives::json::Fields fields(value);
    fields.required("state", out.state);
    fields.required("codes", out.codes);
    fields.optional("keys", out.keys);
    fields.optional("ommers", out.ommers);
    if (!fields.with("headers", [&](auto headers) { return read_headers(headers, out.headers); }))
        fields.fail("headers", "missing");
    if (auto status = fields.status(); !status) return std::unexpected(std::move(status.error()));
    std::ranges::sort(out.headers, std::greater{}, &Header::number);
    return out;
}

Bytes encode(const Witness& witness) {
    Bytes out;
    for (const Header& header : witness.headers) primitives::encode(out, header);
    primitives::rlp::wrap_list(out, 0);
    append(out, witness.codes);
    append(out, witness.state);
    append(out, witness.keys);
    if (!witness.ommers.empty()) append(out, witness.ommers);
    primitives::rlp::wrap_list(out, 0);
    return out;
}

DecodeResult<Witness> decode_witness(BytesView encoded) {
    Witness out;
    primitives::rlp::Decoder in(encoded);
    const auto all = in.begin_list("witness");
    const auto headers = in.begin_list("headers");
    while (in.more()) out.headers.push_back(primitives::decode_header(in));
    in.end_list(headers, "headers");
    read(in, out.codes, "codes");
    read(in, out.state, "state");
    if (in.more()) read(in, out.keys, "keys");
    if (in.more()) read(in, out.ommers, "ommers");
    in.end_list(all, "witness");
    if (auto finished = in.finish(); !finished) return std::unexpected(finished.error());
    return out;
}

ByHash::ByHash(std::span<const Bytes> strings) {
    const std::vector<BytesView> views(strings.begin(), strings.end());
    std::vector<Hash> hashes(strings.size());
    crypto::keccak256_batch(views, hashes);
    strings_.reserve(strings.size());
    for (size_t i = 0; i < strings.size(); ++i) strings_.emplace(hashes[i], &strings[i]);
}

const Bytes* ByHash::find(const Hash& hash) const noexcept {
    const auto found = strings_.find(hash);
    return found == strings_.end() ? nullptr : found->second;
}

ReadResult<Bytes> NodeMap::node(const Hash& hash) const {
    const std::shared_lock lock(mutex_);
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) return std::unexpected(missing(hash));
    return found->second;
}

void NodeMap::insert(const Hash& hash, BytesView rlp) {
    const std::unique_lock lock(mutex_);
    nodes_.try_emplace(hash, rlp.begin(), rlp.end());
}

void NodeMap::write(std::span<const HashedNode> nodes) noexcept {
    const std::unique_lock lock(mutex_);
    for (const HashedNode& node : nodes) nodes_.try_emplace(node.hash, node.rlp.begin(), node.rlp.end());
}

size_t NodeMap::size() const {
    const std::shared_lock lock(mutex_);
    return nodes_.size();
}

ReadResult<Bytes> NodeRecorder::node(const Hash& hash) const {
    auto read = source_.node(hash);
    if (read) {
        const std::lock_guard lock(mutex_);
        nodes_.try_emplace(hash, *read);
    }
    return read;
}

std::vector<Bytes> NodeRecorder::take() {
    const std::lock_guard lock(mutex_);
    std::vector<Bytes> out;
    out.reserve(nodes_.size());
    for (auto& [hash, rlp] : nodes_) out.push_back(std::move(rlp));
    nodes_.clear();
    return out;
}

ReadResult<Bytes> WitnessNodes::node(const Hash& hash) const {
    const Bytes* const found = nodes_.find(hash);
    if (found == nullptr) return std::unexpected(missing(hash));
    return *found;
}

}  // namespace weft::trie
