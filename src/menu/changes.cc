// SPDX-License-Identifier: BSD-3-Clause
#include "menu/changes.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/kernels.h"
#include "menu/log.h"
#include "menu/reason.h"
#include "menu/snapshots.h"

namespace kld::menu {
namespace {

constexpr std::chrono::seconds kTime{60};

Result<std::string> output_of(Runner& runner, std::vector<std::string> argv) {
    Command command{std::move(argv)};
    command.timeout = kTime;
    auto done = runner.run(command);
    if (!done) return fail(reason(done.error()));
    return std::move(done->out);
}

Status point_bootfs(Runner& runner, const std::string& environment) {
    const auto pool = boot::pool_of(environment);
    const auto set = output_of(runner, {"zpool", "set", "bootfs=" + environment, pool});
    if (!set) return fail(fmt::format("{} cannot become the default: {}", environment, set.error().message));
    log_line(fmt::format("bootfs of {} is {}", pool, environment));
    return {};
}

}  // namespace

Result<std::string> make_clone(Runner& runner, const Inspect& inspect, const WhileWritable& while_writable,
                               const CloneWish& wish) {
    const auto snapshot = wish.environment + "@" + wish.snapshot;
    KLD_TRY(const auto content, inspect(snapshot));
    if (boot::kernel_pairs(content.boot_names).empty())
        return fail(snapshot + " has no kernel with its initramfs in /boot");
    KLD_TRY(const auto own, output_of(runner, {"zfs", "get", "-Hp", "-s", "local,received", "-o", "property,value",
                                               "all", wish.environment}));
    KLD_TRY(const auto properties, parse_own_properties(own));
    KLD_TRY(const auto names, output_of(runner, {"zfs", "list", "-H", "-o", "name", "-t", "filesystem,volume", "-r",
                                                 boot::pool_of(wish.environment)}));
    const auto listed = lines(names);
    const auto clone = clone_name(wish.environment, wish.snapshot, {listed.begin(), listed.end()});
    KLD_CHECK(while_writable([&]() -> Status {
        const auto made = output_of(runner, clone_command(snapshot, clone, properties));
        if (!made) return fail(fmt::format("{} cannot be made: {}", clone, made.error().message));
        log_line(fmt::format("{} cloned from {}", clone, snapshot));
        if (!wish.make_default) return {};
        auto pointed = point_bootfs(runner, clone);
        if (pointed) return {};
        if (const auto undone = output_of(runner, {"zfs", "destroy", clone}); !undone)
            pointed.error().message +=
                fmt::format("; {} could not be removed again: {}", clone, undone.error().message);
        return pointed;
    }));
    return clone;
}

Status set_default(Runner& runner, const WhileWritable& while_writable, const std::string& environment) {
    return while_writable([&] { return point_bootfs(runner, environment); });
}

}  // namespace kld::menu
