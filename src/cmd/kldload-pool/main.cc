// SPDX-License-Identifier: BSD-3-Clause
// kldload-pool: makes, reads and changes ZFS pools in images without the kernel's module.
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "allocator.h"
#include "verbs.h"

namespace kld::pool {

namespace {

int run(int argc, char** argv) {
    CLI::App app{"Make, read and change ZFS pools in images, without the kernel's module", "kldload-pool"};
    app.require_subcommand(1);
    Action chosen;
    for (const auto add : {add_create, add_receive, add_send, add_list, add_ls, add_cat, add_extract, add_check,
                           add_reguid, add_set, add_apply})
        add(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
    }
    const Status status = chosen();
    if (status) return 0;
    std::fputs(render(status.error()).c_str(), stderr);
    return static_cast<int>(status.error().code);
}

}  // namespace

}  // namespace kld::pool

int main(int argc, char** argv) {
    int code = static_cast<int>(kld::ExitCode::failed);
    try {
        kld::pool::tune_allocator(argc, argv);
        code = kld::pool::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: internal: %s\n", error.what());
    }
    // OpenZFS's threads may still run after an error: nothing must be torn down under them.
    std::fflush(nullptr);
    ::_exit(code);
}
