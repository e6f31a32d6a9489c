// Stands in for libFuzzer's main in ordinary builds: runs the target over the corpus files named on the
// command line (or in the folders named) and over seeded mutations of them, so that ./test exercises every
// target for a moment.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr int mutations_per_input = 200;
constexpr std::size_t most_added = 64;

Input read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Every file at or under the paths, in the order of their names: a replay is the same everywhere.
std::vector<Input> read_corpus(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i]))
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Input> inputs{Input{}};
    for (const auto& file : files) inputs.push_back(read_file(file));
    return inputs;
}

/// One to four changes: a byte set, a bit flipped, a piece cut out, bytes put in.
void mutate(Input& input, std::mt19937_64& random) {
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
        const std::size_t kind = input.empty() ? 3 : below(4);
        if (kind == 0) {
            input[below(input.size())] = static_cast<std::uint8_t>(random());
        } else if (kind == 1) {
            input[below(input.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        } else if (kind == 2) {
            const std::size_t from = below(input.size());
            const auto first = input.begin() + static_cast<std::ptrdiff_t>(from);
            input.erase(first, first + static_cast<std::ptrdiff_t>(below(input.size() - from) + 1));
        } else {
            Input added(1 + below(most_added));
            std::ranges::generate(added, [&] { return static_cast<std::uint8_t>(random()); });
            const auto at = input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1));
            input.insert(at, added.begin(), added.end());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<Input> corpus = read_corpus(argc, argv);
    std::size_t runs = 0;
    std::mt19937_64 random(1);
    for (const Input& input : corpus) {
        LLVMFuzzerTestOneInput(input.data(), input.size());
        ++runs;
        for (int i = 0; i < mutations_per_input; ++i, ++runs) {
            Input changed = input;
            mutate(changed, random);
            LLVMFuzzerTestOneInput(changed.data(), changed.size());
        }
    }
    std::printf("%zu inputs, %zu runs\n", corpus.size(), runs);
    return 0;
}
