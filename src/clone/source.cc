// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <cctype>
#include <functional>

#include "base/text.h"
#include "clone/clone.h"
#include "zfs/mounts.h"
#include "zfs/names.h"
#include "zfs/query.h"
#include "zfs/snapshot_program.h"

namespace kld::clone {
namespace {

constexpr const char* kWhy = "kclone";

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

/// The few that decide: a program less than all datasets in short and one in full. The source tells of its own parent,
/// which is asked only when it is not that: clones lie beside what they are of.
std::vector<std::string> the_few(const std::string& dataset, const std::vector<std::string>& decisive) {
    std::vector<std::string> few{dataset};
    for (const auto& name : decisive)
        if (name != dataset && name != boot::parent_of(dataset)) few.push_back(name);
    return few;
}

Command command_for_few(const std::vector<std::string>& few) {
    Command command{.argv = {"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value,source", "all"},
                    // The one that is to be made is not there yet.
                    .accept = [](int code) { return code == 0 || code == 1; }};
    command.argv.insert(command.argv.end(), few.begin(), few.end());
    return command;
}

/// All are asked for where it turns out that the few do not decide. @returns false when the source is not among them
Result<bool> take_few(Runner& runner, Files& files, const ReadingWish& wish, std::vector<boot::Dataset> few,
                      Reading& reading) {
    reading.world = {std::move(few), wish.mounts};
    const auto* dataset = reading.world.find(reading.dataset);
    if (dataset == nullptr) return false;
    reading.inherited = zfs::local_of(*dataset);
    if (auto parent = datasets::parent_by(*dataset)) reading.world.datasets.push_back(std::move(*parent));
    if (!datasets::is_decided(reading.world, wish.target)) {
        KLD_TRY(reading.world, datasets::probe(runner, files));
    }
    return true;
}

Status parse_few(Runner& runner, Files& files, const ReadingWish& wish, const Command& asked,
                 const Result<Output>& answer, Reading& reading) {
    KLD_TRY(const auto output, answer);
    KLD_TRY(auto few, boot::parse_datasets(output.out));
    KLD_TRY(const bool found, take_few(runner, files, wish, std::move(few), reading));
    if (found) return {};
    return fail(command_error(asked, fmt::format("exit {}", output.exit_code), output.err));
}

}  // namespace

std::vector<std::string> snapshot_command(const std::string& origin) {
    return {"zfs", "snapshot", "-o", fmt::format("{}={}", zfs::kReason, kWhy), origin};
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

/// One program takes the snapshot and reads the few. @returns false when something stands in the way of that: then they
/// are read in the ordinary way, and the snapshot is taken so unless `reading.taken` says that it was.
Result<bool> read_and_take(Runner& runner, Files& files, const ReadingWish& wish, const std::vector<std::string>& few,
                           Reading& reading) {
    KLD_TRY(reading.origin, origin_of(wish.dataset, wish.now, [](const std::string&) { return false; }));
    const auto answer = runner.run(zfs::snapshot_program(reading.origin, kWhy, few));
    reading.taken = answer.has_value();
    if (!answer) return false;
    auto datasets = zfs::parse_snapshot_program(answer->out);
    if (!datasets) return false;
    auto found = take_few(runner, files, wish, std::move(*datasets), reading);
    if (!found) return fail(drop_snapshot(runner, reading, std::move(found).error()));
    return found;
}

}  // namespace

Result<Reading> read_for_clone(Runner& runner, Files& files, const ReadingWish& wish) {
    const auto& dataset = wish.dataset;
    const auto place = zfs::place_of(wish.mounts, dataset);
    Reading reading{.dataset = dataset};
    if (place.empty()) return read_unmounted(runner, files, wish);
    const auto names = datasets::decisive_names(wish.mounts, boot::pool_of(dataset), wish.target);
    const auto few = the_few(dataset, names);
    if (wish.take && !names.empty()) {
        KLD_TRY(const bool done, read_and_take(runner, files, wish, few, reading));
        if (done) return reading;
    }
    const auto directory = (place == "/" ? "" : place) + "/.zfs/snapshot/";
    const auto is_taken = [&](const std::string& name) { return files.exists(directory + name); };
    const auto nothing_is = [](const std::string&) { return false; };
    auto commands = names.empty() ? commands_for_all(dataset) : std::vector{command_for_few(few)};
    const auto reads = commands.size();
    const bool take = wish.take && !reading.taken;
    std::vector<Result<Output>> outputs;
    // ZFS itself says when a name is taken, and looking into .zfs takes longer than all else that is done here.
    for (const bool look : {!wish.take, true}) {
        if (!reading.taken) {
            KLD_TRY(reading.origin,
                    look ? origin_of(dataset, wish.now, is_taken) : origin_of(dataset, wish.now, nothing_is));
        }
        commands.resize(reads);
        if (take) commands.push_back({.argv = snapshot_command(reading.origin), .timeout = std::chrono::hours(24)});
        outputs = runner.run_all(commands);
        if (!take || outputs.back() || !files.exists(directory + zfs::split_snapshot(reading.origin).snapshot)) break;
    }
    reading.taken = reading.taken || (take && outputs.back().has_value());
    const auto parse = [&]() -> Status {
        if (names.empty())
            KLD_CHECK(parse_all(outputs, files, reading));
        else
            KLD_CHECK(parse_few(runner, files, wish, commands[0], outputs[0], reading));
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
