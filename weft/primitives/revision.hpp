#pragma once

#include <cstdint>

namespace weft::primitives {

/// The revisions of the protocol that changed execution, in order of activation, named as the specification
/// names them. Difficulty-bomb delays (Muir Glacier, Arrow Glacier, Gray Glacier) and blob-parameter-only
/// forks (EIP-7892) change no execution rule and are no revisions: ChainConfig knows them. The DAO fork is a
/// block number in ChainConfig.
enum class Revision : uint8_t {
    frontier,
    homestead,
    tangerine_whistle,  ///< EIP-150
    spurious_dragon,    ///< EIP-155, 158/161, 160, 170
    byzantium,
    constantinople,
    petersburg,
    istanbul,
    berlin,
    london,
    paris,
    shanghai,
    cancun,
    prague,
    osaka,
    amsterdam,  ///< a draft: Osaka and EIP-7928
};

/// The newest revision that Weft knows.
inline constexpr Revision newest_revision = Revision::amsterdam;

}  // namespace weft::primitives

namespace weft {
using primitives::Revision;
}  // namespace weft
