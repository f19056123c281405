// SPDX-License-Identifier: BSD-3-Clause
#include "allocator.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/runner.h"

namespace kld::pool {

void tune_allocator(int argc, char** argv) {
    constexpr const char* kVariable = "GLIBC_TUNABLES";
    if (argc < 1 || std::getenv(kVariable) != nullptr) return;
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return;
    // The usual eight arenas for each processor would each keep memory of their own.
    const unsigned arenas = std::max(4U, std::thread::hardware_concurrency());
    const std::string settings =
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824:"
        "glibc.malloc.arena_max=" +
        std::to_string(arenas);
    if (::setenv(kVariable, settings.c_str(), 1) != 0) return;
    std::vector<std::string> words(argv, argv + argc);
    words[0] = self.string();
    // A program that cannot be started again works all the same, slower.
    (void)replace_process(words);
}

}  // namespace kld::pool
