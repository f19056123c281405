// SPDX-License-Identifier: BSD-3-Clause
// One fault at a time: exactly its row must fire, and say what is wrong.
#include <gtest/gtest.h>

#include "faults.h"
#include "samples/efi.h"

namespace kld::check {

using test::cache_file;
using test::fired;
using test::kKernel;
using test::kTreeModules;
using test::Model;
using test::only_zfsbootmenu;

/// One test for all: each would make a signing key of its own.
TEST(Catalogue, OfEachFaultOnlyItsRowFires) {
    for (const auto& fault : test::faults()) {
        SCOPED_TRACE(fault.id + " " + fault.name);
        Model model(fault.generator);
        fault.inject(model);
        const auto report = check_system(model.read());
        EXPECT_EQ(fired(report), std::set<std::string>{fault.id}) << to_text(report, false);
        bool said = false;
        for (const auto& finding : report.findings) {
            if (!finding.fires()) continue;
            said = said || finding.evidence.find(fault.evidence) != std::string::npos;
            EXPECT_FALSE(finding.fix.empty()) << finding.id << " says no way out";
        }
        EXPECT_TRUE(said) << to_text(report, false);
    }
}

TEST(Catalogue, NoFixErasesTheBootFilesUnsaid) {
    Model model;
    model.esp_type = "ext4";
    for (const auto& finding : check_system(model.read()).findings) {
        if (finding.id != "B22") continue;
        EXPECT_EQ(finding.fix.find("mkfs"), std::string::npos) << finding.fix;
        EXPECT_NE(finding.fix.find("erases its boot files"), std::string::npos) << finding.fix;
    }
}

TEST(Catalogue, AHealthySystemHasNoFindings) {
    for (const auto generator : {Generator::initramfs_tools, Generator::dracut}) {
        Model model(generator);
        const auto report = check_system(model.read());
        EXPECT_TRUE(fired(report).empty()) << to_text(report, false);
        EXPECT_EQ(report.exit_code(), ExitCode::done);
    }
}

TEST(Catalogue, AMachineThatZfsBootMenuStartsHasNoFindings) {
    Model model;
    only_zfsbootmenu(model);
    const auto report = check_system(model.read());
    EXPECT_TRUE(fired(report).empty()) << to_text(report, false);
    EXPECT_NE(to_text(report, true).find("there is no shim"), std::string::npos);
}

TEST(Catalogue, AMachineThatGrubStartsHasNoFindings) {
    for (const auto* configuration : {"../esp/EFI/debian/grub.cfg", "boot/grub/grub.cfg"}) {
        Model model;
        model.pool.properties["feature@zstd_compress"] = "disabled";
        model.write("../esp/EFI/BOOT/grubx64.efi", boot::test::make_efi_program({{".text", "grub"}}));
        model.write(configuration, "configfile x\n");
        EXPECT_TRUE(fired(check_system(model.read())).empty()) << to_text(check_system(model.read()), false);
    }
}

TEST(Catalogue, AnotherLoaderThanShimKnowsWhatItStarts) {
    Model model;
    model.remove("../esp/EFI/BOOT/grubx64.efi");
    model.remove("../esp/EFI/BOOT/mmx64.efi");
    model.write("../esp/EFI/BOOT/BOOTX64.EFI", boot::test::make_efi_program({{".text", "systemd-boot"}}));
    EXPECT_FALSE(fired(check_system(model.read())).contains("B23"));
}

TEST(Catalogue, HasAllRowsOnceAndEachSaysSomething) {
    std::set<std::string> ids;
    for (const auto& entry : catalogue()) EXPECT_TRUE(ids.insert(entry.id).second) << entry.id;
    EXPECT_EQ(ids.size(), 38U);
    Model model;
    const auto report = check_system(model.read());
    std::set<std::string> said;
    for (const auto& finding : report.findings) said.insert(finding.id);
    EXPECT_EQ(said, ids);
}

TEST(Catalogue, EveryRowThatCanFireHasAFault) {
    std::set<std::string> injected;
    for (const auto& fault : test::faults()) injected.insert(fault.id);
    for (const auto& entry : catalogue()) {
        // mkinitcpio has tests of its own below; the guard of tools never fires.
        if (std::string(entry.id) == "B20" || std::string(entry.id) == "B30") continue;
        EXPECT_TRUE(injected.contains(entry.id)) << entry.id;
    }
}

TEST(Catalogue, ADirectoryIsCheckedAsFarAsItGoes) {
    Model model;
    (void)model.read();
    model.kind = Kind::directory;
    EXPECT_TRUE(fired(check_system(model.read())).empty()) << to_text(check_system(model.read()), false);
    model.remove(kTreeModules + "zfs.ko");
    EXPECT_EQ(fired(check_system(model.read())), std::set<std::string>{"B03"});
}

TEST(Catalogue, AKernelThatIsNotTheDefaultOnlyWarns) {
    Model model;
    model.add_kernel("6.12.90+deb13-amd64");
    model.packed.erase("usr/lib/modules/6.12.90+deb13-amd64/zfs.ko");
    const auto report = check_system(model.read());
    EXPECT_EQ(fired(report), std::set<std::string>{"B02"});
    EXPECT_EQ(report.count(Status::fail), 0U) << to_text(report, false);
    EXPECT_EQ(report.count(Status::warn), 1U);
}

TEST(Catalogue, MkinitcpiosHooksAreLookedAt) {
    for (const auto& [hooks, problem] :
         std::vector<std::pair<std::string, std::string>>{{"base udev block zfs filesystems", ""},
                                                          {"base udev block filesystems", "no zfs"},
                                                          {"base udev filesystems zfs", "after filesystems"},
                                                          {"base systemd zfs filesystems", "systemd"}}) {
        Model model;
        model.remove("usr/sbin/update-initramfs");
        model.write("usr/bin/mkinitcpio", "");
        model.write("etc/mkinitcpio.conf", "# x\nHOOKS=(" + hooks + ")\n");
        for (const auto& finding : check_system(model.read()).findings) {
            if (finding.id != "B20") continue;
            EXPECT_EQ(finding.status, problem.empty() ? Status::pass : Status::fail) << hooks;
            EXPECT_NE(finding.evidence.find(problem), std::string::npos) << finding.evidence;
        }
    }
}

TEST(Catalogue, APassphraseOfTheDatasetAboveIsFine) {
    Model model;
    model.set("rpool/ROOT", "keyformat", "passphrase");
    model.set("rpool/ROOT", "keylocation", "prompt");
    model.set("rpool/ROOT/default", "encryption", "aes-256-gcm");
    model.set("rpool/ROOT/default", "encryptionroot", "rpool/ROOT");
    model.set("rpool/ROOT/default", "keyformat", "raw");  // shown for a dataset that has no key of its own
    model.set("rpool/ROOT/default", "keylocation", "prompt");
    EXPECT_TRUE(fired(check_system(model.read())).empty()) << to_text(check_system(model.read()), false);
}

TEST(Catalogue, ACacheFileOfThisPoolIsFine) {
    Model model;
    model.write("etc/zfs/zpool.cache", cache_file("rpool", 77));
    model.write("etc/systemd/system/zfs-import.target.wants/zfs-import-cache.service", "");
    EXPECT_TRUE(fired(check_system(model.read())).empty());
}

// Who adds a pool to a machine has it in the cache file: ZFS does so by itself.
TEST(Catalogue, OtherPoolsInTheCacheFileOfARunningSystemAreFine) {
    Model model;
    model.write("etc/zfs/zpool.cache", cache_file("tank", 78));
    model.write("etc/systemd/system/zfs-import.target.wants/zfs-import-cache.service", "");
    EXPECT_EQ(fired(check_system(model.read())), std::set<std::string>{"B09"}) << "an image goes to other machines";
    model.kind = Kind::running;
    EXPECT_FALSE(fired(check_system(model.read())).contains("B09"));
    model.write("etc/zfs/zpool.cache", cache_file("rpool", 78));
    EXPECT_TRUE(fired(check_system(model.read())).contains("B09")) << "another pool of our name";
}

TEST(Catalogue, ADiskWithoutAnEspCannotBeJudged) {
    Model model;
    auto system = model.read();
    system.esp.reset();
    system.unread = "no partition has the type of one";
    const auto report = check_system(system);
    EXPECT_EQ(fired(report), (std::set<std::string>{"B22", "B23"}));
    EXPECT_EQ(report.exit_code(), ExitCode::unknown);
}

}  // namespace kld::check
