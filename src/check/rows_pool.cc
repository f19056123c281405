// SPDX-License-Identifier: BSD-3-Clause
// Rows about the pool: who may import it, what it can, where it is looked for.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "boot/command_line.h"
#include "boot/environments.h"
#include "boot/hostid.h"
#include "boot/nvlist.h"
#include "boot/version_order.h"
#include "check/menu_loader.h"
#include "check/rows.h"

namespace kld::check {
namespace {

constexpr const char* kCache = "etc/zfs/zpool.cache";
constexpr const char* kFeatureSets = "usr/share/zfs/compatibility.d";
constexpr const char* kLift = "org.kldload:compatibility";

/// Names and GUIDs of the pools that a cache file lists.
class CachedPools final : public boot::NvVisitor {
public:
    std::map<std::string, std::uint64_t> pools{};
    void begin_list(const std::string& name) override { open_.push_back(name); }
    void end_list() override { open_.pop_back(); }
    void number(const std::string& name, std::uint64_t value) override {
        if (open_.size() == 2 && name == "pool_guid") pools[open_[1]] = value;
    }
    void text(const std::string&, std::string) override {}

private:
    std::vector<std::string> open_{};
};

/// What is wrong with a cache file; empty when it lists our pool alone, or nothing. On a running system other pools lie
/// on other disks, and ZFS itself has put them there.
std::string cache_problem(const std::string& bytes, const System& system) {
    const auto& pool = system.pool;
    if (bytes.empty()) return {};
    CachedPools cached;
    if (!boot::visit_nvlist(bytes, cached)) return "is damaged";
    for (const auto& [name, guid] : cached.pools) {
        const bool other = pool && name != pool->name;
        if (other && system.kind == Kind::running) continue;
        if (other || (pool && std::to_string(guid) != pool->value("guid")))
            return fmt::format("lists the pool {} ({}), which is not on this disk", name, guid);
    }
    return {};
}

/// A feature set of OpenZFS: one feature a line, behind # are comments.
std::set<std::string> features_of(const std::string& text) {
    std::set<std::string> features;
    for (const auto& line : lines(text))
        if (const auto word = trim(std::string_view(line).substr(0, line.find('#'))); !word.empty())
            features.emplace(word);
    return features;
}

/// Enabled ones count: they may become active at any time.
std::vector<std::string> features_outside(const Pool& pool, const std::set<std::string>& known) {
    std::vector<std::string> outside;
    constexpr std::string_view kPrefix = "feature@";
    for (const auto& [name, value] : pool.properties) {
        if (!name.starts_with(kPrefix) || value == "disabled") continue;
        if (!known.contains(name.substr(kPrefix.size()))) outside.push_back(name.substr(kPrefix.size()));
    }
    for (const auto& [name, value] : pool.properties)
        if (name.starts_with("unsupported@")) outside.push_back(name.substr(12));
    return outside;
}

/// What a ZFS of this version knows at least, out of the files that came with the environment's own ZFS. That may be
/// older than the one asked for: a newer ZFS knows all that an older one does.
std::optional<std::set<std::string>> feature_set(const Environment& environment, const std::string& version) {
    const auto wanted = boot::feature_set_name(version);
    std::string best;
    for (const auto& name : environment.tree.names(kFeatureSets))
        if (name.starts_with("openzfs-") && name.ends_with("-linux") && boot::compare_versions(name, wanted) <= 0 &&
            (best.empty() || boot::compare_versions(name, best) > 0))
            best = name;
    if (best.empty()) return std::nullopt;
    return features_of(environment.tree.read(std::string(kFeatureSets) + "/" + best).value_or(""));
}

/// What first boot lifts the pool to: a feature set's name, or "-".
std::string lift_of(const Pool& pool) {
    const auto* dataset = boot::find_dataset(pool.datasets, pool.name);
    return dataset == nullptr ? "-" : dataset->value(kLift);
}

std::set<std::string> features_after_first_boot(const Pool& pool, const Environment& environment) {
    if (!environment.fresh) return {};
    return features_of(environment.tree.read(std::string(kFeatureSets) + "/" + lift_of(pool)).value_or(""));
}

}  // namespace

void check_hostid(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto fix = "write /etc/hostid (zgenhostid), then " + initramfs::rebuild_all_text(environment.generator);
        if (!environment.hostid) {
            about.fail(environment.tree.exists("etc/hostid") ? "/etc/hostid is not four bytes long"
                                                             : "there is no /etc/hostid",
                       fix);
            continue;
        }
        const auto own = *environment.hostid;
        std::string problem;
        if (own == 0) problem = "/etc/hostid is zero";
        for (const auto& kernel : environment.kernels) {
            if (!kernel.content) continue;
            for (const auto& finding : kernel.content->findings)
                if (finding.id == "hostid" && !finding.ok)
                    problem = fmt::format("{} in {}", finding.evidence, kernel.initramfs);
            const auto* packed = kernel.content->image.find("etc/hostid");
            if (packed != nullptr && packed->content && problem.empty() &&
                boot::parse_hostid_file(*packed->content) != environment.hostid)
                problem = fmt::format("/etc/hostid is {:08x}, {} has the bytes {}", own, kernel.initramfs,
                                      hex(*packed->content));
        }
        // The initramfs of a fresh image is given the machine's own hostid by the menu, on the command line.
        if (system.pool && system.pool->label && system.pool->label->state == "active" &&
            system.pool->label->hostid != 0 && system.pool->label->hostid != own && problem.empty())
            problem = fmt::format("the pool was used last by the host {:08x}, this is {:08x}",
                                  system.pool->label->hostid, own);
        if (system.running_hostid && *system.running_hostid != own && problem.empty())
            problem = fmt::format("/etc/hostid is {:08x}, the running kernel has {:08x}", own, *system.running_hostid);
        if (system.pool && problem.empty()) {
            const auto line = boot::dataset_arguments(system.pool->datasets, environment.dataset);
            if (line.find("spl_hostid") != std::string::npos)
                problem = "org.zfsbootmenu:commandline says another hostid: " + line;
        }
        for (const auto& name : environment.tree.names("etc/modprobe.d"))
            if (environment.tree.read("etc/modprobe.d/" + name).value_or("").find("spl_hostid") != std::string::npos)
                problem = "/etc/modprobe.d/" + name + " sets spl_hostid";
        if (problem.empty())
            about.pass(fmt::format("{:08x} in /etc/hostid and in every initramfs", own));
        else
            about.fail(problem, fix);
    }
}

void check_cache_file(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        std::string problem;
        if (const auto bytes = environment.tree.read(kCache))
            if (const auto wrong = cache_problem(*bytes, system); !wrong.empty())
                problem = fmt::format("/{} {}", kCache, wrong);
        for (const auto& kernel : environment.kernels) {
            if (!kernel.content || !problem.empty()) continue;
            for (const auto* path : {"etc/zfs/zpool.cache", "etc/zfs/zpool.cache.org"})
                if (const auto* packed = kernel.content->image.find(path); packed != nullptr && packed->content)
                    if (const auto wrong = cache_problem(*packed->content, system); !wrong.empty())
                        problem = fmt::format("{} of {} {}", path, kernel.initramfs, wrong);
        }
        if (problem.empty())
            row.in(environment).pass("no cache file, or one of this pool");
        else
            row.in(environment)
                .fail(problem, fmt::format("rm /{}, set cachefile=none, then {}", kCache,
                                           initramfs::rebuild_all_text(environment.generator)));
    }
}

void check_import_units(const System& system, const Row& row) {
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        const auto& tree = environment.tree;
        if (!tree.exists("usr/lib/systemd/system/zfs-import-scan.service")) {
            about.not_applicable("no systemd units of ZFS are here");
            continue;
        }
        bool scan = false, cache = false;
        for (const auto& directory : tree.matching("etc/systemd/system", "")) {
            if (!directory.ends_with(".wants")) continue;
            scan = scan || tree.exists(directory + "/zfs-import-scan.service");
            cache = cache || tree.exists(directory + "/zfs-import-cache.service");
        }
        const bool has_cache = !tree.read(kCache).value_or("").empty();
        if (has_cache && !cache)
            // Scanning is skipped as soon as there is a cache file.
            about.warn("there is a cache file, but zfs-import-cache.service is not enabled: no other pool is imported",
                       "systemctl enable zfs-import-cache.service",
                       {{"systemctl", "enable", "zfs-import-cache.service"}});
        else if (!has_cache && !scan)
            about.warn("there is no cache file, and zfs-import-scan.service is not enabled: no other pool is imported",
                       "systemctl enable zfs-import-scan.service",
                       {{"systemctl", "enable", "zfs-import-scan.service"}});
        else
            about.pass(has_cache ? "by cache file" : "by scanning");
    }
}

void check_bootfs(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    const auto& bootfs = system.pool->value("bootfs");
    const auto* dataset = boot::find_dataset(system.pool->datasets, bootfs);
    const auto names = boot::boot_environments(system.pool->datasets, bootfs).names;
    const auto fix = names.empty() ? std::string("set mountpoint=/ on the root dataset")
                                   : fmt::format("zpool set bootfs={} {}", names.front(), system.pool->name);
    if (bootfs == "-" || bootfs.empty())
        row.fail("bootfs is not set: the menu boots nothing by itself", fix);
    else if (dataset == nullptr)
        row.fail("bootfs is " + bootfs + ", which is not there", fix);
    else if (!boot::is_boot_environment(*dataset))
        row.fail(fmt::format("bootfs is {}, which is no boot environment: mountpoint={}", bootfs,
                             dataset->value("mountpoint")),
                 fix);
    else if (!system.environments.empty() && system.environment_of(bootfs) == nullptr)
        // Of a machine that runs, only the environment that runs is read; kbe knows those beside it.
        row.warn(fmt::format("the next boot takes {}, which was not looked at", bootfs),
                 boot::parent_of(bootfs) == boot::parent_of(system.environments.front().dataset)
                     ? "kbe check " + shell_quote(bootfs.substr(bootfs.rfind('/') + 1))
                     : "mount it, and run kldload check DIRECTORY");
    else
        row.pass(bootfs);
}

void check_menu_features(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    const auto* environment = system.environment_of(system.pool->value("bootfs"));
    if (environment == nullptr) return row.not_applicable("there is no environment to compare with");
    struct Reader {
        std::string what, version, fix;
    };
    std::vector<Reader> readers;
    if (system.esp) {
        const auto loader = read_menu_loader(*system.esp);
        if (!loader.problem.empty()) return row.not_applicable("no menu that could be read: " + loader.problem);
        readers.push_back({"the boot menu", loader.zfs_version, "install a newer menu before the pool is upgraded"});
    }
    for (const auto& kernel : environment->kernels)
        if (!kernel.initramfs.empty() && kernel.packed_zfs.facts)
            readers.push_back({"Linux " + kernel.version, kernel.packed_zfs.facts->version,
                               "build a newer ZFS for it, or remove this kernel"});
    const auto lifted = features_after_first_boot(*system.pool, *environment);
    for (const auto& reader : readers) {
        const auto known = feature_set(*environment, reader.version);
        if (!known)
            return row.unknown(
                fmt::format("no list of the features of ZFS {} is in /{}", reader.version, kFeatureSets));
        const auto outside = features_outside(*system.pool, *known);
        if (!outside.empty())
            return row.fail(
                fmt::format("{} has ZFS {}, which does not know {}", reader.what, reader.version, join(outside, ", ")),
                reader.fix);
        std::vector<std::string> later;
        std::set_difference(lifted.begin(), lifted.end(), known->begin(), known->end(), std::back_inserter(later));
        if (!later.empty())
            return row.fail(
                fmt::format("first boot would lift the pool to {}, and {} has ZFS {}, which does not know {}",
                            lift_of(*system.pool), reader.what, reader.version, join(later, ", ")),
                fmt::format("zfs inherit {} {}", kLift, system.pool->name));
    }
    if (readers.empty()) return row.not_applicable("neither a menu nor a kernel with ZFS is there");
    row.pass(fmt::format("{} and {} more know all features of the pool", readers.front().what, readers.size() - 1));
}

void check_grub(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    for (const auto& environment : system.environments) {
        const auto about = row.in(environment);
        if (!environment.tree.exists("boot/grub/grub.cfg")) {
            about.not_applicable("GRUB does not boot this environment");
            continue;
        }
        const auto text = environment.tree.read(std::string(kFeatureSets) + "/grub2");
        if (!text) {
            about.unknown("no list of the features that GRUB reads is here");
            continue;
        }
        std::vector<std::string> active;
        for (const auto& name : features_outside(*system.pool, features_of(*text)))
            if (system.pool->value("feature@" + name) == "active") active.push_back(name);
        if (active.empty())
            about.pass("GRUB can read the pool");
        else
            about.fail("GRUB cannot read a pool with " + join(active, ", "),
                       "boot through the menu, or keep /boot on a pool made with compatibility=grub2");
    }
}

void check_space(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    const auto size = parse_number(system.pool->value("size")), free = parse_number(system.pool->value("free"));
    if (!size || !free) return row.unknown("the pool does not say how much is free");
    // What the next kernel needs, twice, and what OpenZFS itself needs to stay writable.
    constexpr std::uint64_t kKernel = 256ULL << 20;
    const auto needed = std::min(std::max(*size / 20, kKernel), *size / 4);
    const auto text = fmt::format("{} of {} are free", human_bytes(*free), human_bytes(*size));
    if (*free < needed)
        row.warn(text, "destroy snapshots that nobody needs (zfs list -t snapshot -o name,used -s used)");
    else
        row.pass(text);
}

void check_export(const System& system, const Row& row) {
    if (!needs_a_pool(system, row)) return;
    const auto* environment = system.environment_of(system.pool->value("bootfs"));
    if (system.kind == Kind::running || environment == nullptr || !environment->fresh)
        return row.not_applicable("the pool is in use by its own system");
    if (!system.pool->label) return row.unknown("the pool's label was not read");
    if (system.pool->label->state == "exported") return row.pass("exported");
    row.fail(fmt::format("first boot is still to come, and the pool is {}: it was not exported after it was made",
                         system.pool->label->state),
             "import it with -N -R /mnt and export it again, or make the image again");
}

}  // namespace kld::check
