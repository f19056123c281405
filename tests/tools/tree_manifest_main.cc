// SPDX-License-Identifier: BSD-3-Clause
// tree-manifest DIRECTORY…: prints the manifest of each tree; static, so that it runs in the guest of a test.
#include <cstdio>

#include "support/tree_manifest.h"

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const auto manifest = kld::test::tree_manifest(argv[i]);
        if (!manifest) {
            std::fputs(kld::render(manifest.error()).c_str(), stderr);
            return 1;
        }
        std::fputs(manifest->c_str(), stdout);
    }
    return argc < 2 ? 2 : 0;
}
