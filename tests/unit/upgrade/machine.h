// SPDX-License-Identifier: BSD-3-Clause
// A machine that is upgraded in memory: every command in its order, with what changes from run to run taken out.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "base/text.h"
#include "boot/trial.h"
#include "samples/efi.h"
#include "support/fakes.h"
#include "upgrade/prepare.h"

namespace kld::upgrade::test {

using kld::test::CaptureEvents;
using kld::test::FakeFiles;
using Lines = std::vector<std::string>;

inline std::string without_time(const std::string& text) {
    return std::regex_replace(text, std::regex("[0-9]{8}-[0-9]{6}"), "TIME");
}

/// Answers every command; one that `fails` names by its beginning fails.
class Machine final : public Runner {
public:
    std::map<std::string, std::string> answers;  ///< by the command's beginning
    std::set<std::string> fails;
    std::function<void(const std::string& line)> on_run;
    Lines ran;  ///< commands that ask are left out

    Result<Output> run(const Command& command) override {
        const auto line = without_time(shell_line(command.argv));
        if (!asks(command.argv)) ran.push_back(line);
        if (on_run) on_run(line);
        for (const auto& bad : fails)
            if (line.starts_with(bad)) return fail(command_error(command, "exit 1", "it was told to fail"));
        for (const auto& [beginning, answer] : answers)
            if (line.starts_with(beginning)) return Output{0, answer, {}};
        return Output{};
    }

private:
    static bool asks(const Lines& argv) {
        return (argv[0] == "zfs" || argv[0] == "zpool") && (argv[1] == "get" || argv[1] == "list");
    }
};

class Upgrades : public testing::Test {
protected:
    void SetUp() override {
        files.entries["/proc/self/mountinfo"] = {
            "25 1 0:23 / / rw shared:1 - zfs rpool/ROOT/default rw\n"
            "26 25 0:5 / /dev rw - devtmpfs udev rw\n"
            "27 25 0:24 / /run rw - tmpfs tmpfs rw\n"
            "40 25 0:35 / /var/log rw shared:23 - zfs rpool/var/log rw\n"
            "41 25 0:36 / /var/cache rw shared:24 - zfs rpool/var/cache rw\n"
            "42 25 0:37 / /srv rw shared:25 - zfs rpool/srv rw\n"
            "43 42 0:38 / /srv/packages rw shared:26 - ext4 /dev/vdb rw\n"
            "44 25 0:39 / /boot/efi rw shared:27 - vfat /dev/vda1 rw\n"
            "45 27 0:40 / /run/kldload/be/old rw - zfs rpool/ROOT/old rw\n"};
        files.entries["/etc/os-release"] = {"ID=debian\n"};
        files.entries["/usr/bin/apt-get"] = {"program"};
        files.entries["/var/lib/dpkg/status"] = {"database"};
        machine.answers = {
            {"readlink", "/var/lib/dpkg\n"},
            {"zpool get -H -o value bootfs,altroot", "rpool/ROOT/default\n-\n"},
            {"zfs get -Hp -r -t filesystem",
             "rpool/ROOT\tmountpoint\tnone\tlocal\nrpool/ROOT/default\tmountpoint\t/\tlocal\n"
             "rpool/ROOT/default\tcanmount\tnoauto\tlocal\n"},
            {"zfs get -Hp -o value available", "5368709120\n"},
            {"dpkg-query", "openssl\t3.5.0-1\tii \nzfs-modules-6.12.117+deb13-amd64\t2.3.9\tii \n"},
            {"apt-get -s", recorded("apt-kernel-with-modules.txt")},
            {"mktemp --directory /run/kldload-upgrade", "/run/kldload-upgrade.1\n"},
            {"mktemp --directory /run/kldload-trial", "/run/kldload-trial.1\n"},
        };
    }
    static std::string recorded(const std::string& name) {
        return RealFiles().read(std::string(KLD_TEST_DATA) + "/upgrade/" + name).value();
    }
    /// The terminal and the checks write into the same list of commands.
    Host host() {
        return {machine,
                files,
                events,
                [this](const Foreground& command) -> Result<int> {
                    machine.ran.push_back("terminal: " + without_time(shell_line(command.argv)));
                    last = command;
                    if (during) during();
                    return exit_code;
                },
                [this]() -> Status {
                    machine.ran.emplace_back("own mounts");
                    return {};
                },
                [this](const be::World&, const std::string& root) -> Result<Proof> {
                    machine.ran.push_back("prove running " + root);
                    return proof;
                },
                [this](const be::World&, const std::string& dataset) -> Result<Proof> {
                    machine.ran.push_back("prove " + without_time(dataset));
                    if (on_prove) on_prove();
                    return proof;
                }};
    }
    void menu_counts_tries() {
        files.entries["/boot/efi/EFI/BOOT/grubx64.efi"] = {
            boot::test::make_efi_program({{".osrel", "ID=kldload\nKLDLOAD_TRIALS=1\n"}})};
        machine.answers["zpool get -Hp -o value guid"] = "77\n";
    }
    /// Whether `place` has the unit that keeps what is on trial.
    void keeping_unit(const std::string& place, bool enabled = true) {
        const auto link = place + "/etc/systemd/system/multi-user.target.wants/kldload-trial.service";
        if (enabled)
            files.entries[link] = {""};
        else
            files.entries.erase(link);
    }
    std::optional<boot::Trial> trial() { return boot::read_trial(files, "/boot/efi"); }
    void upgrade_changes_packages(const std::string& ask = "dpkg-query") {
        during = [this, ask] { machine.answers[ask] = "openssl\t3.5.9-1~deb13u1\tii \n"; };
    }

    Machine machine;
    FakeFiles files;
    CaptureEvents events;
    std::function<void()> during, on_prove;
    Foreground last;
    int exit_code = 0;
    Result<Proof> proof = Proof{{}, {}, "6.12.118+deb13-amd64"};
};

}  // namespace kld::upgrade::test
