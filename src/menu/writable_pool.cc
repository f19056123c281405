// SPDX-License-Identifier: BSD-3-Clause
#include "menu/writable_pool.h"

#include <fmt/core.h>

#include "base/text.h"
#include "menu/log.h"
#include "menu/reason.h"

namespace kld::menu {
namespace {

constexpr std::chrono::seconds kAskTime{30};
constexpr std::chrono::seconds kImportTime{120};

Status run(Runner& runner, const std::string& what, std::vector<std::string> argv, std::chrono::seconds limit) {
    Command command{std::move(argv)};
    command.timeout = limit;
    const auto done = runner.run(command);
    if (!done) return fail(fmt::format("{}: {}", what, reason(done.error())));
    return {};
}

Status check_writable(Runner& runner, const PoolToChange& target) {
    if (target.name != target.pool.import_name)
        return fail(fmt::format("pool {} was imported by hand as {}: export it in the recovery shell first",
                                target.pool.import_name, target.name));
    Command ask{{"zpool", "get", "-Hp", "-o", "property,value", "health,org.zfsbootmenu:readonly", target.name}};
    ask.timeout = kAskTime;
    KLD_TRY(const auto output, runner.run(ask));
    bool healthy = false;
    for (const auto& line : lines(output.out)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 2) continue;
        if (fields[0] == "health") healthy = fields[1] == "ONLINE" || fields[1] == "DEGRADED";
        if (fields[0] == "health" && !healthy)
            return fail(fmt::format("pool {} is {}: it is not written to", target.name, fields[1]));
        if (fields[0] == "org.zfsbootmenu:readonly" && fields[1] != "-" && fields[1] != "off")
            return fail(
                fmt::format("pool {} has org.zfsbootmenu:readonly={}: it is not written to", target.name, fields[1]));
    }
    if (!healthy) return fail(fmt::format("pool {} does not say how healthy it is", target.name));
    return {};
}

}  // namespace

Status change_pool(Runner& runner, const AdoptHostid& adopt, const PoolToChange& target,
                   const std::function<Status()>& change) {
    KLD_CHECK(check_writable(runner, target));
    const std::vector<std::string> release{"zpool", "export", target.name};
    Command unmount{{"umount", "-a", "-t", "zfs"}};
    unmount.timeout = kAskTime;
    unmount.accept = [](int) { return true; };
    [[maybe_unused]] const auto unmounted = runner.run(unmount);
    KLD_CHECK(run(runner, "the pool cannot be released", release, kImportTime));
    KLD_CHECK(adopt(target.hostid));
    KLD_CHECK(run(runner, "the pool cannot be imported for writing", import_command(target.pool, PoolAccess::write),
                  kImportTime));
    log_line(fmt::format("pool {} imported for writing, hostid 0x{:08x}", target.name, target.hostid));
    const auto changed = change();
    const auto released = run(runner, "the pool cannot be exported", release, kImportTime);
    log_line(fmt::format("pool {}: {}", target.name, released ? "exported" : released.error().message));
    KLD_CHECK(changed);
    return released;
}

}  // namespace kld::menu
