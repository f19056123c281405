// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "bench/direct_disk.h"
#include "bench/figures.h"
#include "pipeline/make_image.h"
#include "vm/acceleration.h"
#include "vm/support/guest.h"

namespace kld::bench {
namespace {

constexpr double kLimitSeconds = 20;
constexpr std::chrono::seconds kBootLimit{900};
/// The kernel speaks before it has drivers: its first line comes when it starts, on both sides.
constexpr const char* kEarly = "earlyprintk=ttyS0,115200";

Result<std::string> menu_disk(Bench& bench, const Inputs& inputs) {
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    pipeline::ImageWish wish{.distro = kDistro,
                             .profile = kProfile,
                             .answers = inputs.answers,
                             .disk_bytes = kDiskBytes,
                             .output = bench.scratch + "/menu.qcow2",
                             .if_changed = true};
    wish.answers.command_line = kEarly;
    KLD_TRY(const auto made, pipeline::make_image(build, wish));
    return made.image;
}

Result<std::unique_ptr<test::Guest>> start(const std::string& image) {
    KLD_TRY(auto guest, test::Guest::make({.image = image}));
    KLD_CHECK(guest->power_on());
    return guest;
}

/// Waits for the kernel's banner. The menu's own kernel is quiet and shows none. @returns seconds since power-on
Result<double> until_first_line(test::Guest& guest) {
    KLD_CHECK(guest.console().expect(vm::text("Linux version "), kBootLimit));
    const double seconds = guest.uptime();
    guest.pull_the_plug();
    return seconds;
}

/// Where the time through the menu goes: seconds since power-on.
struct Steps {
    std::vector<double> screen{};  ///< the menu's first screen
    std::vector<double> list{};    ///< its list of boot environments
};

Result<double> boot_through_menu(const std::string& image, Steps& steps) {
    KLD_TRY(const auto guest, start(image));
    KLD_CHECK(guest->console().expect(vm::text("kldload boot menu"), kBootLimit));
    steps.screen.push_back(guest->uptime());
    // The list is there when the countdown is: Enter boots at once what would be booted at its end.
    KLD_CHECK(guest->console().expect(vm::regex("^Booting \\S+ in \\d+ s"), kBootLimit));
    steps.list.push_back(guest->uptime());
    KLD_CHECK(guest->console().send_key(vm::Key::enter));
    return until_first_line(*guest);
}

Result<double> boot_directly(const std::string& image) {
    KLD_TRY(const auto guest, start(image));
    return until_first_line(*guest);
}

std::string times(const std::string& what, const Series& series) {
    return fmt::format("{}: {:.1f} s ({:.1f}-{:.1f})", what, series.median, series.least, series.most);
}

}  // namespace

Result<Figure> measure_menu_overhead(Bench& bench, const Inputs& inputs) {
    KLD_TRY(const auto image, menu_disk(bench, inputs));
    bench.events.stage("disk with a direct UKI");
    const auto direct = bench.scratch + "/direct.raw";
    const auto command_line = fmt::format("root=zfs:{}/ROOT/default {} {} spl.spl_hostid=0x00bab10c",
                                          inputs.answers.pool_name, inputs.archive.distro.command_line, kEarly);
    KLD_CHECK(make_direct_disk(bench, inputs, command_line, direct));
    Steps steps;
    KLD_TRY(const auto turns, in_turns(
                                  bench, kMenuOverhead, [&] { return boot_through_menu(image, steps); },
                                  [&] { return boot_directly(direct); }));
    KLD_CHECK(bench.files.remove(direct));
    const auto menu = summarise(turns.ours);
    const auto plain = summarise(turns.yardstick);
    const auto accelerator =
        vm::probe_acceleration(bench.files, bench.runner, vm::default_cache_directory()).accelerator;
    return Figure{
        .name = kMenuOverhead,
        .unit = "s",
        .ours = menu.median - plain.median,
        .yardstick = kLimitSeconds,
        .yardstick_is = "limit",
        .notes = {times("power-on to the kernel's first line through the menu, Enter pressed at once", menu),
                  times("of that until the menu's first screen", summarise(steps.screen)),
                  times("of that until its list of boot environments", summarise(steps.list)),
                  times("the same kernel as a direct UKI", plain),
                  std::string("virtual machine under ") + (accelerator == vm::Accelerator::kvm ? "KVM" : "emulation")}};
}

}  // namespace kld::bench
