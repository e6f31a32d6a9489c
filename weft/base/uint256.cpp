#include "weft/base/uint256.hpp"
