// SPDX-License-Identifier: BSD-3-Clause
#include "snap/changes.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "zfs/names.h"

namespace kld::snap {
namespace {

// MAX_ARG_STRLEN of Linux is 131072 bytes for one argument.
constexpr std::size_t kLongestArgument = 100'000;

Status check_tag(const std::string& tag) {
    constexpr std::size_t kLongestTag = 255;
    if (tag.empty() || tag.size() > kLongestTag || tag.front() == '-' || tag.front() == '.' ||
        tag.find_first_of("\t\n@") != std::string::npos)
        return fail(fmt::format("'{}' cannot be the tag of a hold", tag),
                    "use a short word that begins with neither - nor .", ExitCode::usage);
    return {};
}

std::vector<std::string> tags_of(const std::vector<Hold>& holds, const std::string& snapshot) {
    std::vector<std::string> tags;
    for (const auto& hold : holds)
        if (hold.snapshot == snapshot) tags.push_back(hold.tag);
    return tags;
}

}  // namespace

std::vector<Batch> destroy_batches(const std::vector<Snapshot>& chosen) {
    std::map<std::string, std::vector<Batch>> by_dataset;
    for (const auto& snapshot : chosen) {
        const auto parts = zfs::split_snapshot(snapshot.name);
        auto& batches = by_dataset[parts.dataset];
        if (batches.empty() || batches.back().argument.size() + 1 + parts.snapshot.size() > kLongestArgument)
            batches.push_back({parts.dataset, snapshot.name, 1});
        else
            batches.back().argument += "," + parts.snapshot, ++batches.back().count;
    }
    std::vector<Batch> all;
    for (auto& [dataset, batches] : by_dataset) std::move(batches.begin(), batches.end(), std::back_inserter(all));
    return all;
}

Result<zfs::Plan> plan_destroy(const std::vector<Snapshot>& chosen) {
    Error error{"nothing is destroyed: something needs these snapshots",
                {},
                "ksnap release lets a snapshot go; a clone is destroyed first, or promoted: zfs promote",
                ExitCode::refused};
    for (const auto& snapshot : chosen) {
        if (snapshot.holds > 0)
            error.details.push_back(
                fmt::format("{0} is held; zfs holds {1} says by whom", snapshot.name, shell_quote(snapshot.name)));
        if (!snapshot.clones.empty())
            error.details.push_back(
                fmt::format("{} is what {} was cloned from", snapshot.name, join(snapshot.clones, ", ")));
    }
    if (!error.details.empty()) return fail(std::move(error));
    zfs::Plan plan;
    for (const auto& batch : destroy_batches(chosen))
        plan.steps.push_back({batch.count == 1 ? "destroy " + batch.argument
                                               : fmt::format("destroy {} snapshots of {}", batch.count, batch.dataset),
                              {"zfs", "destroy", batch.argument}});
    return plan;
}

Result<std::vector<Hold>> read_holds(Runner& runner, const std::vector<Snapshot>& chosen) {
    std::vector<std::string> argv{"zfs", "holds", "-H"};
    for (const auto& snapshot : chosen)
        if (snapshot.holds > 0) argv.push_back(snapshot.name);
    constexpr std::size_t kNoSnapshot = 3;
    if (argv.size() == kNoSnapshot) return std::vector<Hold>{};
    KLD_TRY(const auto output, runner.run({.argv = std::move(argv)}));
    std::vector<Hold> holds;
    for (const auto& line : lines(output.out)) {
        auto fields = split(line, '\t');
        if (fields.size() != 3) return fail(fmt::format("zfs holds printed a line without three fields: '{}'", line));
        holds.push_back({std::move(fields[0]), std::move(fields[1])});
    }
    return holds;
}

Result<zfs::Plan> plan_hold(const std::vector<Snapshot>& chosen, const std::string& tag,
                            const std::vector<Hold>& holds) {
    KLD_CHECK(check_tag(tag));
    zfs::Plan plan;
    for (const auto& snapshot : chosen) {
        if (contains(tags_of(holds, snapshot.name), tag))
            return fail(fmt::format("{} is held as {} already", snapshot.name, tag),
                        "ksnap hold TAG SNAPSHOT takes another tag", ExitCode::refused);
        plan.steps.push_back({fmt::format("hold {} as {}", snapshot.name, tag),
                              {"zfs", "hold", tag, snapshot.name},
                              {"zfs", "release", tag, snapshot.name}});
    }
    return plan;
}

Result<zfs::Plan> plan_release(const std::vector<Snapshot>& chosen, const std::string& tag,
                               const std::vector<Hold>& holds) {
    KLD_CHECK(check_tag(tag));
    zfs::Plan plan;
    for (const auto& snapshot : chosen) {
        if (const auto tags = tags_of(holds, snapshot.name); !contains(tags, tag))
            return fail(fmt::format("{} is not held as {}", snapshot.name, tag),
                        tags.empty() ? "nobody holds it" : "it is held as: " + join(tags, ", "), ExitCode::refused);
        plan.steps.push_back({fmt::format("release {} from {}", snapshot.name, tag),
                              {"zfs", "release", tag, snapshot.name},
                              {"zfs", "hold", tag, snapshot.name}});
    }
    return plan;
}

}  // namespace kld::snap
