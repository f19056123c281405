// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>

#include <algorithm>

#include "cmd/events_option.h"
#include "pool/pool_source.h"
#include "pool/sink.h"
#include "verbs.h"

namespace kld::pool {

namespace {

struct ExtractArguments {
    ImageArguments image{};
    std::string dataset{}, path{}, to{}, tar{};
    std::vector<std::string> only{};
    bool all = false;
    int events_fd = -1;
};

/// Every dataset with a mountpoint, the one for / first. With several for / (boot environments) `root` says which.
Result<std::vector<Mount>> mounts_of(const OpenPool& pool, const std::string& wanted) {
    KLD_TRY(const auto names, pool.datasets());
    KLD_TRY(const auto of_pool, pool.properties());
    const auto bootfs = of_pool.find("bootfs");
    const std::string root = !wanted.empty()           ? pool.full_name(wanted)
                             : bootfs == of_pool.end() ? ""
                                                       : bootfs->second.value;
    std::vector<Mount> mounts;
    for (const auto& name : names) {
        if (name.find('@') != std::string::npos) continue;
        KLD_TRY(auto properties, pool.properties_of(name));
        const std::string mountpoint = properties["mountpoint"].value;
        if (properties["type"].value != "filesystem" || properties["canmount"].value == "off" ||
            !mountpoint.starts_with('/'))
            continue;
        if (mountpoint == "/" && !root.empty() && name != root) continue;
        mounts.push_back({mountpoint.substr(1), name});
    }
    std::sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) { return a.path < b.path; });
    for (std::size_t i = 1; i < mounts.size(); ++i)
        if (mounts[i].path == mounts[i - 1].path)
            return fail("both " + mounts[i - 1].dataset + " and " + mounts[i].dataset + " have the mountpoint /" +
                            mounts[i].path,
                        "name the dataset of / after --all", ExitCode::usage);
    if (mounts.empty() || !mounts.front().path.empty())
        return fail("no dataset has the mountpoint /", "name a dataset instead of --all", ExitCode::usage);
    return mounts;
}

bool is_one_file(const std::string& a, const std::string& b) {
    struct stat first {
    }, second{};
    return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

Status run_extract(const ExtractArguments& arguments) {
    if (is_one_file(arguments.image.path, arguments.tar))
        return fail(arguments.tar + " is the image itself", {}, ExitCode::usage);
    KLD_TRY(const OpenPool pool, arguments.image.open());
    std::vector<Mount> mounts = {{"", arguments.dataset}};
    if (arguments.all) {
        KLD_TRY(mounts, mounts_of(pool, arguments.dataset));
    }
    const auto events = events_for(arguments.events_fd);
    events->stage("extract");
    KLD_TRY(const auto source, PoolSource::open(pool, mounts, arguments.path, Selection(arguments.only)));
    KLD_TRY(const auto sink,
            arguments.to.empty() ? tar_sink(arguments.tar, *events) : directory_sink(arguments.to, *events));
    KLD_CHECK(pour(*source, *sink, *events));
    events->finish();
    return {};
}

}  // namespace

void add_extract(CLI::App& app, Action& chosen) {
    auto arguments = std::make_shared<ExtractArguments>();
    CLI::App* verb =
        app.add_subcommand("extract", "Take files out of a dataset or snapshot, with all their attributes");
    add_image(*verb, arguments->image);
    verb->add_option("dataset", arguments->dataset, "dataset or dataset@snapshot; with --all, the one for /");
    verb->add_option("path", arguments->path, "only this file or directory");
    verb->add_flag("--all", arguments->all, "all datasets as one tree, by their mountpoints");
    verb->add_option("--only", arguments->only,
                     "only what this pattern names, with all below it, e.g. 'usr/lib/modules/*/updates' (repeated)");
    auto* to = verb->add_option("--to", arguments->to, "directory to make, or an empty one");
    auto* tar = verb->add_option("--tar", arguments->tar, "tar file to write, - for stdout");
    to->excludes(tar);
    cmd::add_events_fd(*verb, arguments->events_fd);
    verb->callback([arguments, &chosen, to, tar] {
        if (to->count() + tar->count() == 0) throw CLI::RequiredError("--to or --tar");
        if (!arguments->all && arguments->dataset.empty()) throw CLI::RequiredError("a dataset or --all");
        if (arguments->all && !arguments->path.empty()) throw CLI::ExcludesError("--all", "path");
        chosen = [arguments] { return run_extract(*arguments); };
    });
}

}  // namespace kld::pool
