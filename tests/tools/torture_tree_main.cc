// SPDX-License-Identifier: BSD-3-Clause
// torture-tree DIRECTORY [ENTRIES]: writes the torture tree, for tests by hand and in guests.
#include <cstdio>

#include "base/text.h"
#include "support/torture_tree.h"

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    kld::test::TortureOptions options;
    if (argc > 2) {
        const auto number = kld::parse_number(argv[2]);
        if (!number) return 2;
        options.directory_entries = *number;
    }
    const auto left_out = kld::test::write_torture_tree(argv[1], options);
    if (!left_out) {
        std::fputs(kld::render(left_out.error()).c_str(), stderr);
        return 1;
    }
    for (const auto& what : *left_out) std::fprintf(stderr, "left out: %s\n", what.c_str());
    return 0;
}
