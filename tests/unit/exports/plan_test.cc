// SPDX-License-Identifier: BSD-3-Clause
#include "exports/plan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "machine.h"
#include "support/fakes.h"

namespace kld::exports::test {
namespace {

using kld::test::expect_golden;

void expect_refused(const World& world, const Wish& asked, const std::string& part, ExitCode code = ExitCode::refused) {
    const auto made = plan(world, asked);
    ASSERT_FALSE(made.has_value()) << "nobody refused: " << part;
    EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
    EXPECT_EQ(made.error().code, code);
    EXPECT_FALSE(made.error().hint.empty());
}

std::vector<std::string> exported(const Plan& made) {
    std::vector<std::string> names;
    for (const auto& transfer : made.transfers) names.push_back(transfer.dataset);
    return names;
}

std::vector<std::string> environments(const Plan& made) {
    std::vector<std::string> names;
    for (const auto& environment : made.environments) names.push_back(environment.name);
    return names;
}

bool warns(const Plan& made, const std::string& part) {
    for (const auto& warning : made.warnings)
        if (warning.find(part) != std::string::npos) return true;
    return false;
}

TEST(ExportPlan, IsShownStepByStep) {
    const auto made = plan(machine(), wish());
    ASSERT_TRUE(made.has_value()) << render(made.error());
    expect_golden("exports/qcow2.plan.txt", to_text(machine(), *made));
}

TEST(ExportPlan, IsJsonForPrograms) {
    const auto made = plan(machine(), wish());
    ASSERT_TRUE(made.has_value());
    expect_golden("exports/qcow2.plan.json", to_json(machine(), *made));
}

TEST(ExportPlan, OtherEnvironmentsStayUnlessTheyAreWanted) {
    const auto made = plan(machine(), wish());
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(exported(*made), (std::vector<std::string>{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/home",
                                                         "rpool/var", "rpool/var/log"}));
    EXPECT_EQ(environments(*made), (std::vector<std::string>{std::string(kTemporary) + "/ROOT/default"}));
    auto all = wish();
    all.all_environments = true;
    const auto with_all = plan(machine(), all);
    ASSERT_TRUE(with_all.has_value());
    EXPECT_EQ(exported(*with_all).size(), machine().datasets.size());
    EXPECT_EQ(with_all->environments.size(), 2U);
    EXPECT_EQ(with_all->exported, made->exported + 950 * kMiB);
}

/// A machine with something beside its root that no menu shows.
World with_hidden(const std::string& mountpoint, const std::string& canmount, const std::string& active) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/ROOT/hidden", mountpoint, canmount, kMiB));
    world.datasets.back().properties["org.zfsbootmenu:active"] = {active, "local"};
    world.datasets.push_back(dataset("rpool/ROOT/hidden/below", "/below", "on", kMiB));
    return world;
}

const std::string kHidden = std::string(kTemporary) + "/ROOT/hidden";

TEST(ExportPlan, AnEnvironmentThatNoMenuShowsIsOneAllTheSame) {
    auto all = wish();
    all.all_environments = true;
    for (const auto& world : {with_hidden("/", "noauto", "off"), with_hidden("legacy", "noauto", "-"),
                              with_hidden("/mnt/x", "noauto", "on"), with_hidden("none", "on", "-")}) {
        const auto made = plan(world, wish());
        ASSERT_TRUE(made.has_value()) << render(made.error());
        EXPECT_EQ(exported(*made), exported(*plan(machine(), wish())));
        EXPECT_EQ(environments(*made).size(), 1U);
        const auto with_all = plan(world, all);
        ASSERT_TRUE(with_all.has_value()) << render(with_all.error());
        EXPECT_TRUE(contains(exported(*with_all), "rpool/ROOT/hidden/below"));
        EXPECT_TRUE(contains(environments(*with_all), kHidden)) << "it has keys of this machine";
    }
}

TEST(ExportPlan, AnEnvironmentElsewhereIsOneByItsMountpoint) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/old", "/", "noauto", kMiB));
    world.datasets.back().properties["org.zfsbootmenu:active"] = {"off", "local"};
    const auto made = plan(world, wish());
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_EQ(exported(*made), exported(*plan(machine(), wish())));
    world.datasets.back().properties["canmount"].value = "off";
    const auto container = plan(world, wish());
    EXPECT_TRUE(contains(exported(*container), "rpool/old")) << "it hands its mountpoint down";
    EXPECT_EQ(environments(*container).size(), 1U);
}

TEST(ExportPlan, DataBesideTheRootGoesAlongAndIsLookedAt) {
    auto in_fstab = with_hidden("legacy", "on", "-");
    in_fstab.fstab += "rpool/ROOT/hidden /srv zfs defaults 0 0\n";
    for (const auto& world : {with_hidden("/srv", "on", "-"), with_hidden("/srv", "off", "-"), in_fstab}) {
        const auto made = plan(world, wish());
        ASSERT_TRUE(made.has_value()) << render(made.error());
        EXPECT_TRUE(contains(exported(*made), "rpool/ROOT/hidden"));
        EXPECT_TRUE(contains(exported(*made), "rpool/ROOT/hidden/below"));
        EXPECT_TRUE(contains(environments(*made), kHidden)) << "should it be a system";
    }
    auto world = machine();
    auto volume = dataset("rpool/ROOT/swap", "-", "-", kMiB);
    volume.properties["type"].value = "volume";
    world.datasets.push_back(volume);
    const auto made = plan(world, wish());
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_TRUE(contains(exported(*made), "rpool/ROOT/swap"));
    EXPECT_EQ(environments(*made).size(), 1U);
}

TEST(ExportPlan, ARootDirectlyBelowThePoolHasDataBesideIt) {
    auto world = machine();
    world.running = world.mounts[0].source = "rpool/root";
    world.datasets = {dataset("rpool", "/", "off", 98304), dataset("rpool/root", "/", "noauto", kMiB),
                      dataset("rpool/home", "/home", "on", kMiB), dataset("rpool/old", "legacy", "noauto", kMiB),
                      dataset("rpool/older", "/", "noauto", kMiB)};
    const auto made = plan(world, wish());
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_EQ(exported(*made), (std::vector<std::string>{"rpool", "rpool/root", "rpool/home", "rpool/old"}));
    EXPECT_EQ(environments(*made),
              (std::vector<std::string>{std::string(kTemporary) + "/root", std::string(kTemporary) + "/old"}));
}

TEST(ExportPlan, AnIdentityThatCannotBeResetIsRefused) {
    auto all = wish();
    all.all_environments = true;
    for (const std::string child : {"etc", "var"}) {
        auto world = machine();
        world.datasets.push_back(dataset("rpool/ROOT/old/" + child, "/" + child, "noauto", kMiB));
        expect_refused(world, all, "is on rpool/ROOT/old/" + child);
        EXPECT_TRUE(plan(world, wish()).has_value()) << "it stays here";
        world.datasets.back().properties["canmount"].value = "off";
        EXPECT_TRUE(plan(world, all).has_value()) << "nothing is in a container";
    }
    auto world = with_hidden("legacy", "noauto", "off");
    encrypt(world, "rpool/ROOT/hidden");
    all.raw = true;
    expect_refused(world, all, "nobody can write into rpool/ROOT/hidden");
    all.keep_identity = true;
    EXPECT_TRUE(plan(world, all).has_value());
    world = machine();
    world.datasets.push_back(dataset("rpool/var/guest", "/", "noauto", kMiB));
    encrypt(world, "rpool/var");
    auto raw = wish();
    raw.raw = true;
    expect_refused(world, raw, "nobody can write into rpool/var/guest");
}

TEST(ExportPlan, APoolOwnDatasetWithoutSettingsInheritsAgain) {
    auto world = machine();
    world.own["rpool"].clear();
    const auto made = plan(world, wish());
    ASSERT_TRUE(made.has_value());
    ASSERT_GE(made->finish.size(), 2U);
    EXPECT_EQ(shell_line(made->finish[0]), std::string("zfs inherit mountpoint ") + kTemporary);
    EXPECT_EQ(shell_line(made->finish[1]), std::string("zfs inherit canmount ") + kTemporary)
        << "last: what may be mounted is mounted when its mountpoint changes";
}

TEST(ExportPlan, TheDiskIsAsLargeAsIsNeededOrAsWanted) {
    const auto usual = plan(machine(), wish());
    ASSERT_TRUE(usual.has_value());
    EXPECT_EQ(usual->disk.size, 3072 * kMiB);
    EXPECT_EQ(usual->disk.esp_size, 512 * kMiB);
    auto asked = wish();
    asked.size = 20480 * kMiB + 5;
    EXPECT_EQ(plan(machine(), asked)->disk.size, 20480 * kMiB);
    asked.size = 1600 * kMiB;
    expect_refused(machine(), asked, "too small", ExitCode::usage);
    const auto hint = plan(machine(), asked).error().hint;
    asked.size = *parse_size(words(hint)[1]);
    EXPECT_TRUE(plan(machine(), asked).has_value()) << hint << " is not true";
    auto small = machine();
    small.esp.size = 10 * kMiB + 1;
    EXPECT_EQ(plan(small, wish())->disk.esp_size, 512 * kMiB);
    small.esp.size = 600 * kMiB + 1;
    EXPECT_EQ(plan(small, wish())->disk.esp_size, 601 * kMiB);
}

TEST(ExportPlan, RoomForThePeakIsThereBeforeAnythingIsMade) {
    auto world = machine();
    auto asked = wish();
    const auto peak_of = [&](image::Format format) {
        asked.format = format;
        return plan(world, asked)->peak;
    };
    const auto once = peak_of(image::Format::raw);
    EXPECT_GT(once, 1024 * kMiB + 512 * kMiB);
    EXPECT_EQ(peak_of(image::Format::qcow2), 2 * once);
    EXPECT_EQ(peak_of(image::Format::ova), 3 * once) << "the disk beside the archive that it goes into";
    world.free = once;
    EXPECT_TRUE(plan(world,
                     [&] {
                         auto raw = asked;
                         raw.format = image::Format::raw;
                         return raw;
                     }())
                    .has_value());
    world.free = once - 1;
    asked.format = image::Format::raw;
    expect_refused(world, asked, "/mnt has ");
}

TEST(ExportPlan, NothingInTheWayIsOverwritten) {
    auto world = machine();
    world.output_kind = FileKind::regular;
    expect_refused(world, wish(), "/mnt/web1.qcow2 is there already");
    world = machine();
    world.partial_kind = FileKind::directory;
    expect_refused(world, wish(), "/mnt/web1.qcow2.partial is there already");
    world = machine();
    world.directory_kind = FileKind::none;
    expect_refused(world, wish(), "/mnt is no directory", ExitCode::usage);
}

TEST(ExportPlan, AllMissingProgramsAreNamedAtOnce) {
    auto world = machine();
    world.missing = {"mkfs.vfat", "qemu-img"};
    expect_refused(world, wish(), "mkfs.vfat, qemu-img");
}

TEST(ExportPlan, AllOfTheSystemMustBeInThePool) {
    for (const std::string place : {"/boot", "/etc", "/usr", "/var", "/var/lib"}) {
        auto world = machine();
        world.mounts.push_back({"/dev/vda2", place, "ext4"});
        expect_refused(world, wish(), place + " is on /dev/vda2");
        world.mounts.back() = {"tank/x", place, "zfs"};
        expect_refused(world, wish(), place + " is on tank/x");
    }
}

TEST(ExportPlan, IdentityIsResetWhereItCanBeReached) {
    auto world = machine();
    world.mounts.push_back({"rpool/ssh", "/etc/ssh", "zfs"});
    expect_refused(world, wish(), "/etc/ssh is on rpool/ssh");
    auto keeping = wish();
    keeping.keep_identity = true;
    const auto kept = plan(world, keeping);
    ASSERT_TRUE(kept.has_value()) << render(kept.error());
    EXPECT_TRUE(kept->environments.empty());
}

TEST(ExportPlan, FirmwareMustFindTheLoaderWithoutAnEntry) {
    auto world = machine();
    world.esp.files = {{"/boot/efi/EFI/debian/shimx64.efi", "EFI/debian/shimx64.efi"}};
    expect_refused(world, wish(), "no EFI/BOOT/BOOTX64.EFI");
    world.esp.files = {{"/boot/efi/efi/boot/bootx64.efi", "efi/boot/bootx64.efi"}};
    EXPECT_TRUE(plan(world, wish()).has_value()) << "FAT knows no case";
}

TEST(ExportPlan, EncryptedDatasetsNeedAWord) {
    auto world = machine();
    encrypt(world, "rpool/home");
    expect_refused(world, wish(), "rpool/home");
    auto asked = wish();
    asked.plain = true;
    const auto plain = plan(world, asked);
    ASSERT_TRUE(plain.has_value()) << render(plain.error());
    EXPECT_TRUE(warns(*plain, "not encrypted: whoever has it can read rpool/home"));
    EXPECT_FALSE(warns(*plain, "is the key of"));
    world.own["rpool/home"].emplace_back("keylocation", "file:///etc/zfs/home.key");
    EXPECT_TRUE(warns(*plan(world, asked), "/etc/zfs/home.key is the key of rpool/home here, and comes along"));
    EXPECT_FALSE(plain->encrypted);
    EXPECT_EQ(to_text(world, *plain).find(" -w "), std::string::npos);
    asked.raw = true;
    expect_refused(world, asked, "exclude each other", ExitCode::usage);
    asked.plain = false;
    const auto raw = plan(world, asked);
    ASSERT_TRUE(raw.has_value()) << render(raw.error());
    EXPECT_TRUE(raw->encrypted);
    EXPECT_TRUE(warns(*raw, "rpool/home stays encrypted"));
    EXPECT_NE(to_text(world, *raw)
                  .find("zfs send -P -v -w -R rpool/home@" + std::string(kTemporary) + " | zfs receive -u " +
                        kTemporary + "/home\n"),
              std::string::npos);
    EXPECT_EQ(raw->exported, plain->exported + 20 * kMiB) << "all that it uses, with its snapshots";
}

TEST(ExportPlan, WhatIsLockedCannotBeReadAndCanBeCopied) {
    auto world = machine();
    encrypt(world, "rpool/home", "unavailable");
    auto asked = wish();
    asked.plain = true;
    expect_refused(world, asked, "the key is not loaded of rpool/home");
    asked.plain = false;
    asked.raw = true;
    EXPECT_TRUE(plan(world, asked).has_value());
}

TEST(ExportPlan, ARootThatStaysEncryptedKeepsItsIdentity) {
    auto world = machine();
    encrypt(world, "rpool/ROOT/default");
    auto asked = wish();
    asked.raw = true;
    expect_refused(world, asked, "identity cannot be reset");
    asked.keep_identity = true;
    EXPECT_TRUE(plan(world, asked).has_value());
    // A clone whose key is that of an environment that does not go along.
    for (auto& one : world.datasets)
        if (one.name == "rpool/ROOT/default") one.properties["encryptionroot"].value = "rpool/ROOT/old";
    expect_refused(world, asked, "has its key from rpool/ROOT/old");
    world = machine();
    encrypt(world, "rpool");
    expect_refused(world, asked, "rpool itself is encrypted");
}

TEST(ExportPlan, ChildrenUnderOneKeyAreOneStream) {
    auto world = machine();
    encrypt(world, "rpool/var");
    auto asked = wish();
    asked.raw = true;
    const auto made = plan(world, asked);
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_EQ(exported(*made),
              (std::vector<std::string>{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/home", "rpool/var"}));
}

TEST(ExportPlan, WhatLiesBelowAWholeStreamIsInItWithAKeyOfItsOwnOrWithout) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/var/own", "/var/own", "on", kMiB));
    world.datasets.push_back(dataset("rpool/var/plain", "/var/plain", "on", kMiB));
    world.datasets.push_back(dataset("rpool/various", "/various", "on", kMiB));
    encrypt(world, "rpool/var");
    encrypt(world, "rpool/var/own");
    auto& plain = world.datasets[world.datasets.size() - 2].properties;
    plain["encryption"].value = "off";
    plain["encryptionroot"].value = "-";
    auto asked = wish();
    asked.raw = true;
    const auto made = plan(world, asked);
    ASSERT_TRUE(made.has_value()) << render(made.error());
    EXPECT_EQ(exported(*made), (std::vector<std::string>{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/home",
                                                         "rpool/var", "rpool/various"}));
}

TEST(ExportPlan, TheRunningSystemGetsAnIdentityWhateverItsPropertiesSay) {
    for (const std::string mountpoint : {"legacy", "none", "/mnt"}) {
        auto world = machine();
        world.datasets[2].properties["mountpoint"].value = mountpoint;
        const auto made = plan(world, wish());
        ASSERT_TRUE(made.has_value()) << render(made.error());
        EXPECT_EQ(environments(*made), (std::vector<std::string>{std::string(kTemporary) + "/ROOT/default"}));
    }
    auto world = machine();
    world.datasets[2].properties["org.zfsbootmenu:active"] = {"off", "local"};
    EXPECT_EQ(plan(world, wish())->environments.size(), 1U);
}

TEST(ExportPlan, ANameThatGetsTooLongIsToldBeforeAnythingIsMade) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/home/" + std::string(210, 'x'), "/x", "on", kMiB));
    const auto made = plan(world, wish());
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ExitCode::usage);
}

TEST(ExportPlan, WarnsOfWhatTheCopyWillMiss) {
    auto world = machine();
    world.fstab += "UUID=1234 /data ext4 defaults 0 2\n/dev/vdc none swap sw,nofail 0 0\n";
    world.output_mount = "rpool/home";
    const auto made = plan(world, wish());
    ASSERT_TRUE(made.has_value());
    EXPECT_TRUE(warns(*made, "/etc/fstab wants /data"));
    EXPECT_FALSE(warns(*made, "/dev/vdc"));
    EXPECT_TRUE(warns(*made, "in the pool that is exported (rpool/home)"));
    EXPECT_TRUE(warns(*made, "reservation of rpool is not taken along"));
    EXPECT_FALSE(warns(*made, "host keys"));
    world.dropbear = {"/etc/dropbear/initramfs"};
    EXPECT_TRUE(warns(*plan(world, wish()), "the host keys of /etc/dropbear/initramfs come along"));
    auto same = wish();
    same.keep_identity = true;
    EXPECT_FALSE(warns(*plan(world, same), "host keys")) << "it is the same machine";
}

}  // namespace
}  // namespace kld::exports::test
