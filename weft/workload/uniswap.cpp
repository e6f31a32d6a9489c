#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "weft/crypto/keccak.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/primitives/json_value.hpp"
#include "weft/workload/generator.hpp"
#include "weft/workload/tokens.hpp"

namespace weft::workload {

namespace {

using Outcome = std::expected<void, std::string>;

constexpr uint64_t gas = 300'000;
/// The pools' fee, 0.3 %, in hundredths of a bip, and the tick spacing that the factory gives to it.
constexpr uint64_t pool_fee = 3'000;
constexpr int tick_spacing = 60;
/// The last tick that a position may end at: TickMath.MAX_TICK, rounded to the spacing.
constexpr int last_tick = 887'272 / tick_spacing * tick_spacing;
constexpr int near_tick = 20 * tick_spacing;

/// The first four bytes of a signature's hash.
uint32_t selector(std::string_view signature) {
    const Hash hash = keccak256(Bytes(signature.begin(), signature.end()));
    return static_cast<uint32_t>((base::to_uint256(hash) >> 224).low());
}

/// A word of two's complement.
uint256 signed_word(int value) {
    const uint256 size{static_cast<uint64_t>(std::abs(value))};
    return value < 0 ? uint256{} - size : size;
}

/// Uniswap v3's factory, router and position manager, constructed from the bytecode that its authors
/// published (npm: @uniswap/v3-core, @uniswap/v3-periphery), and pools of one token, common to all, against
/// one each.
class Uniswap final : public Generator {
public:
    explicit Uniswap(Builder& builder)
        : builder_(builder),
          provider_(labelled_address("liquidity provider")),
          factory_(evm::create_address(provider_, 0)),
          router_(evm::create_address(provider_, 1)),
          manager_(evm::create_address(provider_, 2)),
          common_(builder, 0) {
        builder_.fund(provider_, uint256{1'000'000} * ether);
    }

    Outcome prepare() override {
        std::vector<Builder::Step> steps;
        if (auto read = add_creations(steps); !read) return read;
        // The hot pool, and where some swaps are not on it, one for each sender.
        const bool all_hot = builder_.options().conflict_percent == 100;
        const uint64_t pools = all_hot ? 1 : 1 + builder_.account_count();
        common_.credit(provider_, liquidity * (2 * pools));
        common_.allow_all(provider_, manager_);
        for (uint64_t i = 0; i < builder_.account_count(); ++i)
            common_.allow_all(builder_.account(i), router_);
        for (uint64_t i = 0; i < pools; ++i) add_pool(steps);
        return builder_.play(provider_, std::move(steps));
    }

    void emit(bool hot) override {
        const uint64_t sender = builder_.next_account();
        TokenState& token = tokens_[hot ? 0 : 1 + sender];
        const bool sells_common = builder_.random().chance(50);
        TokenState& sold = sells_common ? common_ : token;
        const TokenState& bought = sells_common ? token : common_;
        const uint256 amount = uint256{builder_.random().between(1, 5'000)} * (ether / 100);
        const Address& account = builder_.account(sender);
        sold.credit(account, amount);
        token.allow_all(account, router_);
        CallData data(swap_);
        data.add(sold.address()).add(bought.address()).add(uint256{pool_fee}).add(account);
        data.add(uint256::max()).add(amount).add(uint256{}).add(uint256{});  // deadline, in, least out, limit
        builder_.send({.sender = sender, .to = router_, .gas_limit = gas, .data = data.take()});
    }

private:
    /// Factory, router and position manager; the last two take the factory and an ether wrapper, which pools
    /// of two tokens never call.
    Outcome add_creations(std::vector<Builder::Step>& steps) const {
        const Address wrapper = labelled_address("ether wrapper");
        const auto add = [&](std::string_view package, std::string_view name,
                             std::initializer_list<Address> arguments) -> Outcome {
            auto code = creation_code(
                fmt::format("@uniswap/{}/artifacts/contracts/{}.sol/{}.json", package, name, name));
            if (!code) return std::unexpected(std::move(code.error()));
            for (const Address& argument : arguments) {
                const Hash word = base::to_hash(base::to_uint256(argument));
                code->insert(code->end(), word.begin(), word.end());
            }
            steps.push_back({std::nullopt, std::move(*code)});
            return {};
        };
        if (auto added = add("v3-core", "UniswapV3Factory", {}); !added) return added;
        if (auto added = add("v3-periphery", "SwapRouter", {factory_, wrapper}); !added) return added;
        return add("v3-periphery", "NonfungiblePositionManager", {factory_, wrapper, Address{}});
    }

    [[nodiscard]] std::expected<Bytes, std::string> creation_code(const std::string& name) const {
        namespace fs = std::filesystem;
        const fs::path file =
            builder_.options().packages.value_or(std::string(fetched_packages)) / fs::path(name);
        std::error_code ignored;
        if (!fs::is_regular_file(file, ignored))
            return std::unexpected(
                fmt::format("{} is not there: bench/uniswap/fetch gets it from npm", file.string()));
        const auto document = primitives::json::Document::load(file.string());
        if (!document) return std::unexpected(document.error());
        Bytes code;
        primitives::json::Fields fields(document->root());
        fields.required("bytecode", code);
        if (const auto status = fields.status(); !status)
            return std::unexpected(document->describe(status.error()));
        return code;
    }

    /// A pool at price 1, with liquidity over the whole range and as much close to the price.
    void add_pool(std::vector<Builder::Step>& steps) {
        TokenState& token = tokens_.emplace_back(builder_, tokens_.size() + 1);
        token.credit(provider_, liquidity * 2);
        token.allow_all(provider_, manager_);
        const Address first = std::min(common_.address(), token.address());
        const Address second = std::max(common_.address(), token.address());
        CallData creation(create_pool_);
        creation.add(first).add(second).add(uint256{pool_fee}).add(uint256{1} << 96);
        steps.push_back({manager_, creation.take()});
        for (const int tick : {last_tick, near_tick}) {
            CallData mint(mint_);
            mint.add(first).add(second).add(uint256{pool_fee}).add(signed_word(-tick)).add(signed_word(tick));
            mint.add(liquidity).add(liquidity).add(uint256{}).add(uint256{});  // wanted, at least
            mint.add(provider_).add(uint256::max());                           // owner, deadline
            steps.push_back({manager_, mint.take()});
        }
    }

    const uint256 liquidity = uint256{1'000'000} * ether;  ///< of each token, in each position

    Builder& builder_;
    Address provider_, factory_, router_, manager_;
    TokenState common_;
    std::vector<TokenState> tokens_;  ///< the hot pool's, then each sender's
    uint32_t create_pool_ = selector("createAndInitializePoolIfNecessary(address,address,uint24,uint160)");
    uint32_t mint_ = selector(
        "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))");
    uint32_t swap_ =
        selector("exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))");
};

}  // namespace

std::unique_ptr<Generator> make_uniswap(Builder& builder) { return std::make_unique<Uniswap>(builder); }

}  // namespace weft::workload
