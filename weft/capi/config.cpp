#include "weft/capi/handles.hpp"
#include "weft/primitives/json.hpp"

namespace weft::capi {
namespace {

Outcome make(weft_config** out, ChainConfig config) {
    *out = new weft_config{std::move(config)};
    return std::nullopt;
}

/// A genesis.json, or its "config" alone.
primitives::json::Result<ChainConfig> parse(primitives::json::Value value) {
    primitives::json::Object object;
    if (auto read = primitives::json::read(value, object); !read) return std::unexpected(read.error());
    const auto config = primitives::json::find(object, "config");
    if (!config) return primitives::json::parse_chain_config(value);
    auto parsed = primitives::json::parse_chain_config(*config);
    if (!parsed) return std::unexpected(std::move(parsed.error()).within("config"));
    return parsed;
}

}  // namespace
}  // namespace weft::capi

using namespace weft;
using namespace weft::capi;

extern "C" {

weft_code weft_config_mainnet(weft_config** config, weft_error** error) {
    return guarded(error, [&] { return make(config, primitives::mainnet()); }, config);
}

weft_code weft_config_named(const char* name, weft_config** config, weft_error** error) {
    const auto body = [&]() -> Outcome {
        auto named = primitives::named_chain(name);
        if (!named) return bad_argument(std::move(named.error()));
        return make(config, std::move(*named));
    };
    return guarded(error, body, name, config);
}

weft_code weft_config_from_json(const char* json, size_t size, weft_config** config, weft_error** error) {
    const auto body = [&]() -> Outcome {
        const auto document = primitives::json::Document::parse(std::string(json, size), "genesis");
        if (!document) return failed(WEFT_ERROR_DECODE, document.error());
        auto parsed = document->read(parse);
        if (!parsed) return failed(WEFT_ERROR_DECODE, std::move(parsed.error()));
        return make(config, std::move(*parsed));
    };
    return guarded(error, body, json, config);
}

uint64_t weft_config_chain_id(const weft_config* config) {
    return config == nullptr ? 0 : config->config.chain_id;
}
void weft_config_free(weft_config* config) { delete config; }

}  // extern "C"
