#include <deque>

#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

using artifacts::supply_chain;

enum Role : uint64_t { no_role, producer, carrier, certifier, retailer };
enum Stage : uint64_t { no_stage, held, offered, consumed };

/// The roles of accounts 0 to 7, and so on again: half of all are carriers, and of two accounts one is.
constexpr Role roles[] = {producer, carrier, certifier, carrier, retailer, carrier, producer, carrier};
constexpr uint64_t gas = 75'000;
constexpr uint64_t certify_gas = 130'000;
constexpr uint64_t new_batch_gas = 180'000;
constexpr uint64_t standards = 6;

class SupplyChain final : public Generator {
public:
    explicit SupplyChain(Builder& builder)
        : builder_(builder),
          chain_(builder.deploy(supply_chain)),
          hot_batch_(new_batch(builder.account(0), held)) {
        chain_.set(supply_chain.field("registrar"), base::to_uint256(labelled_address("registrar")));
        for (uint64_t i = 0; i < builder.account_count(); ++i)
            chain_.word(Contract::at(supply_chain.field("roles"), builder.account(i))) = role_of(i);
    }

    void emit(bool hot) override {
        if (hot) return record(random_carrier(), hot_batch_);
        // Whom a batch was offered to takes it over a little later.
        if (offers_.size() > 16 || (!offers_.empty() && builder_.random().chance(15)))
            return accept_first_offer();
        const uint64_t sender = builder_.next_account();
        switch (role_of(sender)) {
            case producer:
                return produce(sender);
            case certifier:
                return certify(sender);
            case retailer:
                return consume(sender);
            default:
                return carry(sender);
        }
    }

private:
    struct Offer {
        Hash batch;
        uint64_t to;  ///< account
    };

    [[nodiscard]] static Role role_of(uint64_t account) { return roles[account % std::size(roles)]; }
    /// Carriers have odd numbers.
    uint64_t random_carrier() { return builder_.random().below(builder_.account_count() / 2) * 2 + 1; }

    /// A batch that somebody registered before the block and that has come to the holder since.
    Hash new_batch(const Address& holder, Stage stage, const Address& offered_to = {}) {
        const Hash id = labelled_hash("batch", batches_++);
        const uint256 slot = Contract::at(supply_chain.field("batches"), base::to_uint256(id));
        const uint64_t product = builder_.random().below(500);
        chain_.set(slot, supply_chain.field("Batch.holder"), base::to_uint256(holder));
        chain_.set(slot, supply_chain.field("Batch.stage"), stage);
        chain_.set(slot, supply_chain.field("Batch.changedAt"),
                   block_timestamp - builder_.random().between(60, 90'000));
        chain_.set(slot, supply_chain.field("Batch.offeredTo"), base::to_uint256(offered_to));
        chain_.set(slot, supply_chain.field("Batch.quantity"), builder_.random().between(1'000, 50'000));
        chain_.set(slot, supply_chain.field("Batch.product"),
                   base::to_uint256(labelled_hash("product", product)));
        chain_.set(slot, supply_chain.field("Batch.trail"),
                   base::to_uint256(labelled_hash("trail", batches_)));
        chain_.word(Contract::at(supply_chain.field("readings"), base::to_uint256(id))) =
            builder_.random().below(50);
        return id;
    }

    void call(uint64_t sender, CallData& data, uint64_t gas_limit = gas) {
        builder_.send(
            {.sender = sender, .to = chain_.address(), .gas_limit = gas_limit, .data = data.take()});
    }

    void produce(uint64_t sender) {
        const uint64_t kind = builder_.random().below(100);
        if (kind < 50) {
            const Hash product = labelled_hash("product", builder_.random().below(500));
            return call(sender,
                        CallData(supply_chain.selector("register(bytes32,uint64)"))
                            .add(product)
                            .add(builder_.random().between(1, 50'000)),
                        new_batch_gas);
        }
        const Hash batch = new_batch(builder_.account(sender), held);
        if (kind < 80) return offer(sender, batch);
        call(sender,
             CallData(supply_chain.selector("split(bytes32,uint64)"))
                 .add(batch)
                 .add(builder_.random().between(1, 999)),
             new_batch_gas);
    }

    void carry(uint64_t sender) {
        const Address& account = builder_.account(sender);
        const uint64_t kind = builder_.random().below(100);
        if (kind < 45) return record(sender, new_batch(account, held));
        if (kind < 70) return offer(sender, new_batch(account, held));
        const Address& from = builder_.account(builder_.another_account(sender));
        accept(sender, new_batch(from, offered, account));
    }

    void certify(uint64_t sender) {
        const Hash batch = new_batch(builder_.account(builder_.another_account(sender)), held);
        CallData data(supply_chain.selector("certify(bytes32,bytes32,bytes32,uint64)"));
        data.add(batch).add(labelled_hash("standard", builder_.random().below(standards)));
        data.add(labelled_hash("document", batches_)).add(block_timestamp + 365 * 86'400);
        call(sender, data, certify_gas);
    }

    void consume(uint64_t sender) {
        const Hash batch = new_batch(builder_.account(sender), held);
        call(sender, CallData(supply_chain.selector("consume(bytes32)")).add(batch));
    }

    void record(uint64_t sender, const Hash& batch) {
        const uint64_t reading = builder_.random().between(20, 80);  // tenths of a degree
        call(sender, CallData(supply_chain.selector("record(bytes32,int32)")).add(batch).add(reading));
    }

    void offer(uint64_t sender, const Hash& batch) {
        const uint64_t to = random_carrier();
        offers_.push_back({batch, to});
        call(sender,
             CallData(supply_chain.selector("offer(bytes32,address)")).add(batch).add(builder_.account(to)));
    }

    void accept(uint64_t sender, const Hash& batch) {
        call(sender, CallData(supply_chain.selector("accept(bytes32)")).add(batch));
    }

    void accept_first_offer() {
        const Offer first = offers_.front();
        offers_.pop_front();
        accept(first.to, first.batch);
    }

    Builder& builder_;
    Contract chain_;
    uint64_t batches_ = 0;
    Hash hot_batch_;
    std::deque<Offer> offers_;  ///< made in this block and not taken up yet
};

}  // namespace

std::unique_ptr<Generator> make_supply_chain(Builder& builder) {
    return std::make_unique<SupplyChain>(builder);
}

}  // namespace weft::workload
