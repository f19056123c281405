// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <map>

#include "base/text.h"
#include "bench/figures.h"
#include "config/schema.h"
#include "pipeline/make_image.h"
#include "vm/acceleration.h"
#include "vm/support/guest.h"

namespace kld::bench {
namespace {

constexpr double kListings = 1.2;
constexpr double kChanges = 1.3;
/// As machines have them, also where it is emulated: the tools ask for several things at once.
constexpr unsigned kProcessors = 2;

struct Names {
    const char* name;
    double limit;
    const char* yardstick;
};
constexpr Names kAll[] = {{"kst", kListings, "its calls of zfs and zpool"},
                          {"kbe-list", kListings, "its calls of zfs and zpool"},
                          {"ksnap-list", kListings, "its calls of zfs and zpool"},
                          {"kst-10000", kListings, "its calls of zfs and zpool"},
                          {"kbe-list-10000", kListings, "its calls of zfs and zpool"},
                          {"ksnap-list-10000", kListings, "its calls of zfs and zpool"},
                          {"kclone", kChanges, "zfs snapshot, zfs clone"},
                          {"kpkg-overhead", kChanges, "zfs snapshot, 2 package lists"}};

struct Machine {
    std::string image;
    std::string key;
};

Result<Machine> make_machine(Bench& bench) {
    Machine machine{bench.scratch + "/tools.qcow2", bench.scratch + "/tools.key"};
    if (!bench.files.exists(machine.key)) KLD_CHECK(vm::make_ssh_key(bench.runner, machine.key));
    KLD_TRY(const auto key, bench.files.read(machine.key + ".pub"));
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    pipeline::ImageWish wish{.distro = kDistro,
                             .profile = kProfile,
                             .answers = config::defaults(),
                             .disk_bytes = kDiskBytes,
                             .output = machine.image,
                             .replace = true,
                             .if_changed = true};
    wish.answers.hostname = "bench";
    wish.answers.features = {"tools"};
    wish.answers.root_ssh_keys = {std::string(trim(key))};
    KLD_TRY(const auto made, pipeline::make_image(build, wish));
    return machine;
}

/// What the script says: runs of both sides by figure, and how many calls there are.
struct Said {
    std::map<std::string, Turns> turns{};
    std::map<std::string, std::string> calls{};
};

/// @param figures  what is wanted of kAll
Result<Said> measure_inside(Bench& bench, const Machine& machine, const std::vector<std::string>& figures) {
    KLD_TRY(const auto guest, test::Guest::make({.image = machine.image, .cpus = kProcessors, .identity = machine.key}));
    KLD_CHECK(guest->power_on());
    KLD_CHECK(guest->wait_for_ssh());
    KLD_CHECK(guest->ssh().copy_to(bench.places.data + "/bench/measure-tools", "/root/measure-tools"));
    // What was measured before something went wrong is worth having.
    const auto ran =
        guest->ssh().check(fmt::format("bash /root/measure-tools {} {} >/root/figures", bench.runs, join(figures, " ")),
                           std::chrono::hours(2));
    if (!ran) bench.events.warning(render(ran.error()));
    KLD_TRY(const auto text, guest->ssh().check("cat /root/figures"));
    Said said;
    for (const auto& line : lines(text)) {
        const auto words = split(line, ' ');
        if (words.size() != 3) return fail("not understood: " + line);
        if (words[0] == "calls") {
            said.calls[words[1]] = words[2];
            continue;
        }
        said.turns[words[0]].ours.push_back(std::stod(words[1]));
        said.turns[words[0]].yardstick.push_back(std::stod(words[2]));
    }
    return said;
}

}  // namespace

Result<std::vector<Figure>> measure_tools_in_guest(Bench& bench, const Wanted& wanted) {
    KLD_TRY(const auto machine, make_machine(bench));
    bench.events.stage("tools in a virtual machine");
    std::vector<std::string> names;
    for (const auto& one : kAll)
        if (wanted.contains(one.name)) names.emplace_back(one.name);
    KLD_TRY(const auto said, measure_inside(bench, machine, names));
    std::vector<Figure> figures;
    for (const auto& one : kAll) {
        if (!wanted.contains(one.name)) continue;
        const auto at = said.turns.find(one.name);
        if (at == said.turns.end()) {
            bench.events.warning(std::string(one.name) + " was not measured");
            continue;
        }
        const auto ours = summarise(at->second.ours), yardstick = summarise(at->second.yardstick);
        Figure figure{one.name, "ms", ours.median, yardstick.median, one.limit, one.yardstick, ours, yardstick, {}};
        if (const auto calls = said.calls.find(one.name); calls != said.calls.end())
            figure.notes.push_back(calls->second + " calls");
        figures.push_back(std::move(figure));
    }
    return figures;
}

std::vector<std::string> names_in_guest() {
    std::vector<std::string> names;
    for (const auto& one : kAll) names.emplace_back(one.name);
    return names;
}

}  // namespace kld::bench
