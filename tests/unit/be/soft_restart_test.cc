// SPDX-License-Identifier: BSD-3-Clause
// Userland alone restarts only where all below it stays the same.
#include "be/soft_restart.h"

#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::be {
namespace {

const std::string kPlace = "/run/kldload-soft-restart.1";

/// Answers by the command's beginning; one that is not known fails.
class Machine final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        const auto line = shell_line(command.argv);
        ran.push_back(line);
        for (const auto& [beginning, answer] : answers)
            if (line.starts_with(beginning)) return Output{0, answer, {}};
        return fail("it was told to fail: " + line);
    }
    std::map<std::string, std::string> answers{
        {"systemctl --version", "systemd 257 (257.8-1~deb13u1)\n+PAM +AUDIT\n"},
        {"mktemp", kPlace + "\n"},
        {"mount -t zfs", ""},
        {"umount", ""},
        {"rmdir", ""},
        {"modinfo -b " + kPlace + " -k 6.12.1-amd64 -F srcversion zfs", "ABC\n"},
        {"zfs version", "zfs-2.3.2-2\nzfs-kmod-2.3.2-2\n"},
        {"systemctl soft-reboot", ""},
    };
    std::vector<std::string> ran;
};

class SoftRestart : public testing::Test {
protected:
    void SetUp() override {
        put("/proc/sys/kernel/osrelease", "6.12.1-amd64\n");
        put("/sys/module/zfs/srcversion", "ABC\n");
        for (const auto* release : {"6.11.9-amd64", "6.12.1-amd64"}) {
            put(kPlace + "/boot/vmlinuz-" + release, "x");
            put(kPlace + "/boot/initrd.img-" + release, "x");
        }
        for (const auto& root : {std::string(), kPlace}) {
            put(root + "/usr/sbin/zfs", "a program");
            put(root + "/usr/sbin/zdb", "what nobody looks at " + root);
            put(root + "/usr/lib64/libzfs.so.6.0.0", "a library");
        }
    }
    void put(const std::string& path, const std::string& bytes) { files.entries[path] = {bytes, 0644}; }
    std::string against() {
        const auto why =
            against_soft_restart(machine, files, {"rpool/ROOT/back", {{"org.zfsbootmenu:kernel", {pin, {}}}}});
        const bool mounted = contains(machine.ran, "mount -t zfs -o zfsutil,ro rpool/ROOT/back " + kPlace);
        EXPECT_EQ(mounted, contains(machine.ran, "umount " + kPlace));
        return why;
    }
    Machine machine;
    test::FakeFiles files;
    std::string pin = "-";
};

TEST_F(SoftRestart, WhereKernelModuleAndProgramsAreThoseThatRun) {
    EXPECT_EQ(against(), "");
}

TEST_F(SoftRestart, NotWithoutSystemdThatCan) {
    machine.answers["systemctl --version"] = "systemd 252 (252.39-1~deb12u1)\n";
    EXPECT_EQ(against(), "systemd 252 has no soft reboot");
    machine.answers["systemctl --version"] = "OpenRC\n";
    EXPECT_EQ(against(), "systemctl does not say its version");
    machine.answers.erase("systemctl --version");
    EXPECT_NE(against(), "");
}

TEST_F(SoftRestart, NotIntoAnotherKernel) {
    pin = "6\\.11";
    EXPECT_EQ(against(), "its kernel is 6.11.9-amd64, and 6.12.1-amd64 runs");
    pin = "-";
    put(kPlace + "/boot/vmlinuz-6.12.2-amd64", "x");
    put(kPlace + "/boot/initrd.img-6.12.2-amd64", "x");
    EXPECT_EQ(against(), "its kernel is 6.12.2-amd64, and 6.12.1-amd64 runs");
    std::erase_if(files.entries, [](const auto& entry) { return entry.first.starts_with(kPlace); });
    put(kPlace + "/boot/System.map", "x");
    EXPECT_EQ(against(), "it has no kernel");
}

TEST_F(SoftRestart, NotIntoAnotherModuleOrOtherPrograms) {
    const auto module = "modinfo -b " + kPlace + " -k 6.12.1-amd64 -F srcversion zfs";
    machine.answers[module] = "DEF\n";
    EXPECT_EQ(against(), "its ZFS module is another one than the one that is loaded");
    machine.answers.erase(module);
    EXPECT_NE(against(), "") << "and not when it cannot be told";
    machine.answers[module] = "ABC\n";
    for (const std::string said : {"zfs-2.3.2-2\nzfs-kmod-2.3.1-1\n", "zfs-2.3.2-2\n", ""}) {
        machine.answers["zfs version"] = said;
        EXPECT_EQ(against(), "zfs(8) is not of the version of the module that is loaded");
    }
    machine.answers["zfs version"] = "zfs-2.3.2-2\nzfs-kmod-2.3.2-2\n";
    EXPECT_EQ(against(), "");
    const auto why = "its zfs(8) and libraries are others than those that run";
    put(kPlace + "/usr/lib64/libzfs.so.6.0.0", "another one");
    EXPECT_EQ(against(), why);
    files.entries.erase(kPlace + "/usr/lib64/libzfs.so.6.0.0");
    EXPECT_EQ(against(), why);
    files.entries.erase("/usr/lib64/libzfs.so.6.0.0");
    EXPECT_EQ(against(), "");
    for (const auto& root : {std::string(), kPlace}) files.entries.erase(root + "/usr/sbin/zfs");
    EXPECT_EQ(against(), why) << "nothing is known";
}

TEST_F(SoftRestart, NotOverTheNextRootOfSomebodyElse) {
    put("/run/nextroot/etc", "x");
    EXPECT_EQ(against(), "/run/nextroot is taken already");
    EXPECT_TRUE(machine.ran.empty());
}

TEST_F(SoftRestart, MountsTheNextRootAndTakesItBackWhenNothingRestarts) {
    EXPECT_TRUE(soft_restart(machine, files, {"rpool/ROOT/back", {}}));
    EXPECT_EQ(machine.ran, (std::vector<std::string>{"mount -t zfs -o zfsutil rpool/ROOT/back /run/nextroot",
                                                     "systemctl soft-reboot"}));
    machine.ran.clear();
    machine.answers.erase("systemctl soft-reboot");
    EXPECT_FALSE(soft_restart(machine, files, {"rpool/ROOT/back", {}}));
    EXPECT_EQ(machine.ran.back(), "umount /run/nextroot");
}

}  // namespace
}  // namespace kld::be
