// SPDX-License-Identifier: BSD-3-Clause
#include "exports/plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "exports/environments.h"
#include "exports/guards.h"
#include "exports/identity.h"
#include "zfs/names.h"

namespace kld::exports {
namespace {

using image::kMiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
/// How a dataset was made comes with its stream, and a key with nothing but a raw one. Space that was reserved in a
/// large pool may not be there in a small one.
const std::vector<std::string> kNotGiven{"casesensitivity", "encryption",   "keyformat",      "keylocation",
                                         "normalization",   "pbkdf2iters",  "refreservation", "reservation",
                                         "utf8only",        "volblocksize", "volsize",        "version"};

std::uint64_t round_up(std::uint64_t number, std::uint64_t to) {
    return (number + to - 1) / to * to;
}

class Planner {
public:
    Planner(const World& world, const Wish& wish) : world_(world), wish_(wish) { plan_.wish = wish; }

    Result<Plan> run() {
        KLD_CHECK(check_system(world_, wish_));
        const auto exported = chosen();
        KLD_CHECK(check_encryption(world_, wish_, exported));
        if (!wish_.keep_identity) KLD_CHECK(check_identities(world_, exported));
        plan_.pool = world_.pool;
        plan_.temporary = zfs::stamped("kexport", world_.now, [](const auto&) { return false; });
        plan_.snapshot = world_.pool + "@" + plan_.temporary;
        plan_.free = world_.free;
        for (const auto* dataset : exported) KLD_CHECK(transfer(*dataset));
        if (!wish_.keep_identity) KLD_CHECK(expect_no_identity_unread());
        KLD_CHECK(lay_out());
        create_pool();
        finish();
        KLD_CHECK(expect_room());
        warn();
        return std::move(plan_);
    }

private:
    std::string target(const std::string& dataset) const {
        return plan_.temporary + dataset.substr(world_.pool.size());
    }

    /// All of the pool, without environments of others and what lies below them.
    std::vector<const boot::Dataset*> chosen() const {
        std::vector<std::string> others;
        std::vector<const boot::Dataset*> found;
        for (const auto& dataset : world_.datasets) {
            if (!wish_.all_environments && is_other_environment(world_, dataset)) others.push_back(dataset.name);
            const bool left_out = std::any_of(others.begin(), others.end(), [&](const auto& other) {
                return zfs::lies_in(dataset.name, other) && !zfs::lies_in(world_.running, dataset.name);
            });
            if (!left_out) found.push_back(&dataset);
        }
        return found;
    }

    Status transfer(const boot::Dataset& dataset) {
        KLD_CHECK(zfs::check_length(target(dataset.name) + "@" + plan_.temporary));
        const bool is_raw = wish_.raw && is_encrypted(dataset);
        plan_.encrypted = plan_.encrypted || is_raw;
        if (is_environment(world_, dataset) && !wish_.keep_identity && !is_raw)
            plan_.environments.push_back({target(dataset.name), {{"mountpoint", {dataset.value("mountpoint"), {}}}}});
        const auto from = dataset.name + "@" + plan_.temporary;
        if (goes_along(dataset)) return {};
        if (is_raw) {
            // Who has no key can keep children under their root's key only by one stream of all that it covers.
            if (dataset.value("encryptionroot") != dataset.name) return {};
            whole_.push_back(dataset.name);
            plan_.warnings.push_back(fmt::format(
                "{} stays encrypted and goes along as a whole: with its snapshots and all below it", dataset.name));
            return add({dataset.name,
                        {"zfs", "send", "-P", "-v", "-w", "-R", from},
                        {"zfs", "receive", "-u", target(dataset.name)},
                        zfs_number(dataset, "used")});
        }
        // Never -e: streams with embedded spill blocks were seen to lose them.
        Transfer made{dataset.name,
                      {"zfs", "send", "-P", "-v", "-L", "-c", from},
                      {"zfs", "receive", "-u"},
                      zfs_number(dataset, "referenced")};
        if (dataset.name == world_.pool) made.receive.emplace_back("-F");
        // By name and not with the stream: that one of an encrypted dataset may not carry any.
        if (const auto own = world_.own.find(dataset.name); own != world_.own.end())
            for (const auto& [name, value] : own->second)
                if (!contains(kNotGiven, name)) made.receive.insert(made.receive.end(), {"-o", name + "=" + value});
        made.receive.push_back(target(dataset.name));
        return add(std::move(made));
    }

    /// True for what lies below something that goes along as a whole, with a key of its own or without one.
    bool goes_along(const boot::Dataset& dataset) const {
        return std::any_of(whole_.begin(), whole_.end(),
                           [&](const auto& above) { return zfs::lies_in(dataset.name, above); });
    }

    Status add(Transfer made) {
        plan_.exported += made.bytes;
        plan_.transfers.push_back(std::move(made));
        return {};
    }

    /// The stream of something that goes along as a whole has environments in it that were not chosen, too.
    Status expect_no_identity_unread() const {
        for (const auto& dataset : world_.datasets)
            if (is_other_environment(world_, dataset) && goes_along(dataset))
                return fail(fmt::format("nobody can write into {}, which stays encrypted or is in the stream of "
                                        "something that does, so its identity cannot be reset",
                                        dataset.name),
                            "--keep-identity, when the copy is to take this machine's place; or --plain",
                            ExitCode::refused);
        return {};
    }

    static std::uint64_t zfs_number(const boot::Dataset& dataset, const std::string& property) {
        return parse_number(dataset.value(property)).value_or(0);
    }

    Status lay_out() {
        // Never smaller than in any other image: FAT32 needs 65525 clusters, and mtools reads none with fewer.
        const auto esp = std::max(image::kEspBytes, round_up(world_.esp.size, kMiB));
        const auto edges = esp + 2 * kMiB;
        // ZFS keeps a 32nd of a pool for itself, and metadata has a place in several metaslabs.
        const auto smallest = std::max(edges + kGiB, edges + plan_.exported + plan_.exported / 8 + 384 * kMiB);
        auto size = wish_.size;
        if (size == 0) size = round_up(smallest + plan_.exported / 8 + kGiB / 2, kGiB);
        if (size < smallest)
            return fail(fmt::format("a disk of {} is too small for {}", human_bytes(size), human_bytes(plan_.exported)),
                        fmt::format("--size {}M is enough", round_up(smallest, kMiB) / kMiB), ExitCode::usage);
        KLD_TRY(plan_.disk, image::plan_disk(size, esp));
        return {};
    }

    void create_pool() {
        // -d: not one feature more than here, or the loader of this system could not read its copy.
        auto& argv = plan_.create;
        // The cache file comes before -t and -R, which set it, too, and would find it said twice.
        argv = {"zpool", "create", "-d", "-o", "cachefile=none", "-t", plan_.temporary, "-R", work_of(wish_) + "/root"};
        constexpr unsigned kUsualAshift = 12;
        const auto option = [&](const std::string& text) { argv.insert(argv.end(), {"-o", text}); };
        option(fmt::format("ashift={}", world_.ashift == 0 ? kUsualAshift : world_.ashift));
        if (!world_.compatibility.empty()) option("compatibility=" + world_.compatibility);
        for (const auto& [name, value] : world_.pool_own)
            if (name.find(':') == std::string::npos) option(name + "=" + value);
        for (const auto& feature : world_.features) option(fmt::format("feature@{}=enabled", feature));
        argv.insert(argv.end(), {"-O", "mountpoint=none", "-O", "canmount=off", world_.pool});
    }

    void finish() {
        auto& steps = plan_.finish;
        // What the pool was made with and its original does not say itself. canmount last: nothing gets mounted so.
        const auto own = world_.own.find(world_.pool);
        for (const std::string property : {"mountpoint", "canmount"}) {
            const auto says = [&](const auto& one) { return one.first == property; };
            if (own == world_.own.end() || std::none_of(own->second.begin(), own->second.end(), says))
                steps.push_back({"zfs", "inherit", property, plan_.temporary});
        }
        steps.push_back({"zpool", "set", "bootfs=" + target(world_.running), plan_.temporary});
        for (const auto& [name, value] : world_.pool_own)
            if (name.find(':') != std::string::npos)
                steps.push_back({"zpool", "set", name + "=" + value, plan_.temporary});
        steps.push_back({"zfs", "destroy", "-r", plan_.temporary + "@" + plan_.temporary});
    }

    Status expect_room() {
        const auto disk = plan_.exported + plan_.exported / 16 + world_.esp.size + 64 * kMiB;
        // The raw disk, and beside it what is made of it: an appliance needs its disk and the archive around it.
        const auto times = wish_.format == image::Format::raw ? 1U : wish_.format == image::Format::ova ? 3U : 2U;
        plan_.peak = times * disk;
        if (plan_.peak <= plan_.free) return {};
        return fail(fmt::format("{} has {} free, and up to {} are needed", directory_of(wish_.output),
                                human_bytes(plan_.free), human_bytes(plan_.peak)),
                    "choose another place with -o", ExitCode::refused);
    }

    /// A readable image with the key of the original in it, and perhaps in its initramfs, too.
    void warn_of_keys() {
        constexpr std::string_view kFile = "file://";
        for (const auto& [dataset, properties] : world_.own)
            for (const auto& [name, value] : properties)
                if (name == "keylocation" && value.starts_with(kFile))
                    plan_.warnings.push_back(
                        fmt::format("{} is the key of {} here, and comes along where it lies in what is exported: take "
                                    "it out of the copy and of its initramfs",
                                    value.substr(kFile.size()), dataset));
    }

    void warn() {
        auto& warnings = plan_.warnings;
        if (wish_.plain) {
            std::vector<std::string> encrypted;
            for (const auto& transfer : plan_.transfers)
                if (is_encrypted(*boot::find_dataset(world_.datasets, transfer.dataset)))
                    encrypted.push_back(transfer.dataset);
            if (!encrypted.empty())
                warnings.push_back("the image is not encrypted: whoever has it can read " + join(encrypted, ", "));
            warn_of_keys();
        }
        if (boot::pool_of(world_.output_mount) == world_.pool)
            warnings.push_back(fmt::format("the result lies in the pool that is exported ({}): another disk is faster",
                                           world_.output_mount));
        for (const auto& [dataset, properties] : world_.own)
            for (const auto& [name, value] : properties)
                if ((name == "reservation" || name == "refreservation") && value != "0" && value != "none")
                    warnings.push_back(fmt::format("{} of {} is not taken along", name, dataset));
        if (!wish_.keep_identity)
            for (const auto& directory : world_.dropbear)
                warnings.push_back(
                    fmt::format("the host keys of {} come along: make new ones in the copy, and its "
                                "initramfs anew where they are in that, too",
                                directory));
        for (const auto& place : foreign_mounts(world_.fstab, world_.esp.place))
            warnings.push_back(fmt::format(
                "/etc/fstab wants {}, which is on no disk of the image: its boot would wait for it", place));
    }

    const World& world_;
    const Wish& wish_;
    Plan plan_{};
    std::vector<std::string> whole_{};  ///< datasets that go along with all below them
};

}  // namespace

Result<Plan> plan(const World& world, const Wish& wish) {
    return Planner(world, wish).run();
}

}  // namespace kld::exports
