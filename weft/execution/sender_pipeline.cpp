#include "weft/execution/sender_pipeline.hpp"

#include <algorithm>

namespace weft::execution {
namespace {

/// Transactions decoded at a time: some tens of microseconds.
constexpr size_t decoded_at_once = 128;
/// The smallest piece of signatures: four fills of eight lanes.
constexpr size_t smallest_piece = 32;
/// Blocks at the head whose senders will be waited for soon: the one that executes, and the next.
constexpr size_t pressing_blocks = 2;

}  // namespace

SenderPipeline::SenderPipeline(SenderPipelineOptions options) : options_(std::move(options)) {
    options_.piece = std::max<size_t>(options_.piece, 1);  // pieces of nothing would come to no end
    if (options_.pool) options_.pool->add(*this);
}

SenderPipeline::~SenderPipeline() {
    if (options_.pool) options_.pool->remove(*this);
}

std::unique_ptr<SenderPipeline::Block> SenderPipeline::push(std::span<Transaction> transactions,
                                                            Revision revision) {
    std::unique_ptr<Block> block(new Block(*this, revision));
    block->transactions_ = transactions;
    begin_recovering(*block);
    return add(std::move(block));
}

std::unique_ptr<SenderPipeline::Block> SenderPipeline::push(std::span<const BytesView> raw,
                                                            std::vector<Transaction>& transactions,
                                                            Revision revision) {
    std::unique_ptr<Block> block(new Block(*this, revision));
    transactions.clear();
    transactions.resize(raw.size());
    block->raw_ = raw;
    block->transactions_ = transactions;
    if (raw.empty()) begin_recovering(*block);
    return add(std::move(block));
}

std::unique_ptr<SenderPipeline::Block> SenderPipeline::add(std::unique_ptr<Block> block) {
    const size_t items = block->items();
    {
        const std::lock_guard lock(mutex_);
        blocks_.push_back(block.get());
        transactions_.fetch_add(block->transactions_.size(), std::memory_order_relaxed);
        waiting_.fetch_add(items, std::memory_order_relaxed);
    }
    announce(items);
    return block;
}

void SenderPipeline::announce(size_t items) const noexcept {
    if (options_.pool && items != 0) options_.pool->announce(items / smallest_piece + 1);
}

bool SenderPipeline::do_piece(bool pressing) noexcept {
    auto piece = take(nullptr, pressing ? pressing_blocks : ~size_t{0});
    if (!piece) return false;
    run(std::move(*piece));
    return true;
}

bool SenderPipeline::Block::recover_some() noexcept {
    auto piece = pipeline_.take(this, pressing_blocks);
    if (!piece) return false;
    pipeline_.run(std::move(*piece));
    return true;
}

std::optional<RawTransactionError> SenderPipeline::Block::decoded() {
    for (;;) {
        const uint32_t seen = changes_.load(std::memory_order_acquire);
        std::optional<Piece> piece;
        {
            const std::lock_guard lock(pipeline_.mutex_);
            if (stage_ != Stage::decoding) return error_;
            if (next_ != raw_.size()) piece = pipeline_.take_from(*this);
        }
        if (piece) {
            pipeline_.run(std::move(*piece));
        } else {
            parker_.wait_until_changed(changes_, seen);
        }
    }
}

std::optional<SenderPipeline::Piece> SenderPipeline::take(Block* block, size_t blocks) {
    if (waiting_.load(std::memory_order_relaxed) == 0) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto has_some = [](const Block* one) { return one->next_ != one->items(); };
    if (block == nullptr || !has_some(block)) {
        const auto head = std::span(blocks_).first(std::min(blocks, blocks_.size()));
        const auto found = std::ranges::find_if(head, has_some);
        if (found == head.end()) return std::nullopt;
        block = *found;
    }
    return take_from(*block);
}

/// Precondition: there is something to take. Under the mutex.
SenderPipeline::Piece SenderPipeline::take_from(Block& block) {
    Piece piece{
        .block = &block, .decodes = block.stage_ == Block::Stage::decoding, .begin = block.next_, .end = 0};
    if (piece.decodes) {
        piece.end = std::min(block.raw_.size(), piece.begin + decoded_at_once);
    } else {
        piece.end = std::min(block.signatures_.size(), piece.begin + piece_size(block));
        if (!batches_.empty()) {
            piece.batch = std::move(batches_.back());
            batches_.pop_back();
        }
    }
    block.next_ = piece.end;
    block.taken_.push_back(piece.begin);
    waiting_.fetch_sub(piece.end - piece.begin, std::memory_order_relaxed);
    return piece;
}

/// Of the block that somebody waits for, each thread gets its share soon; of others, what is cheapest.
size_t SenderPipeline::piece_size(const Block& block) const noexcept {
    if (&block != blocks_.front()) return options_.piece;
    const size_t threads = 1 + (options_.pool ? options_.pool->size() : 0);
    const size_t share = (block.signatures_.size() - block.next_) / (2 * threads);
    return std::min(options_.piece, std::max(smallest_piece, share / 8 * 8));
}

void SenderPipeline::run(Piece piece) {
    if (piece.decodes) {
        decode(piece);
    } else {
        recover(std::move(piece));
    }
}

void SenderPipeline::decode(const Piece& piece) {
    Block& block = *piece.block;
    std::optional<RawTransactionError> error;
    for (size_t i = piece.begin; i < piece.end && !error; ++i)
        if (auto read = primitives::decode_transaction(block.raw_[i], block.transactions_[i]); !read)
            error = {i, read.error()};
    size_t found = 0;
    {
        const std::lock_guard lock(mutex_);
        if (error && (!block.error_ || error->transaction < block.error_->transaction)) block.error_ = error;
        const bool is_last = block.next_ == block.raw_.size() && block.taken_.size() == 1;
        if (is_last && block.stage_ == Block::Stage::decoding) {
            if (block.error_) {
                block.stage_ = Block::Stage::failed;
            } else {
                begin_recovering(block);
                found = block.signatures_.size();
                waiting_.fetch_add(found, std::memory_order_relaxed);
            }
        }
        end_piece(block, piece.begin);
    }
    announce(found);
}

/// Lists the signatures. Precondition: nobody is at the block, or the mutex is held.
void SenderPipeline::begin_recovering(Block& block) {
    const auto count = static_cast<uint32_t>(block.transactions_.size());
    block.signatures_.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
        block.signatures_.push_back({i, Block::of_the_sender});
        const size_t authorizations = block.transactions_[i].authorization_list.size();
        for (uint32_t k = 0; k < authorizations; ++k) block.signatures_.push_back({i, k});
    }
    block.next_ = 0;
    block.stage_ = Block::Stage::recovering;
}

void SenderPipeline::recover(Piece piece) {
    Block& block = *piece.block;
    const auto signatures = std::span(block.signatures_).subspan(piece.begin, piece.end - piece.begin);
    if (!piece.batch) piece.batch = std::make_unique<primitives::SignatureBatch>();
    primitives::SignatureBatch& batch = *piece.batch;
    batch.clear();
    for (const auto& [index, authorization] : signatures) {
        const Transaction& tx = block.transactions_[index];
        if (authorization != Block::of_the_sender) {
            batch.add(tx.authorization_list[authorization]);
        } else if (!block.raw_.empty()) {
            batch.add(tx, block.raw_[index]);
        } else {
            batch.add(tx);
        }
    }
    const auto signers = batch.recover();
    for (size_t i = 0; i < signatures.size(); ++i) {
        Transaction& tx = block.transactions_[signatures[i].transaction];
        if (signatures[i].authorization == Block::of_the_sender) {
            tx.sender = signers[i].value_or(Address{});
            if (!signers[i] || !block.allows(tx)) block.gate_.refuse(signatures[i].transaction);
        } else {
            auto& authorization = tx.authorization_list[signatures[i].authorization];
            authorization.authority = signers[i];
            authorization.authority_recovered = true;
        }
    }
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(piece.batch));
    const size_t before = std::ranges::min(block.taken_);
    end_piece(block, piece.begin);
    // Complete up to the first piece that is not done.
    const size_t done = block.taken_.empty() ? block.next_ : std::ranges::min(block.taken_);
    if (done == before) return;
    block.gate_.open(done == block.signatures_.size() ? block.transactions_.size()
                                                      : block.signatures_[done].transaction);
}

/// Under the mutex: who drops the block comes after this.
void SenderPipeline::end_piece(Block& block, size_t begin) {
    block.taken_.erase(std::ranges::find(block.taken_, begin));
    block.changes_.fetch_add(1, std::memory_order_release);
    block.parker_.wake_all(block.changes_);
}

SenderPipeline::Block::~Block() { pipeline_.drop(*this); }

void SenderPipeline::drop(Block& block) noexcept {
    {
        const std::lock_guard lock(mutex_);
        std::erase(blocks_, &block);
        waiting_.fetch_sub(block.items() - block.next_, std::memory_order_relaxed);
        transactions_.fetch_sub(block.transactions_.size(), std::memory_order_relaxed);
        block.next_ = block.items();
        // Whoever is at the last piece of decoding makes no signatures of it any more.
        if (block.stage_ == Block::Stage::decoding) block.stage_ = Block::Stage::dropped;
    }
    for (;;) {
        const uint32_t seen = block.changes_.load(std::memory_order_acquire);
        {
            const std::lock_guard lock(mutex_);
            if (block.taken_.empty()) return;
        }
        block.parker_.wait_until_changed(block.changes_, seen);
    }
}

}  // namespace weft::execution
