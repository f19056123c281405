// SPDX-License-Identifier: BSD-3-Clause
#include "menu/entries.h"

#include <gtest/gtest.h>

namespace kld::menu {
namespace {

boot::Dataset environment(const std::string& name, std::map<std::string, std::string> more = {}) {
    boot::Dataset dataset{name, {{"mountpoint", {"/", "local"}}, {"canmount", {"noauto", "local"}}}};
    for (const auto& [property, value] : more) dataset.properties[property] = {value, "local"};
    return dataset;
}

Result<EnvironmentContent> debian(const std::string&) {
    EnvironmentContent content;
    content.boot_names = {"initrd.img-6.1", "initrd.img-6.12+x", "vmlinuz-6.1", "vmlinuz-6.12+x"};
    content.os_release = "ID=debian\nPRETTY_NAME=Debian\n";
    content.hostid = std::string("\x02\0\0\0", 4);
    content.root_script = "zpool get -H -o value name,guid";
    return content;
}

FoundPool pool(const std::string& name, std::uint64_t guid, const std::string& import_name = {}) {
    FoundPool found;
    found.name = name;
    found.guid = guid;
    found.import_name = import_name.empty() ? name : import_name;
    found.hostid = 1;
    return found;
}

}  // namespace

TEST(Entries, OneDebianPool) {
    const auto world = make_world(
        {pool("rpool", 77)}, {{"rpool", 77, "rpool/ROOT/default"}},
        {environment("rpool/ROOT/default", {{"org.zfsbootmenu:commandline", "console=ttyS0 quiet"}})}, debian, "");
    ASSERT_EQ(world.entries.size(), 1U);
    const auto& entry = world.entries[0];
    EXPECT_EQ(entry.root_prefix, "root=zfs:");
    EXPECT_EQ(entry.root, "77/ROOT/default") << "by GUID: two pools may have one name";
    EXPECT_EQ(entry.arguments, "console=ttyS0 quiet");
    EXPECT_EQ(entry.hostid, 1U);
    EXPECT_EQ(entry.kernels[entry.default_kernel].version, "6.12+x");
    EXPECT_EQ(entry.system, "Debian");
    EXPECT_EQ(world.default_entry, 0U);
    EXPECT_TRUE(world.problems.empty());
}

TEST(Entries, TheKeyboardIsThatOfTheDefaultElseOfTheFirstThatSaysOne) {
    const std::vector<FoundPool> pools{pool("a", 1), pool("b", 2)};
    const auto plain = environment("a/ROOT/x"), locked = environment("a/ROOT/y", {{"org.kldload:keymap", "fr"},
                                                                                  {"keystatus", "unavailable"},
                                                                                  {"encryptionroot", "a/ROOT/y"}});
    const auto other = environment("b/ROOT/z", {{"org.kldload:keymap", "de"}});
    const auto keymap = [&](const std::string& bootfs_of_a, const std::string& bootfs_of_b) {
        return make_world(pools, {{"a", 1, bootfs_of_a}, {"b", 2, bootfs_of_b}}, {plain, locked, other}, debian, "")
            .keymap;
    };
    EXPECT_EQ(keymap("-", "b/ROOT/z"), "de");
    EXPECT_EQ(keymap("a/ROOT/y", "b/ROOT/z"), "fr") << "known before its key is";
    EXPECT_EQ(keymap("a/ROOT/x", "-"), "fr");
    EXPECT_EQ(make_world(pools, {{"a", 1, "-"}}, {plain}, debian, "").keymap, "");
}

TEST(Entries, AGeneratorThatKnowsNamesAloneGetsTheRealName) {
    const auto fedora = [](const std::string&) -> Result<EnvironmentContent> {
        EnvironmentContent content;
        content.boot_names = {"vmlinuz-1", "initramfs-1.img"};
        content.os_release = "ID=fedora\n";
        return content;
    };
    const auto world = make_world({pool("rpool", 9, "rpool-000009")}, {{"rpool-000009", 9, "-"}},
                                  {environment("rpool-000009/ROOT/f")}, fedora, "");
    EXPECT_EQ(world.entries[0].dataset, "rpool-000009/ROOT/f");
    EXPECT_EQ(world.entries[0].root, "rpool/ROOT/f") << "a temporary name means nothing to the next kernel";
}

TEST(Entries, RootprefixAndKernelPropertiesHold) {
    const auto world = make_world(
        {pool("r", 1)}, {{"r", 1, "r/a"}},
        {environment("r/a", {{"org.zfsbootmenu:rootprefix", "root=ZFS="}, {"org.zfsbootmenu:kernel", "6\\.1$"}}),
         environment("r/b", {{"org.zfsbootmenu:kernel", "6.12+x$"}})},
        debian, "");
    EXPECT_EQ(world.entries[0].root_prefix, "root=ZFS=");
    EXPECT_EQ(world.entries[0].kernels[world.entries[0].default_kernel].version, "6.1");
    ASSERT_EQ(world.notes.size(), 1U);
    EXPECT_TRUE(world.notes[0].starts_with("r/b: org.zfsbootmenu:kernel='6.12+x$' matches no kernel"))
        << world.notes[0];
}

TEST(Entries, ProblemsAreShownAndNothingIsInvented) {
    const auto nothing = [](const std::string&) -> Result<EnvironmentContent> { return EnvironmentContent{}; };
    const auto empty = make_world({pool("r", 1)}, {{"r", 1, "r/a"}}, {environment("r/a")}, nothing, "");
    EXPECT_TRUE(empty.entries.empty());
    EXPECT_FALSE(empty.default_entry.has_value());
    EXPECT_EQ(empty.problems, (std::vector<std::string>{"r/a has no kernel with its initramfs in /boot",
                                                        "r/a is the default, but cannot be booted"}));

    const auto broken = [](const std::string&) -> Result<EnvironmentContent> {
        return fail("cannot mount r/a: I/O error");
    };
    EXPECT_EQ(make_world({}, {{"r", 1, "-"}}, {environment("r/a")}, broken, "").problems[0],
              "r/a: cannot mount r/a: I/O error");

    const auto raw = make_world(
        {}, {{"r", 1, "-"}},
        {environment("r/a", {{"keystatus", "unavailable"}, {"keyformat", "raw"}, {"encryptionroot", "r/a"}})}, debian,
        "");
    EXPECT_TRUE(raw.entries.empty()) << "nobody can type a raw key";
    EXPECT_NE(raw.problems[0].find("zfs load-key r/a"), std::string::npos);
}

TEST(Entries, ALockedEnvironmentIsListedAndMayBeTheDefault) {
    const auto unseen = [](const std::string&) -> Result<EnvironmentContent> {
        ADD_FAILURE() << "without its key nothing can be mounted";
        return fail("no");
    };
    const auto world = make_world(
        {pool("r", 1)}, {{"r", 1, "r/enc/a"}},
        {environment("r/enc/a",
                     {{"keystatus", "unavailable"}, {"keyformat", "passphrase"}, {"encryptionroot", "r/enc"}})},
        unseen, "");
    ASSERT_EQ(world.entries.size(), 1U);
    EXPECT_TRUE(world.entries[0].locked);
    EXPECT_EQ(world.entries[0].encryption_root, "r/enc");
    EXPECT_EQ(world.default_entry, 0U);
    EXPECT_TRUE(world.problems.empty());
}

TEST(Entries, AKeyIsHandedOverWhereTheInitramfsTakesIt) {
    const std::map<std::string, std::string> unlocked{{"keystatus", "available"}, {"encryptionroot", "r/enc"}};
    const auto world = [&](const std::string& script) {
        const auto inspect = [&](const std::string& name) {
            auto content = debian(name);
            content->root_script = script;
            return content;
        };
        return make_world({pool("r", 1)}, {{"r", 1, "-"}}, {environment("r/enc/a", unlocked)}, inspect, "");
    };
    const auto newer = world("for f in /etc/zfs/initramfs-tools-load-key.d/*; do");
    EXPECT_TRUE(newer.entries[0].takes_key);
    EXPECT_FALSE(newer.entries[0].locked);
    EXPECT_EQ(newer.entries[0].encryption_root, "r/enc");
    EXPECT_FALSE(world("$ZFS load-key").entries[0].takes_key) << "OpenZFS 2.1";
}

TEST(Entries, ABootfsThatIsNoEnvironmentIsNotBooted) {
    const auto world =
        make_world({pool("r", 1)}, {{"r", 1, "r/hidden"}},
                   {environment("r/hidden", {{"org.zfsbootmenu:active", "off"}}), environment("r/a")}, debian, "");
    EXPECT_EQ(world.entries.size(), 1U);
    EXPECT_FALSE(world.default_entry.has_value());
}

TEST(Entries, PreferChoosesPoolOrDataset) {
    const std::vector<FoundPool> found{pool("a", 1), pool("b", 2)};
    const std::vector<ImportedPool> imported{{"a", 1, "a/x"}, {"b", 2, "b/x"}};
    const std::vector<boot::Dataset> datasets{environment("a/x"), environment("b/x"), environment("b/y")};
    const auto chosen = [&](const std::string& prefer) {
        const auto world = make_world(found, imported, datasets, debian, prefer);
        return world.default_entry ? world.entries[*world.default_entry].dataset : "none";
    };
    EXPECT_EQ(chosen(""), "a/x");
    EXPECT_EQ(chosen("b"), "b/x");
    EXPECT_EQ(chosen("2"), "b/x");
    EXPECT_EQ(chosen("b/y"), "b/y");
    EXPECT_EQ(chosen("b/missing"), "none") << "a dataset that was asked for has no substitute";
    EXPECT_EQ(chosen("missing"), "a/x");
}

TEST(Entries, ThePoolOnTheDiskThatTheMenuCameFromIsTheDefault) {
    std::vector<FoundPool> found{pool("rpool", 1), pool("rpool", 2, "rpool-000002")};
    const std::vector<ImportedPool> imported{{"rpool", 1, "rpool/x"}, {"rpool-000002", 2, "rpool-000002/x"}};
    const std::vector<boot::Dataset> datasets{environment("rpool/x"), environment("rpool-000002/x")};
    const auto chosen = [&](const std::string& prefer) {
        const auto world = make_world(found, imported, datasets, debian, prefer);
        return world.entries[world.default_entry.value()].dataset;
    };
    EXPECT_EQ(chosen(""), "rpool/x");
    found[1].on_boot_disk = true;
    EXPECT_EQ(chosen(""), "rpool-000002/x");
    EXPECT_EQ(chosen("1"), "rpool/x") << "what was asked for goes first";
}

TEST(Entries, ImportedPoolsAreParsed) {
    const auto pools = parse_imported_pools("rpool\t7461061604291085813\trpool/ROOT/default\ntank\t5\t-\n");
    ASSERT_TRUE(pools.has_value());
    EXPECT_EQ((*pools)[0].guid, 7461061604291085813U);
    EXPECT_EQ((*pools)[1].bootfs, "-");
    EXPECT_FALSE(parse_imported_pools("no pools available\n").has_value());
}

}  // namespace kld::menu
