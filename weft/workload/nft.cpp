#include <algorithm>

#include "weft/workload/artifacts.hpp"
#include "weft/workload/generator.hpp"

namespace weft::workload {

namespace {

using artifacts::marketplace;
using artifacts::nft;

constexpr uint64_t most_collections = 64;
constexpr uint64_t mint_price = ether / 20;
constexpr uint64_t wallet_limit = 10;
constexpr uint64_t supply_limit = 4'000'000'000;

/// One collection; its tokens are made as transactions need them, numbered from 0.
struct CollectionState {
    Contract contract;
    uint64_t supply = 0;
    std::vector<uint64_t> minted;  ///< in this block, by account; empty until the first
};

class NftMarket final : public Generator {
public:
    explicit NftMarket(Builder& builder) : builder_(builder), market_(builder.deploy(marketplace)) {
        market_.set(marketplace.field("owner"), base::to_uint256(labelled_address("marketplace owner")));
        const uint64_t count = builder.places(most_collections);
        for (uint64_t i = 0; i < count; ++i) add_collection(i);
    }

    void emit(bool hot) override {
        const uint64_t sender = builder_.next_account();
        if (hot) return mint(collections_[0], sender);
        CollectionState& collection = collections_[builder_.random().between(1, collections_.size() - 1)];
        const uint64_t kind = builder_.random().below(100);
        if (kind < 40) return buy(collection, sender);
        if (kind < 70) return list(collection, sender);
        if (kind < 85) return transfer(collection, sender);
        if (kind < 92) return approve(collection, sender);
        mint(collection, sender);
    }

    /// The limit of a wallet is 10, or more where so few accounts must mint so often.
    void finish() override {
        for (CollectionState& collection : collections_) {
            const auto& minted = collection.minted;
            const uint64_t most = minted.empty() ? 0 : *std::ranges::max_element(minted);
            collection.contract.set(nft.field("walletLimit"), std::max(wallet_limit, most));
            collection.contract.set(nft.field("totalSupply"), collection.supply);
        }
    }

private:
    void add_collection(uint64_t number) {
        CollectionState& collection = collections_.emplace_back(builder_.deploy(nft, number));
        Contract& state = collection.contract;
        state.set(nft.field("name"), short_string_word("Weft collectibles"));
        state.set(nft.field("symbol"), short_string_word("WFTC"));
        state.set(nft.field("baseURI"), short_string_word("ipfs://weft/"));
        state.set(nft.field("owner"), base::to_uint256(labelled_address("artist", number)));
        state.set(nft.field("price"), mint_price);
        state.set(nft.field("supplyLimit"), supply_limit);
        const uint256 volume = uint256{builder_.random().between(1, 10'000)} * ether;
        const Address& address = state.address();
        market_.word(Contract::at(marketplace.field("volume"), address)) = volume;
        market_.word(Contract::at(marketplace.field("fees"), address)) = base::divide(volume, 40).quotient;
        builder_.fund(market_.address(), base::divide(volume, 40).quotient);
        for (uint64_t i = 0; i < 8; ++i) new_token(collection, labelled_address("collector", i));
    }

    /// A token that the holder has had since before the block; returns its number.
    static uint64_t new_token(CollectionState& collection, const Address& holder) {
        Contract& state = collection.contract;
        state.word(Contract::at(nft.field("holders"), uint256{collection.supply})) = base::to_uint256(holder);
        state.word(Contract::at(nft.field("balances"), holder)) += 1;
        return collection.supply++;
    }

    void allow_market(CollectionState& collection, const Address& holder) {
        collection.contract.word(Contract::at(nft.field("isApprovedForAll"), holder, market_.address())) = 1;
    }

    void call(uint64_t sender, const Address& to, uint64_t gas_limit, CallData& data, uint64_t value = 0) {
        builder_.send(
            {.sender = sender, .to = to, .gas_limit = gas_limit, .data = data.take(), .value = value});
    }

    void mint(CollectionState& collection, uint64_t sender) {
        const uint64_t quantity = builder_.random().between(1, 3);
        collection.minted.resize(builder_.account_count());
        collection.minted[sender] += quantity;
        call(sender, collection.contract.address(), 90'000 + 25'000 * quantity,
             CallData(nft.selector("mint(uint32)")).add(quantity), mint_price * quantity);
    }

    /// Buys a token that another account has listed.
    void buy(CollectionState& collection, uint64_t buyer) {
        const Address& seller = builder_.account(builder_.another_account(buyer));
        const uint64_t id = new_token(collection, seller);
        const Address& address = collection.contract.address();
        allow_market(collection, seller);
        const uint64_t price = builder_.random().between(1, 200) * (ether / 100);
        const uint256 slot = Contract::at(marketplace.field("listings"), address, uint256{id});
        market_.set(slot, marketplace.field("Listing.seller"), base::to_uint256(seller));
        market_.set(slot, marketplace.field("Listing.price"), price);
        call(buyer, market_.address(), 120'000,
             CallData(marketplace.selector("buy(address,uint256)")).add(address).add(id), price);
    }

    void list(CollectionState& collection, uint64_t sender) {
        const uint64_t id = new_token(collection, builder_.account(sender));
        allow_market(collection, builder_.account(sender));
        const uint64_t price = builder_.random().between(1, 200) * (ether / 100);
        call(sender, market_.address(), 75'000,
             CallData(marketplace.selector("list(address,uint256,uint96)"))
                 .add(collection.contract.address())
                 .add(id)
                 .add(price));
    }

    void transfer(CollectionState& collection, uint64_t sender) {
        const Address& from = builder_.account(sender);
        const Address& to = builder_.account(builder_.another_account(sender));
        const uint64_t id = new_token(collection, from);
        call(sender, collection.contract.address(), 90'000,
             CallData(nft.selector("safeTransferFrom(address,address,uint256)")).add(from).add(to).add(id));
    }

    /// Of the one token, to an application; no other transaction moves it.
    void approve(CollectionState& collection, uint64_t sender) {
        const uint64_t id = new_token(collection, builder_.account(sender));
        const Address application = labelled_address("application", builder_.random().below(16));
        call(sender, collection.contract.address(), 60'000,
             CallData(nft.selector("approve(address,uint256)")).add(application).add(id));
    }

    Builder& builder_;
    Contract market_;
    std::vector<CollectionState> collections_;
};

}  // namespace

std::unique_ptr<Generator> make_nft(Builder& builder) { return std::make_unique<NftMarket>(builder); }

}  // namespace weft::workload
