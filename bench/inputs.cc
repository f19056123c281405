// SPDX-License-Identifier: BSD-3-Clause
#include "bench/inputs.h"

#include "base/text.h"
#include "config/schema.h"
#include "pipeline/packages.h"

namespace kld::bench {
namespace {

/// An image must have a way to log in; here nobody does: no password is known that gives this hash.
config::Answers bench_answers() {
    auto answers = config::defaults();
    answers.hostname = "bench";
    answers.root_password_hash = "$6$kldloadbench$" + std::string(86, '.');
    return answers;
}

/// Unpacked once for each tree; the tree of an older run goes.
Result<std::string> unpack(Bench& bench, const std::string& tar) {
    const auto stem = "tree-" + tar.substr(tar.rfind('/') + 1);
    const auto directory = bench.scratch + "/" + stem;
    if (bench.files.exists(directory)) return directory;
    bench.events.stage("unpack the root tree");
    KLD_TRY(const auto names, bench.files.list(bench.scratch));
    for (const auto& name : names)
        if (name.starts_with("tree-")) KLD_CHECK(bench.files.remove(bench.scratch + "/" + name));
    const auto partial = directory + ".partial";
    KLD_CHECK(bench.files.make_directories(partial));
    KLD_CHECK(bench.runner.run({.argv = {"tar", "--extract", "--file", tar, "--directory", partial, "--numeric-owner",
                                         "--same-permissions", "--xattrs", "--xattrs-include=*"}}));
    KLD_CHECK(bench.files.rename(partial, directory));
    return directory;
}

}  // namespace

Result<Inputs> prepare_inputs(Bench& bench) {
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    const auto catalogue = build.places.data + "/catalog";
    KLD_TRY(const auto distro, catalog::find_distro(build.files, catalogue, kDistro));
    auto answers = bench_answers();
    pipeline::TreeWish wish{.profile = {}, .locale = answers.locale};
    KLD_TRY(wish.profile, catalog::find_profile(build.files, catalogue, kProfile));

    bench.events.stage("package archive");
    KLD_TRY(const auto key, pipeline::builder_key(build));
    KLD_TRY(auto archive, pipeline::open_archive(build, distro));
    KLD_TRY(const auto zfs, pipeline::module_package(build, archive, key));
    KLD_TRY(auto menu, pipeline::boot_menu(build, archive, zfs, key));
    KLD_TRY(auto tree, pipeline::root_tree(build, archive, zfs, wish));
    KLD_TRY(auto directory, unpack(bench, tree.tar));
    // The first side to run must not be the one that waits for the disk.
    bench.events.stage("read the root tree");
    KLD_CHECK(bench.runner.run(
        {.argv = {"tar", "--create", "--file", bench.scratch + "/warm.tar", "--directory", directory, "."}}));
    KLD_CHECK(bench.files.remove(bench.scratch + "/warm.tar"));
    return Inputs{std::move(archive), std::move(menu),      std::move(wish),
                  std::move(tree),    std::move(directory), std::move(answers)};
}

}  // namespace kld::bench
