// SPDX-License-Identifier: BSD-3-Clause
#include "status/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "be/trial.h"
#include "boot/environments.h"
#include "boot/kernels.h"
#include "boot/os_release.h"
#include "check/rows.h"
#include "check/sources.h"
#include "status/machine.h"
#include "status/pool_status.h"
#include "status/verdict.h"
#include "status/words.h"
#include "zfs/mounts.h"
#include "zfs/query.h"

namespace kld::status {
namespace {

constexpr const char* kKstats = "/proc/spl/kstat/zfs";
constexpr std::size_t kTransactionsShown = 5;
/// A pool that hangs must not take the report about it along.
constexpr std::chrono::seconds kPatience{120};

const std::vector<std::string> kSpace{"name", "size", "allocated", "free", "fragmentation", "bootfs", "readonly"};
const std::vector<std::string> kDataset{"name",     "compressratio",          "usedbysnapshots",       "mountpoint",
                                        "canmount", "org.zfsbootmenu:active", "org.zfsbootmenu:kernel"};

/// A reading that remembers why it failed.
class Reader {
public:
    Reader(Files& files, State& state) : files_(files), state_(state) {}
    /// The file, or nothing when it is not there; a file that is there and cannot be read is told.
    std::optional<std::string> file(const std::string& path) {
        if (!files_.exists(path)) return std::nullopt;
        return keep(files_.read(path), {});
    }
    /// @param what  for the error, when it does not say so itself
    template <typename T>
    std::optional<T> keep(Result<T> result, const std::string& what) {
        if (result) return std::move(*result);
        state_.unread.push_back(what.empty() ? std::move(result.error()) : std::move(result.error()).within(what));
        return std::nullopt;
    }

private:
    Files& files_;
    State& state_;
};

Result<zfs::Rows> rows_of(const Result<Output>& output, std::size_t columns) {
    if (!output) return fail(output.error());
    zfs::Rows rows;
    for (const auto& line : lines(output->out)) {
        rows.push_back(split(line, '\t'));
        if (rows.back().size() != columns) return fail(fmt::format("a line without {} fields: '{}'", columns, line));
    }
    return rows;
}

Command zfs_call(std::vector<std::string> argv) {
    return {.argv = std::move(argv), .timeout = kPatience};
}

/// Pools that wait for a disk to come back: `zfs list` of one would wait as well, and cannot be killed then.
std::vector<std::string> suspended_pools(Files& files) {
    std::vector<std::string> found;
    const auto names = files.list(kKstats);
    if (!names) return found;
    for (const auto& name : *names)
        if (const auto state = files.read(fmt::format("{}/{}/state", kKstats, name));
            state && trim(*state) == "SUSPENDED")
            found.push_back(name);
    return found;
}

void read_machine(Files& files, Reader& reader, State& state) {
    state.host = trim(reader.file("/proc/sys/kernel/hostname").value_or(""));
    state.kernel = trim(reader.file("/proc/sys/kernel/osrelease").value_or(""));
    state.system = boot::parse_os_release(reader.file("/etc/os-release").value_or("")).pretty_name;
    if (const auto text = reader.file(std::string(kKstats) + "/arcstats")) state.arc = parse_arcstats(*text);
    if (const auto text = reader.file("/proc/meminfo")) state.memory = parse_meminfo(*text);
    if (const auto text = reader.file("/sys/devices/system/cpu/online")) state.processors = parse_processors(*text);
    if (const auto text = reader.file("/proc/loadavg")) state.load = parse_load(*text);
    if (const auto text = reader.file("/proc/uptime")) state.uptime = parse_uptime(*text);
    // Everybody may ask how the machine is; what root did is for root where the log says so.
    if (const auto text = files.read(packages::kLog))
        state.transactions = newest_transactions(*text, kTransactionsShown);
    else
        state.log_is_closed = files.exists(packages::kLog);
    if (reader.file("/run/reboot-required"))
        state.reboot_required = join(lines(reader.file("/run/reboot-required.pkgs").value_or("")), ", ");
}

Pool& pool_named(std::vector<Pool>& pools, const std::string& name) {
    for (auto& pool : pools)
        if (pool.name == name) return pool;
    return pools.emplace_back(Pool{name});
}

void add_space(const zfs::Rows& rows, std::vector<Pool>& pools) {
    for (const auto& row : rows) {
        PoolSpace space{row[0], zfs::number(row[1]), zfs::number(row[2]), zfs::number(row[3])};
        if (const auto percent = parse_number(row[4])) space.fragmentation = *percent;
        if (row[5] != "-") space.bootfs = row[5];
        space.readonly = row[6] == "on";
        // Sizes of a pool that cannot be opened are dashes.
        if (parse_number(row[1])) pool_named(pools, row[0]).space = std::move(space);
    }
}

void add_datasets(const zfs::Rows& rows, std::vector<Pool>& pools) {
    for (auto& pool : pools) pool.held_by_snapshots = 0;
    for (const auto& row : rows) {
        auto& pool = pool_named(pools, boot::pool_of(row[0]));
        if (row[0] == pool.name) pool.compression = decimal(row[1]);
        pool.held_by_snapshots = pool.held_by_snapshots.value_or(0) + zfs::number(row[2]);
    }
}

void add_snapshots(const zfs::Rows& rows, std::vector<Pool>& pools) {
    std::map<std::string, std::uint64_t> newest;  // transaction groups are numbered for each pool
    for (auto& pool : pools) pool.snapshots = Snapshots{};
    for (const auto& row : rows) {
        auto& pool = pool_named(pools, boot::pool_of(row[0]));
        auto& snapshots = pool.snapshots ? *pool.snapshots : pool.snapshots.emplace();
        ++snapshots.count;
        if (const auto group = zfs::number(row[1]); group >= newest[pool.name]) {
            newest[pool.name] = group;
            snapshots.newest = row[0];
        }
    }
}

/// A snapshot may have gone meanwhile: then zfs says so, and prints the others.
void date_snapshots(Runner& runner, std::vector<Pool>& pools) {
    std::vector<std::string> argv{"zfs", "get", "-Hp", "-o", "name,value", "creation"};
    const auto words_before = argv.size();
    for (const auto& pool : pools)
        if (pool.snapshots && !pool.snapshots->newest.empty()) argv.push_back(pool.snapshots->newest);
    if (argv.size() == words_before) return;
    auto command = zfs_call(std::move(argv));
    command.accept = [](int code) { return code == 0 || code == 1; };
    const auto output = runner.run(command);
    if (!output) return;
    for (const auto& line : lines(output->out)) {
        const auto fields = split(line, '\t');
        for (auto& pool : pools)
            if (pool.snapshots && fields.size() == 2 && pool.snapshots->newest == fields[0])
                pool.snapshots->created = zfs::number(fields[1]);
    }
}

/// The kernel that boots by default out of the running system's own /boot.
std::string default_kernel(Files& files, const std::string& pin) {
    const auto names = files.list("/boot");
    if (!names) return {};
    const auto pairs = boot::kernel_pairs(*names);
    if (pairs.empty()) return {};
    const auto& version = pairs[boot::default_kernel(pairs, pin).index].version;
    // Arch names the file "vmlinuz-linux": that is no release to compare with.
    return files.exists("/lib/modules/" + version) ? version : std::string();
}

void read_boot(Files& files, Reader& reader, const std::optional<zfs::Rows>& datasets, State& state) {
    const auto mounts = reader.keep(zfs::read_mounts(files), "boot environment");
    if (!mounts) return;
    const auto running = zfs::dataset_at(*mounts, "/");
    if (running.empty()) return;
    Boot boot{boot::pool_of(running), running};
    if (state.pools)
        for (const auto& pool : *state.pools)
            if (pool.name == boot.pool && pool.space) boot.next = pool.space->bootfs;
    std::string pin;
    if (datasets) {
        std::uint64_t count = 0;
        for (const auto& row : *datasets) {
            if (boot::pool_of(row[0]) != boot.pool) continue;
            const boot::Dataset dataset{
                row[0], {{"mountpoint", {row[3], {}}}, {"canmount", {row[4], {}}}, {kDataset[5], {row[5], {}}}}};
            if (boot::is_boot_environment(dataset)) ++count;
            if (row[0] == running) pin = row[6];
        }
        boot.environments = count;
    }
    if (const auto esp = be::esp_place(*mounts))
        if (auto trial = boot::read_trial(files, *esp); trial && boot::pool_of(trial->dataset) == boot.pool)
            boot.trial = std::move(trial);
    // Another environment's /boot is not here to be looked at.
    if (boots_next(boot) == running) boot.next_kernel = default_kernel(files, pin);
    state.boot = std::move(boot);
}

}  // namespace

State probe(Runner& runner, Files& files) {
    State state;
    state.now = std::time(nullptr);
    Reader reader(files, state);
    const bool systemd = files.kind("/run/systemd/system") == FileKind::directory;
    const auto suspended = suspended_pools(files);

    std::vector<Command> commands{zfs_call({"zpool", "status", "-p"}),
                                  zfs_call({"zpool", "list", "-Hp", "-o", join(kSpace, ",")})};
    if (systemd) commands.push_back(zfs_call({"systemctl", "--failed", "--no-legend", "--plain"}));
    if (suspended.empty()) {
        commands.push_back(zfs_call({"zfs", "list", "-Hp", "-t", "filesystem,volume", "-o", join(kDataset, ",")}));
        commands.push_back(zfs_call({"zfs", "list", "-Hp", "-t", "snapshot", "-o", "name,createtxg"}));
    } else {
        state.unread.push_back({"datasets were not asked for: a suspended pool would not answer",
                                {join(suspended, ", ")},
                                "connect its disks and run zpool clear"});
    }
    auto answers = runner.run_all(commands);
    std::size_t next = 0;

    std::vector<Pool> pools;
    auto status = std::move(answers[next++]);
    auto health =
        reader.keep(status ? parse_pool_status(status->out) : Result<std::vector<PoolHealth>>(fail(status.error())),
                    "health of pools");
    if (health)
        for (auto& one : *health) pool_named(pools, one.name).health = std::move(one);
    const auto space = reader.keep(rows_of(answers[next++], kSpace.size()), "sizes of pools");
    if (space) add_space(*space, pools);
    if (systemd) {
        if (const auto failed = reader.keep(std::move(answers[next++]), "services"))
            state.failed_services = parse_failed_units(failed->out);
    }
    std::optional<zfs::Rows> datasets;
    if (suspended.empty()) {
        datasets = reader.keep(rows_of(answers[next++], kDataset.size()), "datasets");
        if (datasets) add_datasets(*datasets, pools);
        if (const auto snapshots = reader.keep(rows_of(answers[next++], 2), "snapshots"))
            add_snapshots(*snapshots, pools);
        date_snapshots(runner, pools);
    }
    if (health || space) state.pools = std::move(pools);
    read_machine(files, reader, state);
    read_boot(files, reader, datasets, state);
    return state;
}

void probe_boot_chain(Runner& runner, Files& files, State& state) {
    Reader reader(files, state);
    if (const auto system = reader.keep(check::read_running(runner, files), "boot chain"))
        state.check = check::check_system(*system);
}

}  // namespace kld::status
