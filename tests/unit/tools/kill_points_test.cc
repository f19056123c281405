// SPDX-License-Identifier: BSD-3-Clause
// Every change is one that tests/vm/guest/kill-points ends in the middle.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "verbs.h"

namespace kld::cmd {
namespace {

/// Changes that are not killed, by the name they would have there, and why.
const std::map<std::string, std::string> kNotKilled{
    {"kexport", "needs disks and programs of its own: vm.export kills it"},
    {"krecovery_chroot", "mounts what nobody else sees, and changes nothing but by the command"},
    {"krecovery_esp", "writes boot files by the steps that vm.esp cuts off one by one"},
    {"krecovery_firmware", "changes one variable of the firmware, by one call of efibootmgr"}};

/// "kbe create" → "kbe_create". All images are made by one export, whatever their format.
std::string point_name(const std::string& verb) {
    return verb.starts_with("kexport ") ? "kexport" : replace_all(verb, " ", "_");
}

TEST(KillPoints, AreOfEveryVerbThatChangesSomething) {
    ProcessRunner runner;
    const auto listed =
        runner.run({.argv = {"bash", std::string(KLD_SOURCE_DIR) + "/tests/vm/guest/kill-points", "list"}});
    ASSERT_TRUE(listed) << render(listed.error());
    const auto points = words(trim(listed->out));
    ASSERT_GT(points.size(), 20U) << listed->out;
    std::set<std::string> missing, known;
    for_each_verb([&](const std::string& verb, const CLI::App& app) {
        const auto name = point_name(verb);
        if (has_option(app, "--dry-run") && std::none_of(points.begin(), points.end(), [&](const auto& point) {
                return point == name || point.starts_with(name + "_");
            }))
            missing.insert(name);
    });
    for (const auto& [name, reason] : kNotKilled) known.insert(name);
    EXPECT_EQ(missing, known) << "what is missing is neither killed nor said why not";
}

}  // namespace
}  // namespace kld::cmd
