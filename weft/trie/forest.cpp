#include "weft/trie/forest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weft/base/hex.hpp"
#include "weft/crypto/keccak.hpp"
#include "weft/trie/undo.hpp"
#include "weft/trie/updater.hpp"

namespace weft::trie {
namespace {

std::string to_text(Path path) {
    std::string out;
    for (uint32_t i = 0; i < path.size(); ++i) out += "0123456789abcdef"[path[i]];
    return out.empty() ? "the root" : "path " + out;
}

/// Where in which trie, for an error's message.
std::string place_of(Path way, BytesView owner) {
    if (owner.empty()) return to_text(way);
    return fmt::format("{} of the storage of account {}", to_text(way), to_hex(owner));
}

}  // namespace

StateError NodeSource::missing(const Hash& hash) {
    return {.message = fmt::format("trie node {} is missing", to_hex(hash)), .missing_node = hash};
}

Forest::Forest(const TrieOptions& options) : options_(options) {}

Forest::~Forest() = default;

ReadResult<Bytes> Forest::fetch(const Hash& hash, Place place, Path way) const {
    const auto fail = [&](StateError error) {
        if (error.message.empty())
            error.message = fmt::format("trie node {} could not be read", to_hex(hash));
        error.message += fmt::format(" ({})", place_of(way, place.owner));
        return std::unexpected(std::move(error));
    };
    if (options_.source == nullptr) return fail(NodeSource::missing(hash));
    auto rlp = options_.source->node(hash);
    if (!rlp) return fail(std::move(rlp.error()));
    if (!options_.source->has_hashed() && crypto::keccak256(*rlp) != hash)
        return fail({.message = fmt::format("trie node {} has other bytes than its hash says", to_hex(hash)),
                     .missing_node = hash});
    if (const auto checked = check_node(*rlp, place); !checked)
        return fail({.message = fmt::format("trie node {} is invalid: {}", to_hex(hash), checked.error())});
    return rlp;
}

NodeRef Forest::decode(Worker& worker, BytesView rlp, bool accounts) {
    Kind kind = Kind::branch;
    uint16_t mask = 0;
    bool irregular = false;
    if (is_branch(rlp.data())) {
        const uint8_t* at = rlp.data() + list_header_size(rlp.data());
        for (uint32_t i = 0; i < 16; ++i, at += item_size(at)) {
            if (*at == empty_item) continue;
            mask |= static_cast<uint16_t>(1U << i);
            irregular |= item_size(at) != hash_item_size;
        }
        irregular |= *at != empty_item;
    } else if (!read_short(rlp.data()).is_leaf) {
        kind = Kind::extension;
    } else {
        kind = accounts ? Kind::account : Kind::leaf;
    }
    const auto children = static_cast<size_t>(std::popcount(mask));
    const NodeRef ref = worker.allocator.allocate(sizeof(Node) + sizeof(NodeRef) * children + rlp.size());
    Node* const made = node(ref);
    *made = {.size = static_cast<uint32_t>(rlp.size()),
             .kind_bits = static_cast<uint32_t>(kind),
             .child_dirty = 0,
             .stored = 0,
             .touched = 1,
             .irregular = irregular,
             .link = mask};
    std::fill_n(made->children(), children, none);
    std::ranges::copy(rlp, made->rlp());
    return ref;
}

void Forest::free_all(Worker& worker, NodeRef ref) noexcept {
    Node* const at = node(ref);
    if (at->kind() == Kind::branch) {
        for (NodeRef& child : std::span(at->children(), at->child_count()))
            if (child != none) free_all(worker, child);
    } else if (at->kind() != Kind::leaf && at->link != none) {
        free_all(worker, at->link);
    }
    free(worker, ref);
}

ReadResult<void> Forest::update(Root& root, std::span<const Change> changes, Place place) {
    if (changes.empty()) return {};
    ++round_;
    Worker& worker = take_worker();
    Updater updater(*this, worker, place);
    if (root.ref == none && root.hash != empty_root) {
        std::array<uint8_t, hash_item_size> item{hash_item_head};
        std::ranges::copy(root.hash, item.begin() + 1);
        root.ref = updater.load(item.data(), {});
    }
    if (!updater.error()) {
        Updater::Outcome outcome{};
        together(work_of(changes), [&] { outcome = updater.update_all(root.ref, 0, changes); });
        root.ref = outcome.ref;
        root.is_dirty |= outcome.changed;
        if (root.ref == none) root = {};
    }
    give_back(worker);
    if (updater.error()) return std::unexpected(std::move(*updater.error()));
    return {};
}

void Forest::together(size_t work, base::FunctionRef<void()> lead) {
    if (work < much_work || options_.pool == nullptr || options_.pool->size() == 0 || !team_.is_over())
        return lead();
    team_.begin(options_.pool->pause_ns());
    options_.pool->run(options_.pool->size() + 1, [&](unsigned index) {
        if (index == 0) {
            lead();
            team_.end();
        } else {
            Worker& helper = take_worker();
            team_.join(&helper);
            give_back(helper);
        }
    });
}

void Forest::for_each(size_t count, base::FunctionRef<void(size_t i)> body) noexcept {
    team_.for_each(count, nullptr, [&](size_t i, void*) { body(i); });
}

Forest::Worker& Forest::take_worker() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return *workers_.emplace_back(std::make_unique<Worker>(pool_));
    Worker& worker = *idle_.back();
    idle_.pop_back();
    return worker;
}

void Forest::give_back(Worker& worker) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&worker);
}

void Forest::begin_log(Worker& worker) {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) {
        worker.undo = std::make_unique<UndoLog>();
    } else {
        worker.undo = std::move(spare_.back());
        spare_.pop_back();
    }
}

std::vector<std::unique_ptr<UndoLog>> Forest::take_logs() {
    std::vector<std::unique_ptr<UndoLog>> logs;
    for (const auto& worker : workers_)
        if (worker->undo != nullptr) logs.push_back(std::move(worker->undo));
    return logs;
}

/// Ends logs that nobody goes back to; their memory serves the next ones.
void Forest::forget(std::vector<std::unique_ptr<UndoLog>> logs) {
    Worker& worker = take_worker();
    for (auto& log : logs) {
        log->drop_detached([&](NodeRef ref) { free_all(worker, ref); });
        log->clear();
        spare_.push_back(std::move(log));
    }
    give_back(worker);
}

void Forest::mark() {
    forget(take_logs());
    if (undo_ != nullptr) forget(undo_->take_logs());
    undo_ = nullptr;
    round_ = 0;
    is_marked_ = is_noting_ = true;
}

ReadResult<void> Forest::revert(Root& root, Place place) {
    if (undo_ == nullptr) undo_ = std::make_unique<UndoBatch>(take_logs());
    is_noting_ = false;
    if (auto updated = update(root, undo_->changes(), place); !updated) return updated;
    mark();
    return {};
}

TrieStatistics Forest::statistics() const {
    int64_t nodes = 0, bytes = 0;
    TrieStatistics out;
    for (const auto& worker : workers_) {
        nodes += worker->allocator.nodes_in_use();
        bytes += worker->allocator.bytes_in_use();
        out.hashes += worker->hashes;
    }
    out.nodes = static_cast<uint64_t>(nodes);
    out.bytes = static_cast<uint64_t>(bytes);
    return out;
}

}  // namespace weft::trie
