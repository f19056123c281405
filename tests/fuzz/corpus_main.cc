// SPDX-License-Identifier: BSD-3-Clause
// Stands in for libFuzzer: reads every file below a directory once.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/fuzz.h"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::size_t inputs = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(argv[1])) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path(), std::ios::binary);
        // No string: behind one's last byte lies a zero that may be read, and would hide a reader that goes too far.
        std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        bytes.shrink_to_fit();
        std::cerr << file.path().string() << '\n';
        kld::fuzz::read({bytes.data(), bytes.size()});
        ++inputs;
    }
    return inputs == 0 ? 1 : 0;
}
