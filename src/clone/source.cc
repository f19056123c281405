// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <cctype>
#include <functional>

#include "base/text.h"
#include "clone/clone.h"
#include "zfs/mounts.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::clone {
namespace {

Result<std::string> origin_of(const std::string& dataset, std::time_t now,
                              const std::function<bool(const std::string&)>& is_taken) {
    auto origin = dataset + "@" + zfs::stamped("clone", now, is_taken);
    KLD_CHECK(zfs::check_length(origin));
    return origin;
}

/// All datasets in short, and one in full.
std::vector<Command> commands_for_all(const std::string& dataset) {
    return {datasets::probe_command(), zfs::local_properties_command(dataset)};
}

Status parse_all(const std::vector<Result<Output>>& outputs, Files& files, Reading& reading) {
    KLD_TRY(const auto world, outputs[0]);
    KLD_TRY(reading.world, datasets::parse_world(world.out, files));
    KLD_TRY(const auto properties, outputs[1]);
    KLD_TRY(reading.inherited, zfs::parse_local_properties(properties.out));
    return {};
}

/// The few that decide, in full: a program less. The source tells of its own parent, which is asked only when it is not
/// that: clones lie beside what they are of.
Command command_for_few(const std::string& dataset, const std::vector<std::string>& others) {
    Command command{
        .argv = {"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value,source", "all", dataset},
        // The one that is to be made is not there yet.
        .accept = [](int code) { return code == 0 || code == 1; }};
    for (const auto& name : others)
        if (name != dataset && name != boot::parent_of(dataset)) command.argv.push_back(name);
    return command;
}

Status parse_few(const Command& asked, const Result<Output>& answer, const ReadingWish& wish, Reading& reading) {
    KLD_TRY(const auto output, answer);
    reading.world.mounts = wish.mounts;
    KLD_TRY(reading.world.datasets, boot::parse_datasets(output.out));
    const auto* dataset = reading.world.find(reading.dataset);
    if (dataset == nullptr) return fail(command_error(asked, fmt::format("exit {}", output.exit_code), output.err));
    reading.inherited = zfs::local_of(*dataset);
    if (auto parent = datasets::parent_by(*dataset)) reading.world.datasets.push_back(std::move(*parent));
    return {};
}

}  // namespace

std::vector<std::string> snapshot_command(const std::string& origin) {
    return {"zfs", "snapshot", "-o", std::string(zfs::kReason) + "=kclone", origin};
}

bool is_path(const std::string& word) {
    return word.empty() || std::isalpha(static_cast<unsigned char>(word.front())) == 0;
}

Result<Source> find_source(const datasets::World& world, const std::string& name) {
    if (name.find('@') != std::string::npos && !RealFiles().exists(name))
        return fail(name + " is a snapshot", "zfs clone -o mountpoint=DIRECTORY " + shell_quote(name) + " DATASET",
                    ExitCode::usage);
    if (const auto* dataset = world.find(name); dataset != nullptr) {
        if (dataset->value("type") != "filesystem")
            return fail(name + " is a volume, which has no files", "zfs snapshot and zfs clone make a second one",
                        ExitCode::usage);
        return Source{zfs::place_of(world.mounts, name), name};
    }
    KLD_TRY(auto path, datasets::real_path(name));
    if (RealFiles().kind(path) != FileKind::directory)
        return fail(path + " is no directory", "cp --reflink=always copies one file and shares its blocks",
                    ExitCode::usage);
    auto dataset = zfs::dataset_at(world.mounts, path);
    if (dataset.find('@') != std::string::npos) dataset.clear();  // below .zfs/snapshot: a directory like any other
    return Source{std::move(path), std::move(dataset)};
}

namespace {

/// Its snapshots are nowhere to be seen but in a list.
Result<Reading> read_unmounted(Runner& runner, Files& files, const ReadingWish& wish) {
    auto commands = commands_for_all(wish.dataset);
    commands.push_back(zfs::list_command(
        {.root = wish.dataset, .types = {"snapshot"}, .properties = {"name"}, .recursive = false, .depth = 1}));
    const auto outputs = runner.run_all(commands);
    Reading reading{.dataset = wish.dataset};
    KLD_CHECK(parse_all(outputs, files, reading));
    KLD_TRY(const auto listed, outputs[2]);
    const auto is_taken = [&, taken = lines(listed.out)](const std::string& name) {
        return contains(taken, wish.dataset + "@" + name);
    };
    KLD_TRY(reading.origin, origin_of(wish.dataset, wish.now, is_taken));
    return reading;
}

}  // namespace

Result<Reading> read_for_clone(Runner& runner, Files& files, const ReadingWish& wish) {
    const auto& dataset = wish.dataset;
    const auto place = zfs::place_of(wish.mounts, dataset);
    Reading reading{.dataset = dataset};
    if (place.empty()) return read_unmounted(runner, files, wish);
    const auto directory = (place == "/" ? "" : place) + "/.zfs/snapshot/";
    const auto is_taken = [&](const std::string& name) { return files.exists(directory + name); };
    const auto nothing_is = [](const std::string&) { return false; };
    const auto names = datasets::decisive_names(wish.mounts, boot::pool_of(dataset), wish.target);
    auto commands = names.empty() ? commands_for_all(dataset) : std::vector{command_for_few(dataset, names)};
    const auto reads = commands.size();
    std::vector<Result<Output>> outputs;
    // ZFS itself says when a name is taken, and looking into .zfs takes longer than all else that is done here.
    for (const bool look : {!wish.take, true}) {
        KLD_TRY(reading.origin,
                look ? origin_of(dataset, wish.now, is_taken) : origin_of(dataset, wish.now, nothing_is));
        commands.resize(reads);
        if (wish.take)
            commands.push_back({.argv = snapshot_command(reading.origin), .timeout = std::chrono::hours(24)});
        outputs = runner.run_all(commands);
        if (outputs.back() || !files.exists(directory + zfs::split_snapshot(reading.origin).snapshot)) break;
    }
    reading.taken = wish.take && outputs.back().has_value();
    const auto parse = [&]() -> Status {
        if (names.empty()) {
            KLD_CHECK(parse_all(outputs, files, reading));
        } else {
            KLD_CHECK(parse_few(commands[0], outputs[0], wish, reading));
            if (!datasets::is_decided(reading.world, wish.target)) {
                KLD_TRY(reading.world, datasets::probe(runner, files));
            }
        }
        if (!outputs.back()) return fail(outputs.back().error());
        return {};
    };
    if (auto parsed = parse(); !parsed) return fail(drop_snapshot(runner, reading, std::move(parsed).error()));
    return reading;
}

Error drop_snapshot(Runner& runner, const Reading& reading, Error error) {
    if (!reading.taken) return error;
    const std::vector<std::string> argv{"zfs", "destroy", reading.origin};
    if (!runner.run({.argv = argv})) error.details.push_back("could not be taken back: " + shell_line(argv));
    return error;
}

Result<Sharing> read_sharing(Runner& runner, Files& files, const std::string& dataset) {
    Sharing sharing{"-", std::nullopt};
    if (dataset.empty()) return sharing;
    KLD_TRY(const auto properties, zfs::pool_properties(runner, boot::pool_of(dataset)));
    if (const auto feature = properties.find("feature@block_cloning"); feature != properties.end())
        sharing.feature = feature->second;
    if (const auto text = files.read("/sys/module/zfs/parameters/zfs_bclone_enabled"))
        sharing.switched_on = trim(*text) == "1";
    return sharing;
}

}  // namespace kld::clone
