// SPDX-License-Identifier: BSD-3-Clause
// What every command line promises.
#include "verbs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/fakes.h"

namespace kld::cmd {
namespace {

/// Verbs without --json, and why.
const std::map<std::string, std::string> kWithoutJson{
    {"ksnap policy", "its output is a file of another program, sanoid.conf(5)"},
};

/// They look, and change nothing; all others have --dry-run.
const std::set<std::string> kThatLook{"kbe list",       "kbe check",       "kbe diff",     "kdf",
                                      "kpkg list",      "kpkg search",     "kpkg info",    "kpkg history",
                                      "ksnap list",     "ksnap diff",      "ksnap policy", "ksnap space",
                                      "krecovery list", "krecovery pools", "kst"};

TEST(Verbs, HaveJson) {
    std::set<std::string> without;
    for_each_verb([&](const std::string& name, const CLI::App& verb) {
        if (!has_option(verb, "--json")) without.insert(name);
    });
    std::set<std::string> known;
    for (const auto& [name, reason] : kWithoutJson) known.insert(name);
    EXPECT_EQ(without, known);
}

TEST(Verbs, ThatChangeSomethingHaveADryRun) {
    std::set<std::string> without;
    unsigned all = 0;
    for_each_verb([&](const std::string& name, const CLI::App& verb) {
        ++all;
        if (!has_option(verb, "--dry-run")) without.insert(name);
    });
    EXPECT_EQ(without, kThatLook);
    EXPECT_GT(all, 40U) << "the verbs were not found";
}

TEST(Verbs, AreThereWhenTheyComeFirst) {
    for_each_verb([](const std::string& name, const CLI::App& verb) {
        const auto blank = name.find(' ');
        if (blank == std::string::npos) return;
        test::ReplayRunner runner;
        test::FakeFiles files;
        ToolContext context{
            .runner = runner, .files = files, .first_word = name.substr(blank + 1), .events = {}, .chosen = {}};
        for (const auto& tool : all_tools()) {
            if (name.substr(0, blank) != tool.name) continue;
            CLI::App app{tool.summary, tool.name};
            tool.add(app, context);
            const auto* same = app.get_subcommand(context.first_word);  // throws when it is not there
            EXPECT_EQ(same->get_options().size(), verb.get_options().size()) << name;
            EXPECT_EQ(same->get_description(), verb.get_description());
        }
    });
}

TEST(Verbs, SayWhatTheirOptionsAreFor) {
    for_each_verb([](const std::string& name, const CLI::App& verb) {
        EXPECT_FALSE(verb.get_description().empty()) << name;
        for (const auto* option : verb.get_options())
            EXPECT_FALSE(option->get_description().empty()) << name << " " << option->get_name();
    });
}

}  // namespace
}  // namespace kld::cmd
