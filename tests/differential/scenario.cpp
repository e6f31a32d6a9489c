#include "tests/differential/scenario.hpp"

#include <map>

#include "tests/differential/random_code.hpp"
#include "tests/differential/straight_code.hpp"
#include "weft/base/hex.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/execution/executor.hpp"

namespace weft::differential {
namespace {

using base::operator""_address;
using primitives::Authorization;

constexpr uint64_t ether = 1'000'000'000'000'000'000;

Address numbered(uint64_t family, uint64_t number) {
    return base::to_address(uint256{(family << 32) + number});
}

Bytes delegation_to(const Address& address) {
    Bytes code{0xef, 0x01, 0x00};
    code.insert(code.end(), address.begin(), address.end());
    return code;
}

/// Keeps account of nonces.
class NonceSink final : public execution::CommitSink {
public:
    explicit NonceSink(std::map<Address, uint64_t>& nonces) : nonces_(nonces) {}
    void commit(std::span<const execution::CommittedAccount> accounts,
                std::span<const execution::CommittedSlot>) override {
        heard = true;
        for (const auto& account : accounts)
            nonces_[account.address] = account.value ? account.value->nonce : 0;
    }
    bool heard = false;

private:
    std::map<Address, uint64_t>& nonces_;
};

/// Makes one scenario: first the world, then the transactions.
class Maker {
public:
    explicit Maker(uint64_t seed) : random_(seed) {}

    Scenario make() {
        choose_revision();
        makes_rows_ = random_.chance(35);
        name_addresses();
        make_environment();
        make_init_codes();
        make_contracts();
        if (makes_rows_) make_called();
        odd_percent_ = random_.chance(50) ? 2 : 10;
        fund();
        pays_ = !makes_rows_ && random_.chance(20);
        make_transactions();
        scenario_.transaction_roots = random_.chance(50);
        return std::move(scenario_);
    }

private:
    [[nodiscard]] bool has(Revision since) const noexcept { return scenario_.env.revision >= since; }
    [[nodiscard]] CodeMaker coder() {
        return {random_,
                {scenario_.env.revision, addresses_,
                 random_.chance(70) ? init_codes_ : std::span<const Bytes>{}}};
    }

    void choose_revision() {
        constexpr auto newest = static_cast<uint64_t>(primitives::newest_revision);
        constexpr auto create2 = static_cast<uint64_t>(Revision::constantinople);
        constexpr auto eip6780 = static_cast<uint64_t>(Revision::cancun);
        uint64_t number = random_.below(newest + 1);
        if (random_.chance(30)) {
            number = newest - random_.below(4);
        } else if (random_.chance(40)) {
            number = create2 + random_.below(eip6780 - create2);  // contracts come and go at one address
        }
        scenario_.env.revision = static_cast<Revision>(number);
    }

    void name_addresses() {
        for (uint64_t i = 0; i < 2 + random_.below(6); ++i) senders_.push_back(numbered(0xaa, i));
        for (uint64_t i = 0; i < 2 + random_.below(4); ++i) contracts_.push_back(numbered(0xcc, i));
        if (makes_rows_)
            for (uint64_t i = 0; i < 1 + random_.below(3); ++i) called_.push_back(numbered(0xc5, i));
        addresses_ = senders_;
        addresses_.insert(addresses_.end(), called_.begin(), called_.end());
        for (int i = 0; i < 2; ++i) addresses_.insert(addresses_.end(), contracts_.begin(), contracts_.end());
        for (uint64_t i = 0; i < 3; ++i) addresses_.push_back(numbered(0xee, i));  // nobody, or empty
        for (uint64_t number : {1, 3, 4}) addresses_.push_back(base::to_address(uint256{number}));
    }

    void make_environment() {
        execution::BlockEnv& env = scenario_.env;
        evm::BlockContext& context = env.context;
        context.number = 1000;
        context.timestamp = 1'000'000;
        context.gas_limit = random_.chance(85) ? 100'000'000 : 500'000 + random_.below(3'000'000);
        context.difficulty = has(Revision::paris) ? 0 : 131072;
        context.base_fee = has(Revision::london) ? 7 : 0;
        context.blob_base_fee = 1;
        context.coinbase = random_.chance(50)   ? numbered(0xfe, 0)
                           : random_.chance(40) ? random_.pick(senders_)
                                                : random_.pick(addresses_);
        if (random_.chance(50)) addresses_.push_back(context.coinbase);
        env.eip155 = has(Revision::spurious_dragon);
        env.dao_fork = env.revision == Revision::homestead && random_.chance(5);
        env.reward = execution::block_reward(env.revision);
        if (env.reward && random_.chance(30)) env.ommers.push_back({random_.pick(addresses_), 999});
        if (has(Revision::cancun)) env.parent_beacon_block_root = Hash{{{1}}};
        env.parent_hash = Hash{{{2}}};
        env.blobs = primitives::prague_blobs;
        if (has(Revision::shanghai))
            for (uint64_t i = random_.below(3); i > 0; --i)
                env.withdrawals.push_back({i, i, random_.pick(addresses_), random_.below(3)});
        env.system_calls = random_.chance(50);
        for (uint64_t number = 990; number < 1000; ++number)
            scenario_.before.set_block_hash(number, Hash{{{static_cast<uint8_t>(number)}}});
    }

    void make_init_codes() {
        Assembler counter, destroyer, ends_itself, stores;
        counter.add_to(0, 1);
        destroyer.add_to(1, 1).add_to(0, 1).argument(1).when(
            [&](Assembler& inner) { inner.destroy(random_.pick(addresses_)); });
        init_codes_.push_back(init_code_for(counter.code()));
        init_codes_.push_back(init_code_for(destroyer.code(), Assembler{}.add_to(2, 7)));
        init_codes_.push_back(ends_itself.add_to(0, 1).destroy(random_.pick(addresses_)).code());
        init_codes_.push_back(stores.add_to(0, 1).code());  // code stays empty, storage doesn't
        init_codes_.push_back(init_code_for(coder().runtime(4)));
        if (has(Revision::constantinople) && random_.chance(50)) {
            phoenix_ = evm::create2_address(contracts_[0], 0, init_codes_[1]);
            contracts_.push_back(contracts_[0]);
            contracts_.insert(contracts_.end(), 2, phoenix_);
            addresses_.insert(addresses_.end(), 2, phoenix_);
        }
        for (const Address& contract : contracts_)
            for (const Bytes& init_code : init_codes_) {
                if (random_.chance(40))
                    addresses_.push_back(evm::create2_address(contract, random_.below(2), init_code));
            }
        for (const Address& contract : contracts_) addresses_.push_back(evm::create_address(contract, 1));
        for (const Address& sender : senders_)
            if (random_.chance(50)) addresses_.push_back(evm::create_address(sender, random_.below(4)));
    }

    void set_contract(const Address& address, Bytes code, const uint256& balance) {
        const Hash hash = scenario_.before.set_code(std::move(code));
        scenario_.before.set_account(address, {.nonce = 1, .balance = balance, .code_hash = hash});
        for (uint64_t key = 0; key < 3; ++key)
            if (random_.chance(40)) scenario_.before.set_storage(address, key, 1 + random_.below(3));
    }

    void make_contracts() {
        for (const Address& contract : contracts_)
            if (contract != phoenix_)
                set_contract(contract, coder().runtime(2 + random_.below(8)), random_.below(2000));
        if (!phoenix_.is_zero()) {
            Assembler factory;
            coder().step(factory);
            set_contract(contracts_[0], factory.create2(init_codes_[1], 0, 0).store_at(1).code(), 100);
            if (random_.chance(30)) set_contract(phoenix_, init_codes_[1], 5);  // other code, some storage
        }
        if (!has(Revision::cancun) || !scenario_.env.system_calls) return;
        for (const Address& address : {"0x000f3df6d732807ef1319fb7b8bb8522d0beac02"_address,
                                       "0x0000f90827f1c53a10cb7a02335b175320002935"_address,
                                       "0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                                       "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address}) {
            if (random_.chance(2)) continue;  // from Prague on such a block is invalid
            set_contract(address, random_.chance(50) ? coder().runtime(2) : Assembler{}.add_to(0, 1).code(),
                         5);
            if (random_.chance(30)) addresses_.push_back(address);
        }
    }

    /// Contracts that rows of calls are of; one of them may come, go and have other code when it comes again.
    void make_called() {
        const auto& revision = scenario_.env.revision;
        const auto keep = [&](const Address& contract) {
            for (uint64_t i = random_.below(8); i > 0; --i)
                scenario_.before.set_storage(contract, StraightCodeMaker::key(random_, senders_),
                                             1 + random_.below(4));
        };
        for (const Address& contract : called_) {
            set_contract(contract, StraightCodeMaker(random_, revision).runtime(random_.chance(50)),
                         random_.below(3));
            keep(contract);
        }
        if (has(Revision::constantinople) && random_.chance(40)) {
            const auto runtime = [&] { return StraightCodeMaker(random_, revision).runtime(true); };
            Assembler either;
            either.push(random_.pick(senders_)).op({evm::OP_BALANCE}).push(1).op({evm::OP_AND});
            either.when([&](Assembler& inner) {
                const Bytes other = runtime();
                inner.memory(other).push(other.size()).push(0).op({evm::OP_RETURN});
            });
            factory_ = numbered(0xfa, 0);
            const Bytes code = init_code_for(runtime(), either);
            set_contract(factory_, Assembler{}.create2(code, 0, 0).store_at(1).code(), 5);
            called_.push_back(evm::create2_address(factory_, 0, code));
            addresses_.push_back(called_.back());
        }
        if (has(Revision::byzantium) && random_.chance(40)) {
            const Address proxy = numbered(0xc9, 0);
            const uint256 slot = random_.chance(80) ? 0xde1e : 3;  // that functions may overwrite
            set_contract(proxy, StraightCodeMaker::proxy(slot, random_.chance(15)), 0);
            keep(proxy);
            const Address behind = random_.pick(called_);
            if (random_.chance(30)) contracts_.push_back(behind);  // which then may seem to send
            scenario_.before.set_storage(proxy, slot, base::to_uint256(behind));
            called_.insert(random_.chance(50) ? called_.begin() : called_.end(), proxy);
            addresses_.push_back(proxy);
        }
        if (has(Revision::prague) && random_.chance(30)) {
            const Address delegated = numbered(0xdd, 0);
            scenario_.before.set_account(delegated,
                                         {.nonce = 1,
                                          .balance = 7,
                                          .code_hash = scenario_.before.set_code(delegation_to(called_[0]))});
            keep(delegated);
            called_.push_back(delegated);
        }
    }

    void fund() {
        for (const Address& sender : senders_) {
            Account account;
            account.balance = random_.chance(75) ? uint256{ether} * 1000 : uint256{random_.below(5'000'000)};
            if (random_.chance(5)) account.balance = uint256::max() - uint256{random_.below(100'000'000)};
            if (has(Revision::prague) && random_.chance(15)) {
                account.nonce = 1;
                account.code_hash = scenario_.before.set_code(delegation_to(random_.pick(addresses_)));
            }
            nonces_[sender] = account.nonce;
            if (account.balance.is_zero() && account.is_empty()) continue;
            scenario_.before.set_account(sender, account);
        }
        if (!has(Revision::spurious_dragon) || random_.chance(20)) {
            scenario_.before.set_account(numbered(0xee, 1), {});
            scenario_.before.set_account(base::to_address(uint256{3}), {});
        }
        if (random_.chance(10)) {  // storage without code or nonce (EIP-7610)
            const Address place = random_.pick(addresses_);
            if (!scenario_.before.account(place)->has_value()) {
                scenario_.before.set_account(place, {.balance = 1});
                scenario_.before.set_storage(place, 1, 1);
            }
        }
    }

    /// Executes each transaction as it is made, so that the next one knows its sender's nonce.
    void make_transactions() {
        const size_t count = 1 + random_.below(pays_ || makes_rows_ ? 120 : random_.chance(80) ? 20 : 70);
        const unsigned spoiled_percent = random_.chance(60) ? 0 : 20;
        const bool keeps_invalid = spoiled_percent != 0 || random_.chance(15);
        execution::ExecutionContext context({.executor = execution::ExecutorKind::sequential, .threads = 1});
        const auto executor = execution::make_executor<>(context);
        NonceSink sink(nonces_);
        if (executor->begin(scenario_.env, scenario_.before,
                            {.on_invalid = execution::OnInvalid::skip, .sink = &sink}))
            return;
        for (size_t i = 0; i < count; ++i) {
            Transaction tx = make_transaction();
            if (random_.chance(spoiled_percent)) spoil(tx);
            sink.heard = false;
            if (executor->apply(std::span(&tx, 1))) return;
            if (sink.heard || keeps_invalid) scenario_.transactions.push_back(std::move(tx));
        }
    }

    Transaction make_transaction() {
        Transaction tx;
        tx.sender = random_.chance(40) ? senders_[0] : random_.pick(senders_);
        tx.nonce = nonces_[tx.sender];
        if (makes_rows_) {
            if (random_.chance(odd_percent_)) return make_odd_one(std::move(tx));
            return random_.chance(10) ? make_payment(std::move(tx)) : make_call(std::move(tx));
        }
        if (pays_ && !random_.chance(3)) return make_payment(std::move(tx));
        if (random_.chance(85))
            tx.to = random_.chance(50) ? random_.pick(contracts_) : random_.pick(addresses_);
        choose_payload(tx);
        choose_price(tx);
        choose_type(tx);
        return tx;
    }

    /// One that a row of calls may contain, or that it ends with.
    Transaction make_call(Transaction tx) {
        tx.to = random_.chance(70) ? called_[0] : random_.pick(called_);
        const uint32_t selector =
            random_.chance(2) ? 0x33333333 : StraightCodeMaker::selectors[random_.chance(25)];
        tx.data.resize(random_.chance(95) ? 4 + 32 * StraightCodeMaker::most_arguments
                                          : 4 + random_.below(66));
        for (size_t i = 0; i < 4; ++i) tx.data[i] = static_cast<uint8_t>(selector >> (24 - 8 * i));
        for (size_t at = 4; at + 32 <= tx.data.size(); at += 32)
            base::store_be(tx.data.data() + at, random_.chance(3) ? uint256::max() : random_.below(5));
        choose_price(tx);
        tx.gas_limit = random_.chance(95) ? 300'000 : 21'000 + random_.below(60'000);
        if (random_.chance(2)) tx.value = random_.below(3);
        if (has(Revision::london) && random_.chance(50)) {
            tx.type = TxType::dynamic_fee;
            tx.max_priority_fee_per_gas = random_.below(3);
            tx.max_fee_per_gas += tx.max_priority_fee_per_gas;
        }
        return tx;
    }

    /// What stands between rows of calls: any transaction, what makes a contract, or ends one.
    Transaction make_odd_one(Transaction tx) {
        choose_price(tx);
        tx.gas_limit = 500'000;
        switch (random_.below(4)) {
            case 0:
                tx.to = factory_;
                break;
            case 1:
                tx.to = random_.pick(called_);
                tx.data.resize(1);
                break;
            default:
                tx.to = random_.chance(50) ? random_.pick(contracts_) : random_.pick(addresses_);
                choose_payload(tx);
                choose_price(tx);
                choose_type(tx);
        }
        return tx;
    }

    /// A transfer of value, mostly to an account without code.
    Transaction make_payment(Transaction tx) {
        tx.to = random_.chance(2)    ? random_.pick(contracts_)
                : random_.chance(3)  ? scenario_.env.context.coinbase
                : random_.chance(5)  ? numbered(0xbb, random_.below(100))  // nobody yet
                : random_.chance(5)  ? random_.pick(addresses_)
                : random_.chance(30) ? numbered(0xee, random_.below(3))
                                     : random_.pick(senders_);
        if (!random_.chance(25)) tx.value = random_.below(random_.chance(20) ? 10'000'000 : 100);
        choose_price(tx);
        if (random_.chance(90)) tx.gas_limit = 21000;  // with more it goes like any transaction
        if (has(Revision::london) && random_.chance(50)) {
            tx.type = TxType::dynamic_fee;
            tx.max_priority_fee_per_gas = random_.below(3);
        }
        return tx;
    }

    void choose_price(Transaction& tx) {
        const uint256& base_fee = scenario_.env.context.base_fee;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas =
            base_fee + uint256{random_.chance(25) ? 0 : random_.below(9)};
        constexpr uint64_t limits[] = {60000, 120000, 250000, 250000, 500000, 500000, 1'000'000};
        tx.gas_limit = random_.pick(limits) + (random_.chance(30) ? random_.below(30000) : 0);
        if (tx.data.empty() && random_.chance(40)) tx.gas_limit = 21000;
    }

    void choose_payload(Transaction& tx) {
        switch (random_.below(8)) {
            case 0:
            case 1:
                tx.value = random_.below(100);
                break;
            case 2:
                tx.value = random_.below(10'000'000);
                break;  // funds a sender that has little
            case 3:
                if (random_.chance(30)) tx.value = uint256::max() - uint256{random_.below(200'000'000)};
                break;
            default:
                break;
        }
        if (!tx.to) {
            tx.data = random_.pick(init_codes_);
        } else if (random_.chance(60)) {
            uint8_t word[32];
            base::store_be(word, base::to_uint256(random_.pick(addresses_)));
            tx.data.insert(tx.data.end(), word, word + 32);
            base::store_be(word, random_.below(3));
            tx.data.insert(tx.data.end(), word, word + 32);
        }
    }

    void choose_type(Transaction& tx) {
        if (!has(Revision::berlin) || random_.chance(40)) return;
        if (random_.chance(30))
            tx.access_list.push_back({random_.pick(addresses_), {uint256{0}, uint256{2}}});
        tx.type = TxType::access_list;
        if (!has(Revision::london) || random_.chance(30)) return;
        tx.type = TxType::dynamic_fee;
        tx.max_priority_fee_per_gas = random_.below(3);
        tx.max_fee_per_gas += tx.max_priority_fee_per_gas;
        if (!tx.to) return;
        if (has(Revision::cancun) && random_.chance(15)) {
            tx.type = TxType::blob;
            tx.max_fee_per_blob_gas = 1 + random_.below(3);
            for (uint64_t i = 1 + random_.below(3); i > 0; --i)
                tx.blob_versioned_hashes.push_back(Hash{{{1, static_cast<uint8_t>(i)}}});
        } else if (has(Revision::prague) && random_.chance(50)) {
            tx.type = TxType::set_code;
            for (uint64_t i = 1 + random_.below(3); i > 0; --i)
                tx.authorization_list.push_back(make_authorization(tx.sender));
        }
    }

    /// Mostly valid if the ones before it in the block are.
    Authorization make_authorization(const Address& sender) {
        const Address& who = random_.pick(senders_);
        Authorization authorization;
        authorization.chain_id = random_.chance(90) ? random_.below(2) : 5;
        authorization.address = random_.chance(20) ? Address{} : random_.pick(addresses_);
        authorization.nonce = nonces_[who] + (who == sender ? 1 : 0) + (random_.chance(10) ? 1 : 0);
        authorization.authority_recovered = true;
        if (random_.chance(95)) authorization.authority = random_.chance(85) ? who : random_.pick(addresses_);
        return authorization;
    }

    void spoil(Transaction& tx) {
        switch (random_.below(7)) {
            case 0:
                ++tx.nonce;
                break;
            case 1:
                tx.nonce = tx.nonce == 0 ? 7 : tx.nonce - 1;
                break;
            case 2:
                tx.value = uint256::max() - uint256{5};
                break;
            case 3:
                tx.gas_limit = scenario_.env.context.gas_limit - random_.below(100'000);
                break;
            case 4:
                tx.gas_limit = 20999;
                break;
            case 5:
                tx.sender = random_.chance(50) ? contracts_.back() : random_.pick(contracts_);
                tx.nonce = 1;
                break;
            default:
                tx.chain_id = 77;
                break;
        }
    }

    Random random_;
    bool pays_ = false;         ///< most transactions are payments
    bool makes_rows_ = false;   ///< most transactions call `called_`
    unsigned odd_percent_ = 0;  ///< of them do something else
    Scenario scenario_;
    std::vector<Address> senders_, contracts_;
    std::vector<Address> called_;     ///< contracts of straight code
    Address factory_;                 ///< makes one of them
    Address phoenix_;                 ///< what contracts_[0] creates again and again; zero where it doesn't
    std::vector<Address> addresses_;  ///< everything that is ever named; hot ones more often
    std::vector<Bytes> init_codes_;
    std::map<Address, uint64_t> nonces_;  ///< as far as anyone knows
};

}  // namespace

Scenario make_random_scenario(uint64_t seed) { return Maker(seed).make(); }

}  // namespace weft::differential
