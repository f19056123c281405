// SPDX-License-Identifier: BSD-3-Clause
// Hooks of the package managers: which are written, and that they go.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "manager_of.h"
#include "packages/hook_run.h"
#include "packages/hooks.h"
#include "support/fakes.h"

namespace kld::packages {
namespace {

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

}  // namespace
}  // namespace kld::packages
