// SPDX-License-Identifier: BSD-3-Clause
#include "base/tree_runner.h"

namespace kld {

Result<Output> TreeRunner::run(const Command& command) {
    Command inside = command;
    // dkms and others decide by /proc whether they can work, and exit 0 when they cannot: it is never left out.
    inside.argv = {"unshare", "--mount", "--pid", "--fork", "--kill-child", "--root=" + root_, "--mount-proc=/proc",
                   "--wd=/",  "--"};
    inside.argv.insert(inside.argv.end(), command.argv.begin(), command.argv.end());
    inside.environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    inside.environment.emplace_back("HOME=/root");
    inside.environment.emplace_back("TMPDIR=/tmp");
    return outer_.run(inside);
}

}  // namespace kld
