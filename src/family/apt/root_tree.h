// SPDX-License-Identifier: BSD-3-Clause
// A root tree of the apt family, made by mmdebstrap.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"

namespace kld::apt {

struct TreeRequest {
    std::string suite{};
    std::string variant{};
    std::vector<std::string> lines{};     ///< sources.list(5) lines with signed-by
    std::vector<std::string> packages{};  ///< beyond the variant
    long date = 0;                        ///< seconds: no file is newer, so that the same packages give the same bytes
    std::string output{};                 ///< a directory that does not exist yet, or a path that ends in .tar
    /// Programs run at the stages of mmdebstrap, in its own hook syntax.
    std::vector<std::string> setup_hooks{};
    std::vector<std::string> essential_hooks{};
    std::vector<std::string> customize_hooks{};
};

/// The command line that makes the tree. Signatures are always checked; recommended packages are not taken.
std::vector<std::string> tree_argv(const TreeRequest& request);

/// Makes it. On failure nothing is left at `output`.
Status make_tree(Runner& runner, Files& files, Events& events, const TreeRequest& request);

}  // namespace kld::apt
