// SPDX-License-Identifier: BSD-3-Clause
// kst, kdf, kdir and kclone as programs, beside a zfs and a zpool that say what we want.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "samples.h"

namespace kld::status::test {
namespace {

namespace fs = std::filesystem;

class Programs : public ::testing::Test {
protected:
    TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
    std::string root = fs::canonical(directory.path()).string();

    /// A program that prints a sample, whatever it is asked.
    void stub(const std::string& name, const std::string& script) {
        ASSERT_TRUE(RealFiles().write(root + "/bin/" + name, "#!/bin/sh\n" + script, 0755));
    }
    void SetUp() override {
        fs::create_directory(root + "/bin");
        const auto data = std::string(KLD_TEST_DATA) + "/status/";
        stub("zpool", "case $1 in status) cat '" + data + "zfs-2.1/status-healthy.txt' ;; list) cat '" + data +
                          "zfs-2.3/list.txt' ;; esac\n");
        stub("zfs", "case \"$*\" in *'-t snapshot'*) cat '" + data +
                        "zfs-2.3/snapshots.txt' ;; *org.zfsbootmenu:kernel*) cat '" + data +
                        "zfs-2.3/datasets.txt' ;; *usedbydataset*) i=1; while [ $i -le 25 ]; do printf "
                        "'tank/d%s\\t%s\\t0\\t0\\n' $i $i; i=$((i+1)); done ;; esac\n");
        stub("systemctl", "exit 0\n");
    }
    Output run(std::vector<std::string> argv) {
        argv.insert(argv.begin(), std::string(KLD_BIN_DIR) + "/kldload-tools");
        ProcessRunner runner;
        const auto output = runner.run({.argv = argv,
                                        .accept = [](int) { return true; },
                                        .environment = {"PATH=" + root + "/bin:" + std::getenv("PATH"), "TZ=UTC"}});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? *output : Output{-1, {}, {}};
    }
};

TEST_F(Programs, KstSaysThatAllIsWell) {
    const auto screen = run({"kst"});
    EXPECT_EQ(screen.exit_code, 0) << screen.out;
    EXPECT_NE(screen.out.find("pool          rpool ONLINE, no errors\n"), std::string::npos) << screen.out;
    EXPECT_EQ(screen.out.find('\x1b'), std::string::npos);
    const auto json = nlohmann::json::parse(run({"kst", "--json"}).out);
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["pools"][0]["snapshots"]["count"], 4);
    EXPECT_NE(run({"kst", "--metrics"}).out.find("\nkldload_status 0\n"), std::string::npos);
}

TEST_F(Programs, KstExitsForMonitoring) {
    stub("zpool", "case $1 in status) cat '" + std::string(KLD_TEST_DATA) +
                      "/status/zfs-2.3/status-degraded.txt' ;; list) exit 1 ;; esac\n");
    EXPECT_EQ(run({"kst"}).exit_code, 1);
    EXPECT_EQ(run({"kst", "--metrics"}).exit_code, 1);
    stub("zpool", "echo 'The ZFS modules are not loaded.' >&2; exit 1\n");
    const auto blind = run({"kst", "--json"});
    EXPECT_EQ(blind.exit_code, 4);
    EXPECT_EQ(nlohmann::json::parse(blind.out)["exit_code"], 4);
}

TEST_F(Programs, KstFailsWhenItCannotSayIt) {
    const auto through_shell = [&](const std::string& rest) {
        ProcessRunner runner;
        const auto program = shell_quote(std::string(KLD_BIN_DIR) + "/kldload-tools");
        const auto output = runner.run({.argv = {"sh", "-c", "exec " + program + " kst " + rest},
                                        .timeout = std::chrono::seconds(60),
                                        .accept = [](int) { return true; },
                                        .environment = {"PATH=" + root + "/bin:" + std::getenv("PATH"), "TZ=UTC"}});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? *output : Output{-1, {}, {}};
    };
    for (const std::string options : {"", "--json", "--metrics", "--watch"}) {
        const auto full = through_shell(options + " > /dev/full");
        EXPECT_EQ(full.exit_code, 1) << options;
        EXPECT_NE(full.err.find("the output cannot be written: No space left on device"), std::string::npos)
            << full.err;
    }
    EXPECT_EQ(through_shell("--metrics > /dev/null").exit_code, 0);
}

TEST_F(Programs, KstWithoutAReaderEndsQuietlyOnlyWhenItWatches) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[0]);
    const auto into_pipe = [&](std::vector<std::string> argv) {
        argv.insert(argv.begin(), {std::string(KLD_BIN_DIR) + "/kldload-tools", "kst"});
        ProcessRunner runner;
        const auto output = runner.run({.argv = argv,
                                        .timeout = std::chrono::seconds(60),
                                        .accept = [](int) { return true; },
                                        .environment = {"PATH=" + root + "/bin:" + std::getenv("PATH"), "TZ=UTC"},
                                        .stdout_fd = ends[1]});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? *output : Output{-1, {}, {}};
    };
    const auto watched = into_pipe({"--watch", "1"});
    EXPECT_EQ(watched.exit_code, 0) << watched.err;
    EXPECT_EQ(watched.err, "");
    const auto once = into_pipe({"--metrics"});
    EXPECT_EQ(once.exit_code, 1);
    EXPECT_NE(once.err.find("the output cannot be written: Broken pipe"), std::string::npos) << once.err;
    ::close(ends[1]);
}

TEST_F(Programs, KstSpaceShowsTheTopToPeopleAndAllToPrograms) {
    const auto shown = run({"kst", "--space"});
    EXPECT_EQ(shown.exit_code, 0);
    EXPECT_EQ(lines(shown.out).size(), 22U);
    EXPECT_EQ(lines(shown.out).back(), "and 5 more, each smaller; kst --space -H shows all");
    EXPECT_EQ(lines(run({"kst", "--space", "-H"}).out).size(), 25U);
    EXPECT_EQ(nlohmann::json::parse(run({"kst", "--space", "--json"}).out)["datasets"].size(), 25U);
}

TEST_F(Programs, ZfsIsFoundWhereAnOrdinaryPathDoesNotLead) {
    if (!fs::exists("/usr/sbin/zpool")) GTEST_SKIP() << "no zpool in /usr/sbin here";
    ProcessRunner runner;
    const auto output = runner.run({.argv = {std::string(KLD_BIN_DIR) + "/kldload-tools", "kst", "--json"},
                                    .accept = [](int) { return true; },
                                    .environment = {"PATH=/usr/bin:/bin"}});
    ASSERT_TRUE(output.has_value());
    EXPECT_EQ(output->out.find("cannot start"), std::string::npos) << output->out;
}

TEST_F(Programs, UsageErrors) {
    for (const auto& argv : std::vector<std::vector<std::string>>{{"kst", "-H"},
                                                                  {"kst", "--watch", "soon"},
                                                                  {"kst", "--watch", "0"},
                                                                  {"kst", "--json", "--metrics"},
                                                                  {"kst", "--space", "--check"},
                                                                  {"kdir"},
                                                                  {"kdir", "/srv/x", "-o", "compression"},
                                                                  {"kdir", "/srv/x", "--quota", "much"},
                                                                  {"kdir", "/srv/x", "--quota", "0"},
                                                                  {"kclone", "/srv/x"}})
        EXPECT_EQ(run(argv).exit_code, 2) << shell_line(argv);
}

TEST_F(Programs, KdirAndKdfKnowWhatIsNoZfs) {
    const auto made = run({"kdir", "--dry-run", "/proc/x"});
    EXPECT_EQ(made.exit_code, 3);
    EXPECT_NE(made.err.find("/proc/x lies on proc, not on ZFS"), std::string::npos) << made.err;
    EXPECT_EQ(run({"kdf", "/proc"}).exit_code, 1);
    EXPECT_NE(run({"kdf", root + "/gone"}).err.find("cannot find " + root + "/gone"), std::string::npos);
}

TEST_F(Programs, KcloneCopiesADirectoryWhenToldTo) {
    fs::create_directories(root + "/my source/sub");
    ASSERT_TRUE(RealFiles().write(root + "/my source/sub/file", "content"));
    const auto refused = run({"kclone", root + "/my source", root + "/copy"});
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_NE(refused.err.find("cannot share the blocks of " + root + "/my source"), std::string::npos) << refused.err;
    EXPECT_FALSE(fs::exists(root + "/copy"));
    EXPECT_EQ(run({"kclone", "--copy", "--dry-run", root + "/my source", root + "/copy"}).exit_code, 0);
    EXPECT_FALSE(fs::exists(root + "/copy"));
    const auto copied = run({"kclone", "--copy", root + "/my source", root + "/copy"});
    EXPECT_EQ(copied.exit_code, 0) << copied.err;
    EXPECT_EQ(*RealFiles().read(root + "/copy/sub/file"), "content");
    EXPECT_EQ(run({"kclone", "--copy", root + "/my source", root + "/copy"}).exit_code, 3) << "it is there";
}

}  // namespace
}  // namespace kld::status::test
