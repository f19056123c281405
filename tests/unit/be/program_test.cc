// SPDX-License-Identifier: BSD-3-Clause
// The program of the tools as its package and its users meet it.
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld {
namespace {

const std::string kProgram = std::string(KLD_BIN_DIR) + "/kldload-tools";

Output run(const std::vector<std::string>& argv, const std::string& input = {}) {
    ProcessRunner runner;
    const auto output = runner.run({.argv = argv, .input = input, .accept = [](int) { return true; }});
    EXPECT_TRUE(output.has_value()) << render(output.error());
    return output ? *output : Output{-1, {}, {}};
}

TEST(Tools, EachNameHasAManPageAndACompletion) {
    const auto names = lines(run({kProgram, "--names"}).out);
    ASSERT_GE(names.size(), 2U);
    for (const auto& name : names) {
        const auto page = run({kProgram, "--man", name});
        EXPECT_EQ(page.exit_code, 0);
        EXPECT_TRUE(page.out.starts_with(".TH ")) << page.out;
        const auto script = run({kProgram, "--completion", name});
        EXPECT_EQ(run({"bash", "-n"}, script.out).exit_code, 0) << script.out;
        EXPECT_NE(script.out.find("-F _" + name + " " + name + "\n"), std::string::npos);
        EXPECT_EQ(run({kProgram, name, "--help"}).exit_code, 0);
    }
    EXPECT_EQ(run({kProgram, "--man", "nothing"}).exit_code, 2);
}

TEST(Tools, TheCompletionKnowsVerbsAndTheirOptions) {
    const auto script = run({kProgram, "--completion", "kpkg"}).out;
    const auto complete = [&](const std::string& line) {
        return std::string(trim(run({"bash", "-c",
                                     script + "COMP_WORDS=(" + line +
                                         " \"$1\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _kpkg; "
                                         "echo \"${COMPREPLY[@]}\"",
                                     "bash", line.ends_with("install") ? "--dr" : "ins"})
                                    .out));
    };
    EXPECT_EQ(complete("kpkg"), "install");
    EXPECT_EQ(complete("kpkg install"), "--dry-run");
}

TEST(Tools, ALinkIsTheToolOfItsName) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    const auto link = directory->path() + "/kbe";
    run({"ln", "-s", kProgram, link});
    EXPECT_NE(run({link, "--help"}).out.find("Usage: kbe "), std::string::npos);
    EXPECT_EQ(run({link, "--help"}).out, run({kProgram, "kbe", "--help"}).out);
}

TEST(Tools, WhatIsUnknownIsAUsageError) {
    EXPECT_EQ(run({kProgram}).exit_code, 2);
    EXPECT_EQ(run({kProgram, "nothing"}).exit_code, 2);
    EXPECT_EQ(run({kProgram, "kbe"}).exit_code, 2) << "a tool without a verb";
    EXPECT_EQ(run({kProgram, "kbe", "nothing"}).exit_code, 2);
    EXPECT_EQ(run({kProgram, "kpkg", "install"}).exit_code, 2) << "nothing to install";
    const auto option = run({kProgram, "kpkg", "install", "--dry-run", "--force-no-snapshot", "--", "-y"});
    EXPECT_EQ(option.exit_code, 2);
    EXPECT_NE(option.err.find("'-y' is no package's name"), std::string::npos) << option.err;
}

TEST(Tools, WhatNothingIsSaidForIsAUsageError) {
    const auto expect_usage = [](const std::vector<std::string>& argv, const std::string& text) {
        auto whole = argv;
        whole.insert(whole.begin(), kProgram);
        const auto said = run(whole);
        EXPECT_EQ(said.exit_code, 2) << shell_line(argv);
        EXPECT_NE(said.err.find(text), std::string::npos) << said.err;
    };
    expect_usage({"kbe", "prune"}, "nothing says which boot environments may go");
    expect_usage({"ksnap", "prune"}, "nothing says which snapshots may go");
    expect_usage({"ksnap", "create", "-r"}, "-r without a dataset");
    expect_usage({"kexport", "raw", "/tmp/x", "--plain", "--raw"}, "excludes");
}

TEST(Tools, EventsMayBeAskedForBeforeAndBehindTheVerb) {
    for (const auto& argv : {std::vector<std::string>{"kbe", "--events-fd", "99", "list"},
                             std::vector<std::string>{"kbe", "list", "--events-fd", "99"}}) {
        auto whole = argv;
        whole.insert(whole.begin(), kProgram);
        const auto said = run(whole);
        EXPECT_EQ(said.exit_code, 2);
        EXPECT_NE(said.err.find("descriptor 99 is not open for writing"), std::string::npos) << said.err;
    }
    // A verb's name is a name where one is asked for.
    const auto named = run({kProgram, "kpkg", "install", "--dry-run", "--force-no-snapshot", "undo"});
    EXPECT_NE(named.out.find(" undo\n"), std::string::npos) << named.out << named.err;
}

#ifndef __SANITIZE_ADDRESS__
TEST(Tools, TheProgramIsSmall) {
    // What fits into an initramfs and is read from the disk in no time.
    EXPECT_LE(std::stoul(run({"stat", "-c", "%s", kProgram}).out), 8UL << 20);
}

TEST(Tools, TheProgramIsStatic) {
    // It must run beside a libc that is broken, and in a rescue system.
    EXPECT_EQ(run({"readelf", "--program-headers", kProgram}).out.find("INTERP"), std::string::npos);
    EXPECT_EQ(run({"readelf", "--dynamic", kProgram}).out.find("NEEDED"), std::string::npos);
}
#endif

}  // namespace
}  // namespace kld
