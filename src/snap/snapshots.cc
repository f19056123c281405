// SPDX-License-Identifier: BSD-3-Clause
#include "snap/snapshots.h"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.h"
#include "be/changes.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

Snapshot snapshot_of(const boot::Dataset& read) {
    Snapshot snapshot{.name = read.name,
                      .created = zfs::number(read.value("creation")),
                      .order = zfs::number(read.value("createtxg")),
                      .used = zfs::number(read.value("used")),
                      .referenced = zfs::number(read.value("referenced")),
                      .holds = zfs::number(read.value("userrefs"))};
    if (const auto& clones = read.value("clones"); clones != "-" && !clones.empty())
        snapshot.clones = split(clones, ',');
    if (const auto at = read.properties.find(be::kReason); at != read.properties.end() && at->second.source == "local")
        snapshot.reason = at->second.value;
    return snapshot;
}

tl::unexpected<Error> no_such(const std::string& what, const std::string& dataset) {
    return fail("there is no " + what, fmt::format("ksnap list {} shows what there is", shell_quote(dataset)),
                ExitCode::usage);
}

/// Snapshots of one dataset, oldest first.
using Own = std::vector<const Snapshot*>;

Result<Own::const_iterator> find_own(const Own& own, const std::string& dataset, const std::string& name) {
    const auto at =
        std::find_if(own.begin(), own.end(), [&](const Snapshot* one) { return one->name == dataset + "@" + name; });
    if (at == own.end()) return no_such(fmt::format("snapshot {}@{}", dataset, name), dataset);
    return at;
}

Result<Own> select_range(const Own& own, const std::string& dataset, const std::string& range) {
    const auto percent = range.find('%');
    const auto first = range.substr(0, percent), last = range.substr(percent + 1);
    if (own.empty()) return no_such("snapshot of " + dataset, dataset);
    auto begin = own.begin(), end = own.end() - 1;
    if (!first.empty()) {
        KLD_TRY(begin, find_own(own, dataset, first));
    }
    if (!last.empty()) {
        KLD_TRY(end, find_own(own, dataset, last));
    }
    if (begin > end)
        return fail(fmt::format("{}@{} is older than {}@{}", dataset, last, dataset, first),
                    fmt::format("write it as {}", shell_quote(fmt::format("{}@{}%{}", dataset, last, first))),
                    ExitCode::usage);
    return Own(begin, end + 1);
}

Result<Own> select_piece(const Own& own, const std::string& dataset, const std::string& piece) {
    if (piece.find('%') != std::string::npos) return select_range(own, dataset, piece);
    if (piece.find_first_of("*?[") == std::string::npos) {
        KLD_TRY(const auto at, find_own(own, dataset, piece));
        return Own{*at};
    }
    Own found;
    for (const auto* one : own)
        if (::fnmatch(piece.c_str(), one->name.c_str() + dataset.size() + 1, 0) == 0) found.push_back(one);
    if (found.empty()) return no_such(fmt::format("snapshot {}@{}", dataset, piece), dataset);
    return found;
}

bool older(const Snapshot& left, const Snapshot& right) {
    return std::tie(left.created, left.order, left.name) < std::tie(right.created, right.order, right.name);
}

}  // namespace

Result<std::vector<Snapshot>> read_snapshots(Runner& runner, const std::string& root, Depth depth, bool bookmarks) {
    zfs::Query query{.root = root,
                     .types = {"snapshot"},
                     .properties = {"creation", "createtxg", "used", "referenced", "userrefs", "clones", be::kReason},
                     .depth = depth == Depth::own ? 1U : 0U};
    if (bookmarks) query.types.emplace_back("bookmark");
    auto read = zfs::get(runner, query);
    if (!read)
        return fail(
            std::move(read.error()).with_hint("zfs list shows the datasets that there are, zpool list the pools"));
    std::vector<Snapshot> snapshots;
    for (const auto& one : *read) snapshots.push_back(snapshot_of(one));
    return in_order(std::move(snapshots));
}

std::vector<Snapshot> in_order(std::vector<Snapshot> snapshots) {
    std::sort(snapshots.begin(), snapshots.end(), older);
    return snapshots;
}

Result<std::string> dataset_asked_for(Files& files, const std::vector<zfs::Mount>& mounts, const std::string& word) {
    if (word.starts_with('/') && word.find('@') != std::string::npos && !files.exists(word))
        return fail(word + " is a snapshot, and a dataset is asked for", "leave out what begins with @",
                    ExitCode::usage);
    return dataset_named(mounts, word);
}

Result<std::string> dataset_named(const std::vector<zfs::Mount>& mounts, const std::string& word) {
    if (word.empty()) return fail("no dataset is named", "write it as rpool/home, or as /home", ExitCode::usage);
    if (word.find('@') != std::string::npos && !word.starts_with('/'))
        return fail(word + " is a snapshot, and a dataset is asked for", "leave out what begins with @",
                    ExitCode::usage);
    if (word.front() == '-')
        return fail(word + " is no dataset", "options come before the first name", ExitCode::usage);
    if (word.front() != '/') return word;
    const auto* mount = zfs::mount_of(mounts, word);
    if (mount == nullptr || mount->type != "zfs")
        return fail(fmt::format("{} lies on no dataset{}", word,
                                mount == nullptr ? "" : fmt::format(": {} is {}", mount->target, mount->type)),
                    "zfs list shows the datasets that there are", ExitCode::usage);
    if (mount->source.find('@') != std::string::npos)
        return fail(fmt::format("{} lies in the snapshot {}", word, mount->source), "name the dataset itself",
                    ExitCode::usage);
    return mount->source;
}

Result<Spec> parse_spec(const std::vector<zfs::Mount>& mounts, const std::string& word) {
    // A path may have an @ of its own; the name of a snapshot cannot.
    const auto at = word.rfind('@');
    if (at == std::string::npos || at + 1 == word.size())
        return fail(word + " is no snapshot", "write it as rpool/home@NAME, or as /home@NAME", ExitCode::usage);
    KLD_TRY(auto dataset, dataset_named(mounts, word.substr(0, at)));
    return Spec{std::move(dataset), word.substr(at + 1)};
}

Result<std::string> snapshot_named(const std::vector<zfs::Mount>& mounts, const std::string& word) {
    KLD_TRY(const auto spec, parse_spec(mounts, word));
    KLD_CHECK(zfs::check_component(spec.snapshots, "snapshot"));
    return spec.dataset + "@" + spec.snapshots;
}

Result<std::vector<Snapshot>> select(const std::vector<Snapshot>& all, const std::vector<Spec>& specs) {
    std::set<std::string> names;
    for (const auto& spec : specs) {
        Own own;
        for (const auto& snapshot : all)
            if (snapshot.name.starts_with(spec.dataset + "@")) own.push_back(&snapshot);
        // By transaction: a clock that was set back would turn a range around.
        std::sort(own.begin(), own.end(),
                  [](const Snapshot* left, const Snapshot* right) { return left->order < right->order; });
        for (const auto& piece : split(spec.snapshots, ',')) {
            KLD_TRY(const auto chosen, select_piece(own, spec.dataset, piece));
            for (const auto* one : chosen) names.insert(one->name);
        }
    }
    std::vector<Snapshot> chosen;
    for (const auto& snapshot : all)
        if (names.contains(snapshot.name)) chosen.push_back(snapshot);
    return chosen;
}

}  // namespace kld::snap
