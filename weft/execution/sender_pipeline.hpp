#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "weft/base/thread_pool.hpp"
#include "weft/execution/options.hpp"
#include "weft/primitives/revision.hpp"
#include "weft/primitives/signature_batch.hpp"

namespace weft::execution {

/// Bytes that are no transaction.
struct RawTransactionError {
    size_t transaction = 0;  ///< the first such, counted from the block's first
    DecodeError error;
    friend bool operator==(const RawTransactionError&, const RawTransactionError&) = default;
};

struct SenderPipelineOptions {
    /// Whose threads recover while they have nothing else to do: best the pool that executes. nullptr: only
    /// those who wait do.
    std::shared_ptr<base::ThreadPool> pool = nullptr;
    /// Transactions that may be under way, of all blocks together; a block that is alone may have more.
    size_t lookahead = 4096;
    /// Signatures recovered at a time: the more, the cheaper each (see crypto::recover_addresses); the fewer,
    /// the sooner the first are there, and the sooner a thread comes back to a run of the pool. At least one.
    size_t piece = 128;
};

/// Turns raw transactions into transactions with senders while blocks execute: the next ones of the block
/// that executes, and those of the blocks behind it. Set-code transactions' authorities (EIP-7702) too.
///
///     SenderPipeline pipeline({.pool = pool});
///     // as blocks come in: `next` is the newest
///     if (pipeline.has_room()) next.senders = pipeline.push(next.raw, next.transactions, next.revision);
///     // in order
///     if (auto error = block.senders->decoded()) ...  // bytes that are no transaction
///     execute(env, block.transactions, state, context, {.senders = &block.senders->gate()});
///     block.senders.reset();
///
/// The work is cut into pieces. The pool's threads do them where no run() needs them (base::IdleWork), the
/// first block's first; who executes and finds a sender missing does the piece it lies in, or another one of
/// its block if somebody is at that. So nobody sleeps while there is something to recover, nothing in the
/// pool blocks, and with no pool at all everything happens just in time on the executing thread.
///
/// has_room() and push() are for one thread at a time; blocks may be executed and dropped by others.
class SenderPipeline final : base::IdleWork {
public:
    /// One block's share, from push() on. To be dropped when the block has been executed, or is not wanted
    /// any more, at any time: what nobody has begun is then never done, what somebody is at is waited for.
    class Block final : SenderSource {
    public:
        ~Block();
        Block(const Block&) = delete;
        Block& operator=(const Block&) = delete;

        /// Decodes what is not decoded, or waits for who is at it. Only then may the transactions be looked
        /// at; their senders and authorities come later, as the gate opens. On an error the gate never opens.
        [[nodiscard]] std::optional<RawTransactionError> decoded();
        /// Opens as senders come, in order. Refuses transactions without a valid signature (EIP-2: from
        /// Homestead on also those with a high s). Who waits at it helps.
        [[nodiscard]] SenderGate& gate() noexcept { return gate_; }

    private:
        friend class SenderPipeline;
        /// Decoding ends in one of the others.
        enum class Stage : uint8_t { decoding, recovering, failed, dropped };
        /// A transaction's signature, or that of one of its authorizations.
        struct Signature {
            uint32_t transaction;
            uint32_t authorization;
        };
        static constexpr uint32_t of_the_sender = ~uint32_t{0};

        Block(SenderPipeline& pipeline, Revision revision) : pipeline_(pipeline), revision_(revision) {}
        bool recover_some() noexcept override;
        /// How many transactions, or signatures, the stage has to do.
        [[nodiscard]] size_t items() const noexcept {
            return stage_ == Stage::recovering ? signatures_.size() : raw_.size();
        }
        [[nodiscard]] bool allows(const Transaction& tx) const noexcept {
            return revision_ < Revision::homestead || primitives::is_low_s(tx.s);
        }

        SenderPipeline& pipeline_;
        Revision revision_;
        std::span<const BytesView> raw_;
        std::span<Transaction> transactions_;
        std::vector<Signature> signatures_;  ///< in the order of their transactions; fixed once decoded
        SenderGate gate_{this};

        // Under the pipeline's mutex:
        Stage stage_ = Stage::decoding;
        size_t next_ = 0;  ///< what nobody has taken starts here: transactions to decode, then signatures
        std::vector<size_t> taken_;  ///< where each piece starts that somebody is at
        std::optional<RawTransactionError> error_;
        std::atomic<uint32_t> changes_{0};  ///< changes with the stage, and with the end of a piece
        base::Parker parker_;
    };

    explicit SenderPipeline(SenderPipelineOptions options = {});
    /// Precondition: no Block is left.
    ~SenderPipeline();
    SenderPipeline(const SenderPipeline&) = delete;
    SenderPipeline& operator=(const SenderPipeline&) = delete;

    /// Whether another block may come in: fewer transactions than the lookahead are under way, or none.
    [[nodiscard]] bool has_room() const noexcept {
        const size_t under_way = transactions_.load(std::memory_order_relaxed);
        return under_way == 0 || under_way < options_.lookahead;
    }
    /// Takes a block's transactions; what it recovers it writes into them. They outlive the Block.
    [[nodiscard]] std::unique_ptr<Block> push(std::span<Transaction> transactions, Revision revision);
    /// The same from network bytes (see primitives::decode_transaction). `transactions`, whatever is in it,
    /// is filled with as many. Both outlive the Block.
    [[nodiscard]] std::unique_ptr<Block> push(std::span<const BytesView> raw,
                                              std::vector<Transaction>& transactions, Revision revision);

private:
    /// A part of a block that one thread does.
    struct Piece {
        Block* block = nullptr;
        bool decodes = false;
        size_t begin = 0, end = 0;
        std::unique_ptr<primitives::SignatureBatch> batch = nullptr;
    };

    bool do_piece(bool pressing) noexcept override;
    std::unique_ptr<Block> add(std::unique_ptr<Block> block);
    /// Takes a piece: of `block` if it is given and has one, else the first that has one, of `blocks` blocks
    /// at the head.
    [[nodiscard]] std::optional<Piece> take(Block* block, size_t blocks);
    [[nodiscard]] Piece take_from(Block& block);
    [[nodiscard]] size_t piece_size(const Block& block) const noexcept;
    void run(Piece piece);
    void decode(const Piece& piece);
    void recover(Piece piece);
    void begin_recovering(Block& block);
    void end_piece(Block& block, size_t begin);
    void drop(Block& block) noexcept;
    void announce(size_t items) const noexcept;

    SenderPipelineOptions options_;
    std::atomic<size_t> transactions_{0};  ///< under way
    std::atomic<size_t> waiting_{0};       ///< transactions and signatures that nobody has taken
    std::mutex mutex_;
    std::vector<Block*> blocks_;                                        ///< in the order of push()
    std::vector<std::unique_ptr<primitives::SignatureBatch>> batches_;  ///< not in use
};

}  // namespace weft::execution
