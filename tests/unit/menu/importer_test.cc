// SPDX-License-Identifier: BSD-3-Clause
#include "menu/importer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fakes.h"

namespace kld::menu {
namespace {

FoundPool pool(std::size_t missing = 0) {
    FoundPool found;
    found.name = found.import_name = "rpool";
    found.guid = 7;
    found.devices = {"/dev/vda2"};
    found.missing = missing;
    return found;
}

Result<EnvironmentContent> nothing(const std::string&) {
    return EnvironmentContent{};
}

const std::vector<std::string> kList{"zpool", "list", "-Hp", "-o", "name,guid,bootfs"};

}  // namespace

TEST(Importer, ImportsOnceAndReadOnly) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    runner.expect(import_command(pool()));
    EXPECT_TRUE(importer.import({pool()}, false));
    EXPECT_FALSE(importer.import({pool()}, false));
    EXPECT_TRUE(importer.any_imported());
    EXPECT_LE(runner.ran[0].timeout, std::chrono::seconds(60)) << "a child never keeps the menu waiting for good";
}

TEST(Importer, APoolWithMissingDevicesIsWaitedFor) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    EXPECT_FALSE(importer.import({pool(1)}, false));
    runner.expect(kList);
    EXPECT_EQ(importer.list({pool(1)}, "", nothing).problems,
              std::vector<std::string>{"Pool rpool (7): 1 of its devices not found yet"});
    runner.expect(import_command(pool(1)));
    EXPECT_TRUE(importer.import({pool(1)}, true));
}

TEST(Importer, AFailureIsShownAndTriedAgainWhenDevicesChange) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    runner.expect(import_command(pool()), "", 1,
                  "cannot import 'rpool': I/O error\n\tDestroy and re-create the pool from\n\ta backup source.\n");
    EXPECT_TRUE(importer.import({pool()}, false));
    EXPECT_FALSE(importer.import({pool()}, false)) << "the same devices give the same failure";
    runner.expect(kList);
    const auto world = importer.list({pool()}, "", nothing);
    EXPECT_EQ(
        world.problems,
        std::vector<std::string>{
            "Pool rpool (7): cannot import 'rpool': I/O error Destroy and re-create the pool from a backup source."});
    auto more = pool();
    more.devices.emplace_back("/dev/vdb2");
    runner.expect(import_command(more));
    EXPECT_TRUE(importer.import({more}, false));
    runner.expect(kList);
    EXPECT_TRUE(importer.list({more}, "", nothing).problems.empty());
}

TEST(Importer, ARescanTriesFailuresAgain) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    runner.expect(import_command(pool()), "", 1);
    importer.import({pool()}, false);
    runner.expect(kList, "other\t9\t-\n");
    ASSERT_TRUE(importer.refresh().has_value());
    EXPECT_TRUE(importer.any_imported()) << "a pool imported by hand in the shell counts";
    runner.expect(import_command(pool()));
    EXPECT_TRUE(importer.import({pool()}, false));
}

TEST(Importer, ACommandThatFailsIsAProblemLine) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    runner.expect(kList, "", 1, "The ZFS modules cannot be auto-loaded.\n");
    EXPECT_EQ(importer.list({}, "", nothing).problems,
              std::vector<std::string>{"The ZFS modules cannot be auto-loaded."});
}

TEST(Importer, KnownKeysAreLoadedAgainWhenAnExportHasUnloadedThem) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    Keyring keyring;
    Importer importer(runner, files, keyring);
    const std::vector<std::string> load{"zfs", "load-key", "-L", "prompt", "rpool/enc"};
    runner.expect(load);
    ASSERT_TRUE(keyring.unlock(runner, "rpool/enc", Secret("pass phrase")));
    const std::vector<std::string> get{
        "zfs", "get", "-Hp", "-o", "name,property,value,source", "-t", "filesystem", boot::kBootProperties};
    const std::string environment = "rpool/enc\tmountpoint\t/\tlocal\nrpool/enc\tencryptionroot\trpool/enc\t-\n";
    runner.expect(kList, "rpool\t7\t-\n");
    runner.expect(get, environment + "rpool/enc\tkeystatus\tunavailable\t-\n");
    runner.expect(load);
    runner.expect(get, environment + "rpool/enc\tkeystatus\tavailable\t-\n");
    bool looked = false;
    importer.list({}, "", [&](const std::string&) -> Result<EnvironmentContent> {
        looked = true;
        return EnvironmentContent{};
    });
    EXPECT_TRUE(looked) << "unlocked, it can be looked into";
    EXPECT_EQ(runner.ran[3].input, "pass phrase");
}

TEST(Importer, WhatOnePoolDoesNotTellHidesNoEnvironmentOfAnother) {
    test::FakeFiles files;
    const std::vector<std::string> get{
        "zfs", "get", "-Hp", "-o", "name,property,value,source", "-t", "filesystem", boot::kBootProperties};
    const auto seen = [&](const std::string& out, int exit_code, std::vector<std::string>& problems) {
        test::ReplayRunner runner;
        Keyring keyring;
        Importer importer(runner, files, keyring);
        runner.expect(kList, "rpool\t7\t-\ntank\t8\t-\n");
        runner.expect(get, out, exit_code, exit_code == 0 ? "" : "cannot open 'tank': pool I/O is suspended\n");
        std::vector<std::string> looked;
        problems = importer
                       .list({}, "",
                             [&](const std::string& dataset) -> Result<EnvironmentContent> {
                                 looked.push_back(dataset);
                                 return EnvironmentContent{};
                             })
                       .problems;
        return looked;
    };
    const std::vector<std::string> environment{"rpool/a"};
    const std::string told = "cannot open 'tank': pool I/O is suspended";
    std::vector<std::string> problems;
    EXPECT_EQ(seen("tank\torg.zfsbootmenu:commandline\tone\ntwo\tlocal\nrpool/a\tmountpoint\t/\tlocal\n", 0, problems),
              environment);
    EXPECT_EQ(std::count(problems.begin(), problems.end(), told), 0);
    EXPECT_EQ(seen("rpool/a\tmountpoint\t/\tlocal\n", 1, problems), environment);
    EXPECT_EQ(std::count(problems.begin(), problems.end(), told), 1);
    EXPECT_TRUE(seen("", 1, problems).empty());
    EXPECT_EQ(problems, std::vector<std::string>{told});
}

TEST(Importer, TheHostidFileIsWritten) {
    test::FakeFiles files;
    [[maybe_unused]] const auto parameter = adopt_hostid(files, 0x00bab10c);  // the module's parameter is not there
    EXPECT_EQ(files.entries["/etc/hostid"].bytes, std::string("\x0c\xb1\xba\x00", 4));
}

}  // namespace kld::menu
