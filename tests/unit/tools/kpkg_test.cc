// SPDX-License-Identifier: BSD-3-Clause
// kpkg as it is said: plans, and the words of a manager as JSON.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "machine.h"

namespace kld::cmd {
namespace {

using Kpkg = Machine;
using Lines = std::vector<std::string>;
using Json = nlohmann::json;

TEST_F(Kpkg, AChangeIsAPlanForWhoIsNotRootToo) {
    is_root = false;
    runner.answers["readlink -f"] = {};
    files.entries.erase("/var/lib/dpkg");
    for (const auto& [verb, command] : std::vector<std::pair<std::string, std::string>>{
             {"install", "apt-get install -y nginx"}, {"remove", "apt-get remove -y nginx"}}) {
        const auto plan = steps(say({"kpkg", verb, "nginx", "--dry-run", "--json"}));
        ASSERT_EQ(plan.size(), 2U);
        EXPECT_TRUE(plan[0].starts_with("snapshot rpool/ROOT/default@kpkg-2")) << plan[0];
        EXPECT_NE(plan[0].find(" | zfs snapshot -o org.kldload:reason=kpkg -o org.kldload:transaction=kpkg-2"),
                  std::string::npos)
            << plan[0];
        EXPECT_EQ(plan[1], "change packages | " + command);
    }
    EXPECT_EQ(steps(say({"kpkg", "upgrade", "--dry-run", "--json", "--force-no-snapshot"})),
              Lines{"change packages | apt-get upgrade -y --with-new-pkgs"});
    const auto text = say({"kpkg", "install", "nginx", "--dry-run"}).out;
    EXPECT_TRUE(text.starts_with("1. snapshot rpool/ROOT/default@kpkg-")) << text;
    EXPECT_NE(text.find("2. change packages\n   apt-get install -y nginx\n"), std::string::npos) << text;
    EXPECT_TRUE(on_terminal.empty());
    expect_refused({"kpkg", "install", "nginx"}, ExitCode::refused, "only root may do that", "sudo, or doas");
}

TEST_F(Kpkg, HooksAreAPlan) {
    const std::string hook = "/etc/apt/apt.conf.d/80kldload-kpkg";
    const auto status = [&] { return Json::parse(say({"kpkg", "hooks", "--json"}).out); };
    EXPECT_EQ(status(), (Json{{"version", 1}, {"manager", "apt"}, {"on", false}, {"files", {hook}}}));
    EXPECT_EQ(steps(say({"kpkg", "hooks", "on", "--dry-run", "--json"})), Lines{"write " + hook + " | "});
    EXPECT_FALSE(files.exists(hook));
    EXPECT_EQ(say({"kpkg", "hooks", "off", "--dry-run"}).out, "nothing to do\n");
    EXPECT_EQ(steps(say({"kpkg", "hooks", "on", "--json"})), Lines{"write " + hook + " | "});
    EXPECT_TRUE(files.exists(hook));
    EXPECT_EQ(status().at("on"), true);
    EXPECT_EQ(say({"kpkg", "hooks"}).out, "on\n");
    EXPECT_EQ(say({"kpkg", "hooks", "off", "--dry-run"}).out, "1. remove " + hook + "\n");
    EXPECT_TRUE(files.exists(hook));
    EXPECT_EQ(say({"kpkg", "hooks", "off"}).out, "");
    EXPECT_FALSE(files.exists(hook));
    is_root = false;
    expect_refused({"kpkg", "hooks", "on"}, ExitCode::refused, "only root may do that", "sudo, or doas");
    EXPECT_FALSE(files.exists(hook));
}

TEST_F(Kpkg, UpdateSaysHowItEnded) {
    EXPECT_EQ(steps(say({"kpkg", "update", "--dry-run", "--json"})),
              Lines{"fetch what there is to install | apt-get update"});
    EXPECT_TRUE(on_terminal.empty());
    const auto good = say({"kpkg", "update", "--json"});
    EXPECT_EQ(Json::parse(good.out), (Json{{"version", 1}, {"manager", "apt"}, {"exit_code", 0}}));
    ASSERT_EQ(on_terminal.size(), 1U);
    EXPECT_EQ(shell_line(on_terminal[0].argv), "apt-get update");
    EXPECT_EQ(on_terminal[0].stdout_fd, STDERR_FILENO) << "its own words are no JSON";
    terminal_code = 100;
    const auto bad = say({"kpkg", "update", "--json"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_EQ(Json::parse(bad.out).at("exit_code"), 100);
    EXPECT_NE(bad.err.find("apt-get update failed with exit code 100"), std::string::npos) << bad.err;
    // Of dnf it says that there are updates.
    files.entries["/etc/os-release"] = {"ID=fedora\n"};
    files.entries["/usr/bin/dnf"] = {"program"};
    EXPECT_EQ(say({"kpkg", "update", "--json"}).code, 0);
    EXPECT_EQ(say({"kpkg", "update"}).out, "");
    EXPECT_EQ(on_terminal.back().stdout_fd, -1);
}

TEST_F(Kpkg, SearchIsATable) {
    runner.answers["apt-cache search nginx"].out = "nginx - small web server\n";
    EXPECT_EQ(Json::parse(say({"kpkg", "search", "nginx", "--json"}).out), Json::parse(R"({"version": 1, "packages": [
                  {"package": "nginx", "version": null, "summary": "small web server"}]})"));
    EXPECT_EQ(say({"kpkg", "search", "--json", "--", "-q"}).code, 2) << "no option of the manager";
    files.entries["/etc/os-release"] = {"ID=arch\n"};
    files.entries["/usr/bin/pacman"] = {"program"};
    runner.answers["pacman -Ss nginx"].out = "extra/nginx 1.26.2-1\n    Web server\n";
    EXPECT_EQ(Json::parse(say({"kpkg", "search", "nginx", "--json"}).out).at("packages").at(0).at("version"),
              "1.26.2-1");
    runner.answers["pacman -Ss nothing"].exit_code = 1;
    const auto nothing = say({"kpkg", "search", "nothing", "--json"});
    EXPECT_EQ(nothing.code, 0) << nothing.err;
    EXPECT_EQ(Json::parse(nothing.out).at("packages"), Json::array());
    runner.answers["pacman -Ss broken"] = {1, {}, "error: failed to initialize alpm library\n"};
    const auto broken = say({"kpkg", "search", "broken", "--json"});
    EXPECT_EQ(broken.code, 1);
    EXPECT_NE(broken.err.find("failed to initialize alpm library"), std::string::npos) << broken.err;
}

TEST_F(Kpkg, InfoIsAnObjectForEachPackage) {
    runner.answers["apt-cache show bash dash"].out =
        "Package: bash\nVersion: 5.2\nDescription: shell\n more\n .\n\xff\n\nPackage: dash\n\n";
    EXPECT_EQ(Json::parse(say({"kpkg", "info", "bash", "dash", "--json"}).out),
              Json::parse(R"({"version": 1, "packages": [
                  {"Package": "bash", "Version": "5.2", "Description": "shell\nmore\n"}, {"Package": "dash"}]})"));
    runner.answers["apt-cache show nothing"] = {100, {}, "E: No packages found\n"};
    const auto nothing = say({"kpkg", "info", "nothing", "--json"});
    EXPECT_EQ(nothing.code, 1);
    EXPECT_NE(nothing.err.find("No packages found"), std::string::npos) << nothing.err;
    EXPECT_EQ(nothing.out, "");
}

}  // namespace
}  // namespace kld::cmd
