// SPDX-License-Identifier: BSD-3-Clause
// kexport: the running system as a disk image.
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/stop.h"
#include "base/text.h"
#include "exports/apply.h"
#include "exports/leftover.h"
#include "tools.h"

namespace kld::cmd {
namespace {

struct ExportOptions {
    exports::Wish wish{};
    std::string output{}, size{}, compression = "none";
    bool dry_run = false, json = false;
};

/// Absolute, by a directory without links; without a name, that of the host in the working directory.
Result<std::string> export_output(const ExportOptions& options) {
    auto name = options.output;
    if (name.empty()) {
        std::array<char, 256> host{};
        ::gethostname(host.data(), host.size() - 1);
        name = fmt::format("{}.{}", host[0] == '\0' ? "machine" : host.data(), image::name_of(options.wish.format));
    }
    std::error_code error;
    const auto path = std::filesystem::absolute(name, error);
    const auto directory = std::filesystem::weakly_canonical(path.parent_path(), error);
    if (error) return fail(fmt::format("cannot find {}: {}", path.parent_path().string(), error.message()));
    if (path.filename().empty()) return fail(name + " is a directory", "name a file with -o", ExitCode::usage);
    return (directory / path.filename()).string();
}

Status run_export(ToolContext& context, const ExportOptions& options) {
    KLD_CHECK(expect_root(context));
    auto wish = options.wish;
    KLD_TRY(wish.output, export_output(options));
    KLD_TRY(wish.compression, image::parse_compression(options.compression));
    if (!options.size.empty()) {
        KLD_TRY(wish.size, parse_size(options.size));
    }
    const StopOnSignals stop;
    const auto events = context.events();
    const auto wait = [] { std::this_thread::sleep_for(std::chrono::seconds(1)); };
    std::optional<Lock> lock;
    if (!options.dry_run) {
        KLD_TRY(const auto mounts, zfs::read_mounts(context.files));
        const auto pool = boot::pool_of(zfs::dataset_at(mounts, "/"));
        KLD_TRY(auto taken, lock_pool(context, pool));
        lock.emplace(std::move(taken));
        KLD_TRY(const auto found,
                exports::take_back_leftover(context.runner, context.files, exports::work_of(wish), pool, wait));
        if (found) events->note("an export to " + wish.output + " was killed: what it left is taken back");
    }
    KLD_TRY(const auto world, exports::probe(context.runner, context.files, wish));
    KLD_TRY(const auto plan, exports::plan(world, wish));
    if (options.json) fmt::print("{}", exports::to_json(world, plan));
    if (options.dry_run) {
        if (!options.json) fmt::print("{}", exports::to_text(world, plan));
        return {};
    }
    for (const auto& warning : plan.warnings) events->warning(warning);
    events->note(fmt::format("{} of {}: up to {} are needed in {} meanwhile", human_bytes(plan.exported), plan.pool,
                             human_bytes(plan.peak), exports::directory_of(wish.output)));
    KLD_TRY(const auto reset, exports::apply({.world = world,
                                              .plan = plan,
                                              .runner = context.runner,
                                              .files = context.files,
                                              .events = *events,
                                              .stop = stop.flag(),
                                              .wait = wait,
                                              .snapshot_taken = [&] { lock.reset(); }}));
    if (options.json) return {};
    fmt::print("{}\n", wish.output);
    if (!reset.empty()) fmt::print("reset in it: {}\n", join(reset, ", "));
    return {};
}

}  // namespace

void add_kexport(CLI::App& app, ToolContext& context) {
    struct Kind {
        image::Format format;
        const char* summary;
    };
    for (const auto& kind :
         {Kind{image::Format::qcow2, "for QEMU, Proxmox, OpenStack"}, Kind{image::Format::vhd, "for Azure, Hyper-V"},
          Kind{image::Format::vmdk, "for VMware, as a disk alone"},
          Kind{image::Format::ova, "for VMware and VirtualBox, as a machine"},
          Kind{image::Format::raw, "the disk as it is, sparse"}}) {
        auto options = std::make_shared<ExportOptions>();
        options->wish.format = kind.format;
        auto* verb = app.add_subcommand(image::name_of(kind.format), kind.summary);
        verb->add_option("-o,--output", options->output, "the image; else the host's name, here");
        verb->add_option("--size", options->size, "of the disk: 20G; else what is needed and some room");
        if (kind.format == image::Format::qcow2)
            verb->add_option("--compress", options->compression, "none, zlib, zstd")->capture_default_str();
        verb->add_flag("--keep-identity", options->wish.keep_identity, "the copy takes this machine's place");
        auto* plain = verb->add_flag("--plain", options->wish.plain, "encrypted datasets become readable ones");
        verb->add_flag("--raw", options->wish.raw, "encrypted datasets stay encrypted")->excludes(plain);
        verb->add_flag("--all-environments", options->wish.all_environments, "also boot environments that do not run");
        verb->add_flag("--dry-run", options->dry_run, "show what would be done");
        verb->add_flag("--json", options->json, "print the plan as JSON");
        verb->callback(
            [&context, options] { context.run([&context, options] { return run_export(context, *options); }); });
    }
}

}  // namespace kld::cmd
