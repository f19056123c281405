// SPDX-License-Identifier: BSD-3-Clause
// Transactions of packages: what is run in which order, what is refused, what is written down.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "packages/hook_run.h"
#include "packages/hooks.h"
#include "support/fakes.h"

namespace kld::packages {
namespace {

constexpr const char* kMounts =
    "25 1 0:23 / / rw shared:1 - zfs rpool/ROOT/default rw\n"
    "40 25 0:35 / /var/log rw shared:23 - zfs rpool/var/log rw\n";

const Manager& manager_of(const std::string& name) {
    for (const auto& manager : managers())
        if (manager.name == name) return manager;
    throw std::runtime_error("no manager is called " + name);
}

class Transactions : public testing::Test {
protected:
    void SetUp() override {
        files.entries["/proc/self/mountinfo"] = {kMounts};
        files.entries["/etc/os-release"] = {"ID=debian\n"};
        files.entries["/usr/bin/apt-get"] = {"program"};
        files.entries["/var/lib/dpkg/status"] = {"database"};
    }
    Result<Machine> machine(bool unprotected = false) {
        if (!unprotected) runner.expect({"readlink", "-f", "/var/lib/dpkg"}, "/var/lib/dpkg\n");
        return probe_machine(runner, files, unprotected);
    }
    void expect_installed(const std::string& packages) { runner.expect(manager_of("apt").installed, packages); }
    /// The list of snapshots is asked for, and one is made; its name has the moment in it.
    void expect_snapshot(int exit_code = 0, const std::string& said = {}) {
        runner.answer = [this, exit_code, said](const Command& command) -> std::optional<Result<Output>> {
            if (command.argv[0] != "zfs") return std::nullopt;
            if (command.argv[1] == "list") return Output{};
            if (command.argv[1] == "destroy") {
                destroyed = command.argv[2];
                return Output{};
            }
            snapshot = command.argv.back();
            if (exit_code == 0) return Output{};
            return fail(command_error(command, "exit " + std::to_string(exit_code), said));
        };
    }

    /// Answers zfs by a function, all else as a ReplayRunner.
    class ZfsRunner final : public Runner {
    public:
        void expect(std::vector<std::string> argv, std::string out = {}) {
            replay_.expect(std::move(argv), std::move(out));
        }
        Result<Output> run(const Command& command) override {
            if (answer)
                if (auto given = answer(command)) return *given;
            return replay_.run(command);
        }
        std::function<std::optional<Result<Output>>(const Command&)> answer;

    private:
        test::ReplayRunner replay_;
    };
    test::FakeFiles files;
    test::CaptureEvents events;
    ZfsRunner runner;
    std::string snapshot, destroyed;
};

TEST_F(Transactions, SnapshotThenWorkThenRecord) {
    const auto here = machine();
    ASSERT_TRUE(here) << render(here.error());
    expect_snapshot();
    expect_installed("acl:amd64\t2.3\tii \nnginx\t1.0\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "install", "nginx"}, false);
    ASSERT_TRUE(begun) << render(begun.error());
    EXPECT_TRUE(snapshot.starts_with("rpool/ROOT/default@kpkg-")) << snapshot;
    EXPECT_EQ(begun->record.snapshot, snapshot);
    ASSERT_EQ(read_log(files).size(), 1U);
    EXPECT_EQ(read_log(files)[0].result, "begun") << "should we be killed now";

    expect_installed("acl:amd64\t2.3\tii \nnginx\t1.1\tii \nzlib\t1\tiU \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
    ASSERT_TRUE(record);
    ASSERT_EQ(record->changes.size(), 2U);
    EXPECT_EQ(record->changes[0].package, "nginx");
    EXPECT_EQ(record->changes[0].before, "1.0");
    EXPECT_EQ(record->changes[0].after, "1.1");
    EXPECT_EQ(record->changes[1].before, std::nullopt);
    EXPECT_EQ(record->changes[1].after, "1 (iU)") << "not configured";
    const auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].result, "failed") << "half of it";
    EXPECT_EQ(log[0].argv, (std::vector<std::string>{"kpkg", "install", "nginx"}));
    EXPECT_EQ(log[0].changes.size(), 2U);
    EXPECT_EQ(destroyed, "");
}

TEST_F(Transactions, WithoutASnapshotNothingIsStarted) {
    const auto here = machine();
    expect_snapshot(1, "cannot create snapshot: out of space");
    expect_installed("acl\t1\tii \n");
    const auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    ASSERT_FALSE(begun);
    EXPECT_TRUE(begun.error().message.starts_with("no snapshot of rpool/ROOT/default could be taken"))
        << begun.error().message;
    EXPECT_EQ(begun.error().details.back(), "the package manager was not started; nothing changed");
    EXPECT_NE(begun.error().hint.find("--force-no-snapshot"), std::string::npos);
    EXPECT_TRUE(read_log(files).empty());
}

TEST_F(Transactions, WhereHooksWouldRefuseEachRunTheyAreNotSwitchedOn) {
    EXPECT_TRUE(machine());
    files.entries["/proc/self/mountinfo"] = {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"};
    const auto refused = probe_for_hooks(runner, files);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("the root file system is not ZFS"), std::string::npos);
    EXPECT_NE(refused.error().hint.find("kpkg hooks off"), std::string::npos) << "apt has no --force-no-snapshot";
}

TEST_F(Transactions, WhatEndsWellAndLeavesPackagesHalfDoneHasFailed) {
    const auto here = machine();
    for (const auto* letters : {"iU ", "iF ", "iH "}) {
        expect_snapshot();
        expect_installed("acl\t1\tii \n");
        auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
        ASSERT_TRUE(begun);
        expect_installed("acl\t2\t" + std::string(letters) + "\nnginx\t1\tii \n");
        const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->result, "failed") << letters;
        EXPECT_EQ(half_done(record->changes), std::vector<std::string>{"acl"});
    }
}

TEST_F(Transactions, ForcedOneHasNoSnapshot) {
    const auto here = machine(true);
    ASSERT_TRUE(here);
    expect_installed("acl\t1\tii \n");
    const auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, true);
    ASSERT_TRUE(begun) << render(begun.error());
    EXPECT_EQ(begun->record.snapshot, "");
    EXPECT_TRUE(begun->record.id.starts_with("kpkg-"));
}

TEST_F(Transactions, WhatChangedNothingDropsItsSnapshot) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    expect_installed("acl\t1\tii \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 0);
    EXPECT_EQ(destroyed, snapshot);
    EXPECT_EQ(record->result, "nothing");
    EXPECT_EQ(record->snapshot, "");
}

TEST_F(Transactions, AFailureKeepsItsSnapshotWhateverTheDatabaseSays) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    auto begun = begin(*here, runner, files, events, {"kpkg", "upgrade"}, false);
    expect_installed("acl\t1\tii \n");
    const auto record = finish(*here, runner, files, events, std::move(*begun), 100);
    EXPECT_EQ(destroyed, "");
    EXPECT_EQ(record->result, "failed");
    EXPECT_EQ(record->exit_code, 100);
    EXPECT_EQ(record->snapshot, snapshot);
}

TEST_F(Transactions, TheDatabaseMustLieInTheRoot) {
    files.entries["/proc/self/mountinfo"] = {std::string(kMounts) +
                                             "41 25 0:36 / /var/lib/dpkg rw - zfs rpool/var/lib/dpkg rw\n"};
    const auto refused = machine();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("rpool/var/lib/dpkg"), std::string::npos) << refused.error().message;
}

TEST_F(Transactions, ARootThatIsNotZfsIsRefused) {
    files.entries["/proc/self/mountinfo"] = {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"};
    const auto refused = probe_machine(runner, files, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_TRUE(machine(true)) << "but for who wants no way back";
}

TEST_F(Transactions, OneRunOfAManagerHasOneSnapshot) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    const auto first = snapshot;
    expect_installed("acl\t2\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", false));
    // Its second set.
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    expect_installed("acl\t2\tii \nnginx\t1\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", false));
    EXPECT_EQ(snapshot, first);
    auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].changes.size(), 2U);
    // Another run.
    expect_installed("acl\t2\tii \nnginx\t1\tii \n");
    snapshot.clear();
    ASSERT_TRUE(before_packages(*here, runner, files, events, "78-1300 apt-get"));
    EXPECT_NE(snapshot, "");
    // Whose call before was never seen: nothing is written down.
    const auto size = files.entries.at(kLog).bytes.size();
    ASSERT_TRUE(after_packages(*here, runner, files, "79-1400 apt-get", false));
    EXPECT_EQ(files.entries.at(kLog).bytes.size(), size);
}

TEST_F(Transactions, ARunThatFailedSaysSo) {
    const auto here = machine();
    expect_snapshot();
    expect_installed("acl\t1\tii \n");
    ASSERT_TRUE(before_packages(*here, runner, files, events, "77-1234 unattended-upgr"));
    expect_installed("acl\t1\tii \nevil\t1\tiF \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "failed") << "half configured";
    expect_installed("acl\t1\tii \nevil\t1\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "done") << "its next set mended that";
    expect_installed("acl\t1\trc \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", false));
    EXPECT_EQ(read_log(files)[0].result, "done") << "removed";
    expect_installed("acl\t2\tii \n");
    ASSERT_TRUE(after_packages(*here, runner, files, "77-1234 unattended-upgr", true));
    EXPECT_EQ(read_log(files)[0].result, "failed") << "the manager says so";
}

TEST_F(Transactions, AManagerThatLivesOnHasASnapshotForEachThingItDoes) {
    const auto here = machine();
    for (const auto* manager : {"77-1234 aptitude", "78-1300 packagekitd", "79-1400 dnf5daemon-serv"}) {
        SCOPED_TRACE(manager);
        for (const auto* version : {"2", "3"}) {
            expect_snapshot();
            expect_installed("acl\t1\tii \n");
            snapshot.clear();
            ASSERT_TRUE(before_packages(*here, runner, files, events, manager));
            EXPECT_NE(snapshot, "");
            expect_installed("acl\t" + std::string(version) + "\tii \n");
            ASSERT_TRUE(after_packages(*here, runner, files, manager, false));
        }
        EXPECT_EQ(read_log(files).back().changes.size(), 1U);
    }
}

TEST_F(Transactions, AHookThatCannotTakeASnapshotEndsTheManager) {
    const auto here = machine();
    expect_snapshot(1, "out of space");
    expect_installed("acl\t1\tii \n");
    EXPECT_FALSE(before_packages(*here, runner, files, events, "77-1234 apt-get"));
    EXPECT_FALSE(files.exists(kHookState));
}

TEST(Managers, AreThoseOfTheSystem) {
    test::FakeFiles files;
    files.entries["/usr/bin/dnf"] = files.entries["/usr/bin/apt-get"] = files.entries["/usr/bin/pacman"] = {"program"};
    const auto found = [&](const std::string& release) {
        files.entries["/etc/os-release"] = {release};
        const auto manager = find_manager(files);
        return manager ? (*manager)->name : render(manager.error());
    };
    EXPECT_EQ(found("ID=debian\n"), "apt");
    EXPECT_EQ(found("ID=ubuntu\nID_LIKE=debian\n"), "apt");
    EXPECT_EQ(found("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\n"), "dnf");
    EXPECT_EQ(found("ID=arch\n"), "pacman");
    EXPECT_EQ(found("ID=own\n"), "apt") << "by what is there";
    files.entries.erase("/usr/bin/dnf");
    files.entries["/usr/bin/dnf5"] = {"program"};
    EXPECT_EQ(found("ID=fedora\n"), "dnf5") << "no dnf is a link to it";
    files.entries.clear();
    EXPECT_NE(found("ID=debian\n").find("no package manager is known"), std::string::npos);
}

TEST(Managers, SayWhatIsInstalled) {
    EXPECT_EQ(manager_of("apt").parse("acl:amd64\t2.3-1\tii \nold\t1\trc \nheld\t2\thi \n\t\t\n"),
              (Packages{{"acl:amd64", "2.3-1"}, {"held", "2"}, {"old", "1 (rc)"}}));
    EXPECT_EQ(manager_of("dnf").parse("kernel.x86_64\t0:5.14-2\nkernel.x86_64\t0:5.14-1\nbash.x86_64\t0:5.1-9\n"),
              (Packages{{"bash.x86_64", "0:5.1-9"}, {"kernel.x86_64", "0:5.14-1 0:5.14-2"}}));
    EXPECT_EQ(manager_of("pacman").parse("bash 5.2.037-1\nlinux 6.12.1-1\n"),
              (Packages{{"bash", "5.2.037-1"}, {"linux", "6.12.1-1"}}));
    EXPECT_EQ(manager_of("pkg").parse("nginx\t1.26.2,3\n"), (Packages{{"nginx", "1.26.2,3"}}));
}

TEST(Managers, SayWhatKpkgSays) {
    std::string text;
    for (const auto& manager : managers()) {
        text += manager.name + "\n";
        for (const auto& [verb, command] :
             std::vector<std::pair<std::string, std::vector<std::string>>>{{"install", manager.install},
                                                                           {"remove", manager.remove},
                                                                           {"upgrade", manager.upgrade},
                                                                           {"update", manager.update},
                                                                           {"search", manager.search},
                                                                           {"list", manager.list},
                                                                           {"info", manager.info},
                                                                           {"installed", manager.installed}})
            text += "  " + verb + ": " + shell_line(command) + "\n";
    }
    test::expect_golden("packages/managers.txt", text);
}

TEST(Hooks, AreWrittenForEachManager) {
    test::FakeFiles files;
    std::string text;
    const auto add = [&](const std::string& name) {
        const auto hooks = hook_files(manager_of(name), files);
        ASSERT_TRUE(hooks) << render(hooks.error());
        for (const auto& hook : *hooks) text += "== " + hook.path + "\n" + hook.text;
    };
    add("apt");
    add("pacman");
    EXPECT_FALSE(hook_files(manager_of("dnf"), files)) << "there is neither of the two";
    files.entries["/usr/bin/dnf5"] = {"program"};
    const auto unprotected = hook_files(manager_of("dnf5"), files);
    ASSERT_FALSE(unprotected);
    EXPECT_EQ(unprotected.error().hint, "install libdnf5-plugin-actions");
    // dnf 4 alone would be the smaller half.
    files.entries["/usr/lib/python3.9/site-packages/dnf/plugin.py"] = {"module"};
    EXPECT_FALSE(hook_files(manager_of("dnf"), files));
    ASSERT_TRUE(files.make_directories("/etc/dnf/libdnf5-plugins/actions.d"));
    add("dnf");
    EXPECT_EQ(hook_files(manager_of("dnf5"), files)->size(), 2U);
    files.entries.erase("/usr/lib/python3.9/site-packages/dnf/plugin.py");
    EXPECT_EQ(hook_files(manager_of("dnf5"), files)->size(), 1U);
    const auto none = hook_files(manager_of("pkg"), files);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ExitCode::refused);
    test::expect_golden("packages/hooks.txt", text);
}

TEST(Hooks, ARunIsTheOutermostManager) {
    test::FakeFiles files;
    const auto process = [&](int pid, const std::string& name, int parent, int start) {
        std::string fields = "S " + std::to_string(parent);
        for (int i = 2; i < 19; ++i) fields += " 0";
        files.entries["/proc/" + std::to_string(pid) + "/stat"] = {std::to_string(pid) + " (" + name + ") " + fields +
                                                                   " " + std::to_string(start) + " 0 0\n"};
    };
    process(1, "systemd", 0, 1);
    process(50, "unattended-upgr", 1, 500);
    process(51, "apt-get", 50, 510);
    process(52, "sh", 51, 520);
    process(60, "bash (odd) name", 1, 600);
    process(61, "sh", 60, 610);
    EXPECT_EQ(run_of(files, 52), "50-500 unattended-upgr");
    EXPECT_EQ(run_of(files, 51), "50-500 unattended-upgr");
    EXPECT_EQ(run_of(files, 61), "") << "called by hand";
    EXPECT_EQ(run_of(files, 99), "") << "gone";
}

TEST(Package, TakesItsHooksAlongWhenItGoes) {
    const auto root = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(root.has_value());
    RealFiles files;
    ProcessRunner runner;
    test::FakeFiles fedora;
    fedora.entries["/usr/lib/python3.9/site-packages/dnf/plugin.py"] = {"module"};
    ASSERT_TRUE(fedora.make_directories("/etc/dnf/libdnf5-plugins/actions.d"));
    std::vector<HookFile> hooks;
    for (const auto* name : {"apt", "dnf", "pacman"}) {
        const auto known = hook_files(manager_of(name), fedora);
        ASSERT_TRUE(known) << render(known.error());
        for (const auto& hook : *known) hooks.push_back({root->path() + hook.path, hook.text});
    }
    ASSERT_EQ(hooks.size(), 5U);
    const auto compiled =
        root->path() + "/usr/lib/python3.9/site-packages/dnf-plugins/__pycache__/kldload.cpython-39.pyc";
    const auto log = root->path() + kLog;
    for (const auto& path : {compiled, log}) ASSERT_TRUE(files.make_directories(path.substr(0, path.rfind('/'))));
    const auto run = [&](const std::string& function) {
        return runner
            .run({.argv = {"sh", "-ec", "root=$1; . \"$2\"; $3", "sh", root->path(),
                           std::string(KLD_SOURCE_DIR) + "/packaging/kldload-tools/functions", function}})
            .has_value();
    };
    const auto left = [&] {
        return std::count_if(hooks.begin(), hooks.end(), [&](const auto& hook) { return files.exists(hook.path); });
    };
    ASSERT_TRUE(write_hooks(hooks, files));
    ASSERT_TRUE(files.write(compiled, "bytes"));
    ASSERT_TRUE(files.write(log, "record\n"));
    ASSERT_TRUE(run("removed"));
    EXPECT_EQ(left(), 0);
    EXPECT_FALSE(files.exists(compiled));
    EXPECT_TRUE(files.exists(log));
    for (const auto& hook : hooks) ASSERT_TRUE(files.write(hook.path, "// somebody else's\n"));
    ASSERT_TRUE(run("removed"));
    ASSERT_TRUE(run("purged"));
    EXPECT_EQ(left(), 5) << "what is not ours stays";
    EXPECT_FALSE(files.exists(log));

    // kpkg hooks off does the same.
    ASSERT_TRUE(files.write(compiled, "bytes"));
    ASSERT_TRUE(remove_hooks(hooks, files));
    EXPECT_EQ(left(), 0);
    EXPECT_FALSE(files.exists(compiled));

    // Each of them takes away what a killed `kpkg hooks on` left beside its files.
    const std::vector<std::function<void()>> ways{[&] { ASSERT_TRUE(write_hooks(hooks, files)); },
                                                  [&] { ASSERT_TRUE(remove_hooks(hooks, files)); },
                                                  [&] { ASSERT_TRUE(run("removed")); }};
    for (const auto& way : ways) {
        for (const auto& hook : hooks)
            for (const auto* end : {".4481.partial", "-mine.4481.partial"})
                ASSERT_TRUE(files.write(hook.path + end, "half"));
        way();
        for (const auto& hook : hooks) {
            EXPECT_FALSE(files.exists(hook.path + ".4481.partial")) << hook.path;
            EXPECT_TRUE(files.exists(hook.path + "-mine.4481.partial")) << hook.path;
        }
    }
}

TEST(Log, HalfALineIsPassedOver) {
    test::FakeFiles files;
    files.entries[kLog] = {"{\"version\":1,\"id\":\"kpkg-1\",\"resu"};
    ASSERT_TRUE(append({.id = "kpkg-2", .result = "done"}, files));
    const auto log = read_log(files);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].id, "kpkg-2");
}

TEST(Log, WhatIsNotUnderstoodIsNoRecord) {
    for (const auto* line : {"", "{}", "[]", "null", "{\"version\":2,\"id\":\"a\"}", "{\"version\":\"1\",\"id\":\"a\"}",
                             "{\"version\":1,\"id\":7}", "{\"version\":1}"})
        EXPECT_FALSE(parse_line(line)) << line;
    const auto odd =
        parse_line("{\"version\":1,\"id\":\"a\",\"time\":\"x\",\"argv\":[1,\"b\"],\"changes\":[1,{\"package\":2}]}");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->argv, std::vector<std::string>{"b"});
    EXPECT_TRUE(odd->changes.empty());
}

TEST(Log, ARecordComesBackAsItWas) {
    const Record record{"kpkg-1", 5,        "anna", {"kpkg", "remove", "a b"}, "apt", "p/r@kpkg-1",
                        "p/r",    "failed", 100,    {{"a", "1", std::nullopt}}};
    const auto back = parse_line(to_line(record));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_line(*back), to_line(record));
    EXPECT_EQ(back->changes[0].after, std::nullopt);
}

}  // namespace
}  // namespace kld::packages
