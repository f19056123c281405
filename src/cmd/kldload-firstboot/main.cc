// SPDX-License-Identifier: BSD-3-Clause
// kldload-firstboot: run by its unit on the first boot of an image, or by hand.
#include <fmt/core.h>

#include <cstdio>
#include <string_view>

#include "firstboot/apply.h"

namespace {

kld::Status run(bool dry_run) {
    kld::ProcessRunner runner;
    kld::RealFiles files;
    KLD_TRY(const auto world, kld::firstboot::probe(runner, files));
    const auto steps = kld::firstboot::plan(world);
    fmt::print("{}", kld::firstboot::to_text(steps));
    if (dry_run) return {};
    const auto events = kld::console_events();
    return kld::firstboot::apply(world, steps, runner, files, *events);
}

}  // namespace

int main(int argc, char** argv) {
    const bool dry_run = argc == 2 && std::string_view(argv[1]) == "--dry-run";
    if (argc > 1 && !dry_run) {
        fmt::print(stderr, "usage: kldload-firstboot [--dry-run]\n");
        return static_cast<int>(kld::ExitCode::usage);
    }
    if (const auto done = run(dry_run); !done) {
        fmt::print(stderr, "{}", kld::render(done.error()));
        return static_cast<int>(done.error().code);
    }
    return 0;
}
