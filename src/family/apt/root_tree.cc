// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/root_tree.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::apt {

std::vector<std::string> tree_argv(const TreeRequest& request) {
    // It mounts the host's /dev/shm and others into the tree: where nobody else sees them they end with it, and a tree
    // that it could not finish is no more than files.
    std::vector<std::string> argv{
        "unshare", "--mount", "--propagation=private", "mmdebstrap", "--variant=" + request.variant, "--mode=root"};
    argv.push_back(request.output.ends_with(".tar") ? "--format=tar" : "--format=directory");
    // The builder's own repository lies where only root may read.
    argv.emplace_back("--aptopt=APT::Sandbox::User \"root\"");
    argv.emplace_back("--aptopt=Acquire::Languages \"none\"");
    argv.emplace_back("--aptopt=Acquire::Retries \"3\"");
    if (!request.packages.empty()) argv.push_back("--include=" + join(request.packages, ","));
    for (const auto& hook : request.setup_hooks) argv.push_back("--setup-hook=" + hook);
    for (const auto& hook : request.essential_hooks) argv.push_back("--essential-hook=" + hook);
    for (const auto& hook : request.customize_hooks) argv.push_back("--customize-hook=" + hook);
    argv.push_back(request.suite);
    argv.push_back(request.output + (request.output.ends_with(".tar") ? ".partial" : ""));
    argv.insert(argv.end(), request.lines.begin(), request.lines.end());
    return argv;
}

Status make_tree(Runner& runner, Files& files, Events& events, const TreeRequest& request) {
    if (files.exists(request.output))
        return fail(request.output + " exists already", "remove it, or name another place", ExitCode::refused);
    const bool tar = request.output.ends_with(".tar");
    const auto made = tar ? request.output + ".partial" : request.output;
    Command command{.argv = tree_argv(request), .timeout = std::chrono::hours(1)};
    // The kernel's own hook would make an initramfs before the module is there, and again after: it is made once, at
    // the end.
    command.environment = {"INITRD=No", "DEBIAN_FRONTEND=noninteractive"};
    if (request.date != 0) command.environment.push_back(fmt::format("SOURCE_DATE_EPOCH={}", request.date));
    command.on_stderr_line = [&](std::string_view line) {
        if (line.starts_with("W: "))
            events.warning(line.substr(3));
        else if (line.starts_with("I: "))
            events.progress(-1, 0);
    };
    if (auto done = runner.run(command); !done) {
        if (auto gone = files.remove(made); !gone) events.warning(gone.error().message);
        return fail(std::move(done.error()).within("cannot make the root tree"));
    }
    return tar ? files.rename(made, request.output) : Status{};
}

}  // namespace kld::apt
