// SPDX-License-Identifier: BSD-3-Clause
// Changing commands that are killed in the middle, and machines that lose their power there: nothing is lost, and the
// command works when it is run again. What is looked at is in guest/kill-points.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <array>

#include "base/text.h"
#include "vm/support/system_checks.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDefault = "rpool/ROOT/default";
constexpr const char* kDirectory = "/home/kill-points/";
constexpr unsigned kPoints = 6;  // of each command

using Verbs = std::vector<std::string>;
const Verbs kBootEnvironments{"kbe_create", "kbe_rename", "kbe_destroy", "kbe_destroy_origin", "kbe_activate",
                              "kbe_trial",  "kbe_commit", "kbe_prune",   "kbe_mount",          "kbe_unmount",
                              "kbe_run",    "kbe_export", "kbe_import"};
const Verbs kSnapshots{
    "ksnap_create",    "ksnap_destroy", "ksnap_hold",       "ksnap_release",       "ksnap_prune",
    "ksnap_scheduled", "ksnap_restore", "ksnap_rollback",   "ksnap_rollback_root", "kclone",
    "kclone_copy",     "kdir",          "krecovery_import", "krecovery_activate",  "krecovery_export"};
const Verbs kPackages{"kpkg_install", "kpkg_remove", "kpkg_upgrade", "kpkg_update",
                      "kpkg_undo",    "kpkg_hooks",  "kupgrade",     "kupgrade_staged"};

class KillPoints : public ToolsMachine {
protected:
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(ToolsMachine::SetUp());
        ASSERT_NO_FATAL_FAILURE(boot());
        answer(shell, fmt::format("mkdir {0}; chown admin {0}", kDirectory));
        ASSERT_NO_FATAL_FAILURE(send("one", "2", "exit 0\n"));
        answer(shell, fmt::format("mv /home/admin/one.deb {}two.deb", kDirectory));
        ASSERT_NO_FATAL_FAILURE(send("one", "1", "exit 0\n"));
        answer(shell, fmt::format("mv /home/admin/one.deb {}", kDirectory));
        KLD_ASSERT_OK(guest->ssh().copy_to(KLD_KILL_AT, std::string(kDirectory) + "kill-at"));
        KLD_ASSERT_OK(guest->ssh().copy_to(KLD_KILL_POINTS, std::string(kDirectory) + "kill-points"));
        answer(shell, fmt::format("cd {}; chmod +x kill-at kill-points", kDirectory));
        KLD_ASSERT_OK(points("prepare"));
    }
    /// @returns its last line; an error has what it said
    Result<std::string> points(const std::string& words) {
        KLD_TRY(const auto output,
                guest->ssh().run(fmt::format("sudo {}kill-points {}", kDirectory, words), std::chrono::hours(2)));
        if (output.exit_code != 0) return fail(words + ": " + output.out + output.err);
        const auto lines = split(std::string(trim(output.out)), '\n');
        return std::string(lines.empty() ? "" : lines.back());
    }
    /// $KLD_TEST_VERBS, with blanks between them: these alone.
    void kill_all(const std::vector<std::string>& verbs) {
        unsigned seed = 1;
        const char* some = std::getenv("KLD_TEST_VERBS");
        for (const auto& verb : verbs) {
            if (some != nullptr && !contains(words(some), verb)) continue;
            const auto held = points(fmt::format("run {} {} {}", verb, kPoints, seed++));
            KLD_ASSERT_OK(held);
            std::printf("%s\n", held->c_str());
            std::fflush(stdout);
            ASSERT_TRUE(held->starts_with(fmt::format("{}: {} points held", verb, kPoints))) << *held;
        }
        expect_healthy(shell, kDefault);
        KLD_ASSERT_OK(guest->shut_down_by_ssh());
    }
    /// Among how many places there is to choose.
    unsigned places(const std::string& verb) {
        const auto held = points(fmt::format("run {} 0 1", verb));
        EXPECT_TRUE(held.has_value()) << held.error().message;
        const auto at = held ? held->find(", of ") : std::string::npos;
        return at == std::string::npos ? 0 : static_cast<unsigned>(std::stoul(held->substr(at + 5)));
    }
    void lose_power(const std::string& verb, unsigned place) {
        answer(shell, fmt::format("nohup {}kill-points start {} {} </dev/null >/dev/null 2>&1 & true", kDirectory, verb,
                                  place));
        KLD_ASSERT_OK(guest->console().expect(vm::text("kill-at: stopped"), 300s));
        guest->pull_the_plug();
        ASSERT_NO_FATAL_FAILURE(boot());
    }
};

TEST_F(KillPoints, BootEnvironments) {
    kill_all(kBootEnvironments);
}

TEST_F(KillPoints, SnapshotsAndDirectories) {
    kill_all(kSnapshots);
}

TEST_F(KillPoints, Packages) {
    kill_all(kPackages);
}

TEST(KillPointsList, HasEveryCommandOnceAndTwoHundredPlaces) {
    Verbs all = kBootEnvironments;
    all.insert(all.end(), kSnapshots.begin(), kSnapshots.end());
    all.insert(all.end(), kPackages.begin(), kPackages.end());
    ProcessRunner runner;
    const auto listed = runner.run({.argv = {KLD_KILL_POINTS, "list"}});
    KLD_ASSERT_OK(listed);
    EXPECT_EQ(split(std::string(trim(listed->out)), ' '), all);
    EXPECT_GE(all.size() * kPoints, 200u);
}

TEST_F(KillPoints, ThePowerGoes) {
    unsigned i = 0;
    for (const auto* verb : {"kbe_create", "kbe_rename", "kbe_destroy_origin", "kbe_import", "ksnap_create",
                             "ksnap_restore", "ksnap_rollback", "kclone", "kdir", "kpkg_install"}) {
        const auto all = places(verb);
        ASSERT_GT(all, 10u) << verb;
        const auto place = 1 + all * (2 + i++ * 3 % 8) / 11;  // everywhere but the last moments
        SCOPED_TRACE(fmt::format("{} at {} of {}", verb, place, all));
        ASSERT_NO_FATAL_FAILURE(lose_power(verb, place));
        const auto settled = points(fmt::format("settle {}", verb));
        KLD_ASSERT_OK(settled);
        // What the command was prepared with is gone by then.
        expect_healthy(shell, kDefault);
        std::printf("%s at %u of %u: %s\n", verb, place, all, settled->c_str());
        std::fflush(stdout);
    }
    // What says what boots next is cut off while it is written: one of both boots, whole, and is what is said to boot.
    for (const auto& [verb, tenths] :
         {std::pair{"kbe_activate", 9u}, {"kbe_trial", 7u}, {"kbe_trial", 8u}, {"kbe_trial", 9u}}) {
        const auto all = places(verb);
        SCOPED_TRACE(fmt::format("{} at {} tenths of {}", verb, tenths, all));
        ASSERT_NO_FATAL_FAILURE(lose_power(verb, all * tenths / 10));
        const auto root = answer(shell, "findmnt -n -o SOURCE /");
        EXPECT_TRUE(root == kDefault || root == "rpool/ROOT/k") << root;
        expect_healthy(shell, root);
        // What came up on trial keeps itself a little later.
        EXPECT_EQ(answer(shell,
                         "until systemctl is-active -q multi-user.target; do sleep 1; done\n"
                         "zpool get -H -o value bootfs rpool; kbe list -H | cut -f2 | grep -c T || true"),
                  root + "\n0");
        std::printf("%s at %u tenths of %u: %s boots\n", verb, tenths, all, root.c_str());
        std::fflush(stdout);
        if (root != kDefault) {
            answer(shell, "kbe activate --force-unverified default");
            KLD_ASSERT_OK(guest->shut_down_by_ssh());
            ASSERT_NO_FATAL_FAILURE(boot());
        }
        answer(shell, "kbe destroy -o k");
    }
    SCOPED_TRACE("kupgrade: the environment from before boots");
    const auto all = places("kupgrade");
    ASSERT_NO_FATAL_FAILURE(lose_power("kupgrade", all * 6 / 10));
    const auto root = answer(shell, "findmnt -n -o SOURCE /");
    EXPECT_TRUE(root.starts_with("rpool/ROOT/default-pre-upgrade-")) << root;
    expect_healthy(shell, root);
    EXPECT_EQ(answer(shell, "dpkg --audit; dpkg-query -W -f '${Version}' one"), "1");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
