// SPDX-License-Identifier: BSD-3-Clause
// krecovery as a program, in mounts of its own, beside a zfs and a zpool that say what we want. The environment that
// they have is this system's own tree.
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/fd.h"
#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld::recovery {
namespace {

namespace fs = std::filesystem;

const std::string kProgram = std::string(KLD_BIN_DIR) + "/kldload-tools";

class Krecovery : public testing::Test {
protected:
    void SetUp() override {
        fs::permissions(directory.path(), fs::perms(0755));
        fs::create_directory(directory.path() + "/bin");
        stub("zpool",
             "case \"$*\" in\n"
             "*guid,health*) printf 'tank\\tguid\\t7\\ntank\\thealth\\tONLINE\\n"
             "tank\\taltroot\\t/run/krecovery/tank\\ntank\\treadonly\\toff\\n' ;;\n"
             "*bootfs,altroot*) printf '%s\\n/run/krecovery/tank\\n' \"${BOOTFS:-tank/ROOT/default}\" ;;\n"
             "export*) echo \"cannot export 'tank': pool is busy\" >&2; exit 1 ;;\n"
             "esac\n");
        stub("zfs",
             "case $1 in\n"
             "version) printf 'zfs-2.3.2-1\\nzfs-kmod-2.3.2-1\\n' ;;\n"
             "get) for set in mountpoint=/run/krecovery/tank canmount=noauto keystatus=-; do\n"
             "printf 'tank/ROOT/default\\t%s\\t%s\\tlocal\\n' ${set%=*} ${set#*=}; done ;;\n"
             "esac\n");
        stub("lsblk", "echo '{\"blockdevices\": []}'\n");
        stub("mount",
             "case \"$*\" in\n"
             "'-t zfs '*) for place; do :; done; exec env PATH=\"$REAL\" mount --rbind / \"$place\" ;;\n"
             "*) exec env PATH=\"$REAL\" mount \"$@\" ;;\n"
             "esac\n");
        stub("enter",
             "mount -t tmpfs tmpfs /run && mkdir -p /run/kldload /run/krecovery/tank || exit 99\n"
             "REAL=$PATH; PATH=" +
                 directory.path() +
                 "/bin:$PATH; export REAL PATH\n"
                 "exec \"$@\"\n");
        if (run({"true"}).exit_code != 0) GTEST_SKIP() << "this user may not mount anything";
    }
    void stub(const std::string& name, const std::string& script) {
        ASSERT_TRUE(RealFiles().write(directory.path() + "/bin/" + name, "#!/bin/sh\n" + script, 0755));
    }
    std::vector<std::string> entering(const std::vector<std::string>& words) const {
        std::vector<std::string> argv{"unshare", "--mount"};
        if (::geteuid() != 0) argv.emplace_back("--map-root-user");
        argv.push_back(directory.path() + "/bin/enter");
        argv.insert(argv.end(), words.begin(), words.end());
        return argv;
    }
    static Output output_of(const std::vector<std::string>& argv) {
        ProcessRunner runner;
        const auto output =
            runner.run({.argv = argv, .timeout = std::chrono::seconds(60), .accept = [](int) { return true; }});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output.value_or(Output{-1, {}, {}});
    }
    Output run(const std::vector<std::string>& words) const { return output_of(entering(words)); }
    /// What krecovery does, with words before it.
    Output krecovery(const std::vector<std::string>& words, std::vector<std::string> before = {}) const {
        before.insert(before.end(), {kProgram, "krecovery"});
        before.insert(before.end(), words.begin(), words.end());
        return run(before);
    }
    const TemporaryDirectory directory = *TemporaryDirectory::make("/tmp");
};

const std::vector<std::vector<std::string>> kVerbs{
    {"pools"}, {"import", "tank"}, {"list"}, {"activate", "default"}, {"chroot"}, {"esp"}, {"firmware"}, {"export"}};

TEST_F(Krecovery, IsForRootAlone) {
    // Where the tests lie nobody else may look.
    const auto program = directory.path() + "/kldload-tools";
    fs::copy_file(kProgram, program);
    for (const auto& verb : kVerbs) {
        std::vector<std::string> argv;
        if (::geteuid() == 0) argv = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
        argv.insert(argv.end(), {program, "krecovery"});
        argv.insert(argv.end(), verb.begin(), verb.end());
        const auto said = output_of(argv);
        EXPECT_EQ(said.exit_code, 3) << verb[0] << said.err;
        EXPECT_NE(said.err.find("only root may do that"), std::string::npos) << verb[0] << said.err;
    }
}

TEST_F(Krecovery, ChangesNothingWhileSomebodyElseDoes) {
    const std::vector<std::string> held{"flock", "/run/kldload/pool.tank.lock"};
    for (const auto* verb : {"activate", "chroot", "esp", "export"}) {
        std::vector<std::string> words{verb};
        if (words[0] == "activate") words.emplace_back("default");
        const auto said = krecovery(words, held);
        EXPECT_EQ(said.exit_code, 3) << verb << said.err;
        EXPECT_NE(said.err.find("another change of the pool tank is under way"), std::string::npos) << said.err;
        words.emplace_back("--dry-run");
        EXPECT_EQ(krecovery(words, held).err.find("under way"), std::string::npos) << verb << " only looks";
    }
    EXPECT_EQ(krecovery({"list"}, held).exit_code, 0);
}

TEST_F(Krecovery, WantsAnEnvironmentNamedWhereNoneIsTheDefault) {
    for (const auto* verb : {"chroot", "esp"}) {
        const auto said = krecovery({verb}, {"env", "BOOTFS=-"});
        EXPECT_EQ(said.exit_code, 2) << said.err;
        EXPECT_NE(said.err.find("no boot environment of tank boots by default"), std::string::npos) << said.err;
        EXPECT_NE(said.err.find("krecovery list"), std::string::npos) << said.err;
    }
}

TEST_F(Krecovery, SaysHowToFindWhatUsesThePool) {
    const auto said = krecovery({"export"});
    EXPECT_EQ(said.exit_code, 1);
    EXPECT_NE(said.err.find("pool is busy"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("fuser -vm /run/krecovery/tank"), std::string::npos) << said.err;
}

TEST_F(Krecovery, AChrootEndsWithAllThatItHasStarted) {
    // The output ends when nobody has it open any more.
    const auto said = krecovery({"chroot", "default", "--", "sh", "-c", "setsid sleep 300 & echo started; exit 7"});
    EXPECT_EQ(said.exit_code, 7) << said.err;
    EXPECT_EQ(said.out, "started\n");
    // Whom a user namespace makes root cannot unmount what was there before it.
    EXPECT_TRUE(::geteuid() != 0 || said.err.find("in use") == std::string::npos) << said.err;
}

TEST_F(Krecovery, AChrootEndsWithKrecovery) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd from(ends[0]);
    Fd to(ends[1]);
    auto program = Background::start(entering({kProgram, "krecovery", "chroot", "default", "--", "sh", "-c",
                                               "setsid sleep 300 & echo started; sleep 300"}),
                                     to.get());
    ASSERT_TRUE(program.has_value()) << render(program.error());
    to.reset();
    std::string text;
    const auto read_on = [&] {
        std::array<char, 256> buffer{};
        pollfd ready{from.get(), POLLIN, 0};
        if (::poll(&ready, 1, 60'000) <= 0) return false;
        const auto count = ::read(from.get(), buffer.data(), buffer.size());
        if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0;
    };
    while (text.find("started\n") == std::string::npos) ASSERT_TRUE(read_on()) << text;
    program->send_signal(SIGKILL);
    while (read_on()) {
    }
    pollfd gone{from.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&gone, 1, 0), 1);
    EXPECT_NE(gone.revents & POLLHUP, 0) << "something of it is still there";
}

}  // namespace
}  // namespace kld::recovery
