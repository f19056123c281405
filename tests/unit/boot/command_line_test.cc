// SPDX-License-Identifier: BSD-3-Clause
#include "boot/command_line.h"

#include <gtest/gtest.h>

#include "boot/hostid.h"
#include "boot/os_release.h"

namespace kld::boot {
namespace {

constexpr const char* kProperty = "org.zfsbootmenu:commandline";

Dataset with_line(const std::string& name, const std::string& line, const std::string& source = "local") {
    return {name, {{kProperty, {line, source}}}};
}

}  // namespace

TEST(CommandLine, QuotesHoldBlanksTogether) {
    EXPECT_EQ(split_arguments("  a=1  dyndbg=\"file x +p\" b\n"),
              (std::vector<std::string>{"a=1", "dyndbg=\"file x +p\"", "b"}));
    EXPECT_TRUE(split_arguments("").empty());
}

TEST(CommandLine, ArgumentsAreRemovedByName) {
    EXPECT_EQ(without_arguments("root=zfs:x quiet root rootwait spl.spl_hostid=1 spl.spl-hostid=2",
                                {"root", "spl.spl_hostid"}),
              "quiet rootwait");
    EXPECT_EQ(without_arguments("a -- root=x", {"root"}), "a -- root=x");
    EXPECT_EQ(without_arguments("\"root=a b\" c", {"root"}), "c");
}

TEST(CommandLine, WholeLine) {
    EXPECT_EQ(command_line({"root=zfs:", "rpool/ROOT/default", "rw quiet root=other spl_hostid=1", 0x00bab10c}),
              "root=zfs:rpool/ROOT/default rw quiet spl.spl_hostid=0x00bab10c");
    EXPECT_EQ(command_line({"zfs=", "rpool/ROOT/arch", "rw", 0}), "zfs=rpool/ROOT/arch rw spl_hostid=00000000");
    // What follows "--" is for init: the hostid must stand before it.
    EXPECT_EQ(command_line({"root=zfs:", "p/r", "quiet -- single", 1}),
              "root=zfs:p/r quiet spl.spl_hostid=0x00000001 -- single");
}

TEST(CommandLine, WithoutPropertyTheDefault) {
    EXPECT_EQ(dataset_arguments({Dataset{"p/r", {}}}, "p/r"), "rw quiet loglevel=4");
    EXPECT_EQ(dataset_arguments({with_line("p/r", "")}, "p/r"), "");
}

TEST(CommandLine, ParentIsExpandedWhereThePropertyIsSet) {
    const std::vector<Dataset> datasets{with_line("p", "console=ttyS0"), with_line("p/ROOT", "%{parent} quiet"),
                                        with_line("p/ROOT/a", "%{parent} debug"),
                                        with_line("p/ROOT/b", "%{parent} quiet", "inherited from p/ROOT")};
    EXPECT_EQ(dataset_arguments(datasets, "p/ROOT/a"), "console=ttyS0 quiet debug");
    EXPECT_EQ(dataset_arguments(datasets, "p/ROOT/b"), "console=ttyS0 quiet");
    EXPECT_EQ(dataset_arguments({with_line("p", "%{parent} x")}, "p"), "x");
    EXPECT_EQ(dataset_arguments({Dataset{"p", {}}, with_line("p/r", "%{parent} x %{parent}")}, "p/r"), "x");
}

TEST(Hostid, FileIsLittleEndian) {
    EXPECT_EQ(parse_hostid_file(std::string("\x0c\xb1\xba\x00", 4)), 0x00bab10cU);
    EXPECT_EQ(hostid_file(0x00bab10c), std::string("\x0c\xb1\xba\x00", 4));
    EXPECT_FALSE(parse_hostid_file("").has_value());
    EXPECT_FALSE(parse_hostid_file("12345").has_value());
}

TEST(Hostid, APoolInUseKeepsItsOwnAndAnExportedOneTakesThatOfTheSystem) {
    EXPECT_EQ(hostid_to_pass(false, 7, 9, 5), 7U);
    EXPECT_EQ(hostid_to_pass(false, 0, 9, 5), 9U);
    EXPECT_EQ(hostid_to_pass(true, 7, 9, 5), 9U);
    EXPECT_EQ(hostid_to_pass(true, 7, std::nullopt, 5), 7U);
    EXPECT_EQ(hostid_to_pass(true, 7, 0, 5), 7U);
    EXPECT_EQ(hostid_to_pass(true, 0, std::nullopt, 5), 0U);
    EXPECT_EQ(hostid_to_pass(true, 0, kBuildHostid, 5), 5U) << "an image that never booted";
    EXPECT_EQ(hostid_to_pass(false, kBuildHostid, kBuildHostid, 5), kBuildHostid) << "in use: only that one imports";
    EXPECT_EQ(hostid_to_pass(false, 0, kBuildHostid, 5), 5U) << "a kernel without hostid used it: anyone imports it";
    EXPECT_EQ(hostid_argument(0xff), "spl.spl_hostid=0x000000ff");
    EXPECT_EQ(hostid_argument(0), "spl_hostid=00000000");
}

TEST(Hostid, AMachinesOwnIsNeitherZeroNorThatOfAllImages) {
    std::vector<std::uint32_t> words{0, kBuildHostid, 7, 8};
    std::size_t asked = 0;
    EXPECT_EQ(make_hostid([&] { return words.at(asked++); }), 7U);
    EXPECT_EQ(asked, 3U);
    EXPECT_TRUE(is_own_hostid(make_hostid()));
    EXPECT_NE(make_hostid(), make_hostid());
    EXPECT_FALSE(is_own_hostid(0));
    EXPECT_FALSE(is_own_hostid(kBuildHostid));
}

TEST(OsRelease, IsParsedAndNeverRun) {
    const auto system = parse_os_release(
        "# x\nPRETTY_NAME=\"Rocky Linux 9 \\\"Blue\\\"\"\nID='rocky'\nID_LIKE=\"rhel centos "
        "fedora\"\nEVIL=$(reboot)\nnoise\n");
    EXPECT_EQ(system.id, "rocky");
    EXPECT_EQ(system.like, (std::vector<std::string>{"rhel", "centos", "fedora"}));
    EXPECT_EQ(system.pretty_name, "Rocky Linux 9 \"Blue\"");
}

TEST(OsRelease, RootPrefix) {
    const auto prefix = [](const std::string& id, std::vector<std::string> like) {
        return root_prefix_for({id, std::move(like), {}});
    };
    EXPECT_EQ(prefix("debian", {}), "root=zfs:");
    EXPECT_EQ(prefix("arch", {}), "zfs=");
    EXPECT_EQ(prefix("gentoo", {}), "root=ZFS=");
    EXPECT_EQ(prefix("endeavouros", {"arch"}), "zfs=");
    EXPECT_EQ(prefix("rocky", {"rhel", "fedora"}), "root=zfs:");
    EXPECT_EQ(prefix("", {}), "root=zfs:");
    EXPECT_EQ(prefix("debian", {"arch"}), "root=zfs:");  // ID decides before ID_LIKE
}

}  // namespace kld::boot
