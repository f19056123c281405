// SPDX-License-Identifier: BSD-3-Clause
#include "exports/identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/file_mode.h"
#include "base/text.h"
#include "boot/hostid.h"
#include "boot/kernels.h"
#include "firstboot/apply.h"
#include "firstboot/world.h"

namespace kld::exports {
namespace {

/// Names in a directory that a new machine must not have. Logs stay: they say where the copy comes from.
struct Trace {
    const char* directory;
    const char* prefix;
    const char* suffix;
    const char* what;
};
constexpr Trace kTraces[] = {
    {"/etc/ssh", kHostKeyPrefix, "", "ssh host keys"},
    {"/etc/nvme", "hostid", "", "NVMe host names"},
    {"/etc/nvme", "hostnqn", "", "NVMe host names"},
    {"/etc/zfs", "zpool.cache", "", "list of pools"},
    {"/var/lib/NetworkManager", "", ".lease", "network leases"},
    {"/var/lib/NetworkManager", "secret_key", "", "key of NetworkManager"},
    {"/var/lib/cloud", "instance", "", "instance of cloud-init"},
    {"/var/lib/cloud", "data", "", "instance of cloud-init"},
    {"/var/lib/cloud", "sem", "", "instance of cloud-init"},
    {"/var/lib/dhclient", "", ".lease", "network leases"},
    {"/var/lib/dhclient", "", ".leases", "network leases"},
    {"/var/lib/dhcp", "", ".leases", "network leases"},
    {"/var/lib/dhcpcd", "", ".lease", "network leases"},
    {"/var/lib/dhcpcd", "", ".lease6", "network leases"},
    {"/var/lib/dhcpcd", "duid", "", "network leases"},
    {"/var/lib/dhcpcd", "secret", "", "network leases"},
    {"/var/lib/systemd", "random-seed", "", "random seed"},
};

/// True when the directory is there. One that is reached by a link may be the running system's own.
Result<bool> is_own_directory(Files& files, const std::string& place, const std::string& directory) {
    for (std::size_t at = directory.find('/', 1);; at = directory.find('/', at + 1)) {
        const auto part = directory.substr(0, at);
        const auto kind = files.kind(place + part);
        if (kind == FileKind::none) return false;
        if (kind != FileKind::directory)
            return fail(fmt::format("{} of the copy is no directory, so its identity cannot be reset", part),
                        "--keep-identity leaves everything as it is", ExitCode::refused);
        if (at == std::string::npos) return true;
    }
}

class Reset {
public:
    Reset(Runner& runner, Files& files, const std::string& place, const NewIdentity& identity)
        : runner_(runner),
          files_(files),
          place_(place),
          identity_(identity),
          first_boot_(files.exists(place + kFirstBootProgram)) {}

    Result<std::vector<std::string>> run() {
        // What lies beside the running root may be data and no system.
        if (files_.kind(place_ + "/etc") == FileKind::none) return done_;
        for (const auto& directory : identity_directories()) {
            KLD_TRY(const bool there, is_own_directory(files_, place_, directory));
            if (there) present_.insert(directory);
        }
        KLD_CHECK(traces());
        KLD_CHECK(machine_id());
        KLD_CHECK(hostid());
        KLD_CHECK(fstab());
        if (first_boot_) {
            KLD_CHECK(files_.make_directories(place_ + "/var/lib/kldload"));
            KLD_CHECK(files_.write(place_ + firstboot::kMarker, ""));
            note("first boot is still to come");
        } else if (contains(done_, "ssh host keys")) {
            // Nobody else would make them: a stock sshd does not start without.
            KLD_CHECK(runner_.run({.argv = {"ssh-keygen", "-A", "-f", place_}}));
            note("new ssh host keys");
        }
        return done_;
    }

private:
    void note(const std::string& what) {
        if (!contains(done_, what)) done_.push_back(what);
    }

    Status traces() {
        for (const auto& trace : kTraces) {
            if (!present_.contains(trace.directory)) continue;
            const auto directory = place_ + trace.directory;
            KLD_TRY(const auto names, files_.list(directory));
            for (const auto& name : names) {
                if (!name.starts_with(trace.prefix) || !name.ends_with(trace.suffix)) continue;
                KLD_CHECK(files_.remove(directory + "/" + name));
                note(trace.what);
            }
        }
        return {};
    }

    Status machine_id() {
        // Empty, not "uninitialized": systemd then makes an id without treating the whole system as unconfigured.
        KLD_CHECK(files_.write(place_ + "/etc/machine-id", "", 0444));
        note("machine-id");
        // Where D-Bus has a copy of it instead of a link.
        const std::string copy = "/var/lib/dbus/machine-id";
        if (present_.contains("/var/lib/dbus") && files_.kind(place_ + copy) == FileKind::regular)
            return files_.remove(place_ + copy);
        return {};
    }

    Status hostid() {
        const auto hostid = first_boot_ ? boot::kBuildHostid : identity_.hostid;
        KLD_CHECK(files_.write(place_ + "/etc/hostid", boot::hostid_file(hostid)));
        note("hostid");
        if (!present_.contains("/boot")) return {};
        KLD_TRY(auto names, files_.list(place_ + "/boot"));
        std::set<std::string> images;
        for (const auto& pair : boot::kernel_pairs(names)) images.insert(pair.initramfs);
        for (const auto& image : images) {
            const auto path = place_ + image;
            if (files_.kind(path) != FileKind::regular) continue;
            KLD_TRY(auto bytes, files_.read(path));
            KLD_TRY(const auto own, firstboot::with_hostid(std::move(bytes), hostid));
            KLD_CHECK(files_.write(path, own, mode_of(path, 0600)));  // it may have a key in it
        }
        return {};
    }

    Status fstab() {
        const auto path = place_ + "/etc/fstab";
        if (files_.kind(path) != FileKind::regular) return {};
        KLD_TRY(const auto text, files_.read(path));
        const auto changed = with_new_esp(text, identity_.esp_place, identity_.esp_partuuid);
        return changed == text ? Status{} : files_.write(path, changed, mode_of(path, 0644));
    }

    Runner& runner_;
    Files& files_;
    const std::string& place_;
    const NewIdentity& identity_;
    bool first_boot_;
    std::set<std::string> present_{};
    std::vector<std::string> done_{};
};

bool is_comment(const std::string& line) {
    const auto text = trim(line);
    return text.empty() || text.front() == '#';
}

}  // namespace

const std::vector<std::string>& identity_directories() {
    static const std::vector<std::string> all = [] {
        std::set<std::string> names{"/boot", "/etc", "/var/lib", "/var/lib/dbus", "/var/lib/kldload"};
        for (const auto& trace : kTraces) names.insert(trace.directory);
        return std::vector<std::string>(names.begin(), names.end());
    }();
    return all;
}

Result<std::vector<std::string>> reset_identity(Runner& runner, Files& files, const std::string& place,
                                                const NewIdentity& identity) {
    return Reset(runner, files, place, identity).run();
}

std::string with_new_esp(const std::string& fstab, const std::string& esp_place, const std::string& partuuid) {
    std::string text;
    for (const auto& line : lines(fstab)) {
        const auto fields = words(line);
        if (is_comment(line) || fields.size() < 2 || fields[1] != esp_place) {
            text += line + '\n';
            continue;
        }
        const auto at = line.find(fields[0]);
        text += line.substr(0, at) + "PARTUUID=" + lower_case(partuuid) + line.substr(at + fields[0].size()) + '\n';
    }
    return text;
}

std::vector<std::string> foreign_mounts(const std::string& fstab, const std::string& esp_place) {
    std::vector<std::string> places;
    for (const auto& line : lines(fstab)) {
        const auto fields = words(line);
        if (is_comment(line) || fields.size() < 4 || fields[1] == esp_place || fields[2] == "zfs") continue;
        const bool of_a_disk = fields[0].starts_with("/dev/") || fields[0].find("UUID=") != std::string::npos ||
                               fields[0].find("LABEL=") != std::string::npos;
        const auto options = split(fields[3], ',');
        if (of_a_disk && !contains(options, "nofail") && !contains(options, "noauto"))
            places.push_back(fields[1] == "none" ? fields[0] : fields[1]);
    }
    return places;
}

}  // namespace kld::exports
