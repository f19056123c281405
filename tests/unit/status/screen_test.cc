// SPDX-License-Identifier: BSD-3-Clause
#include "status/screen.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "samples.h"
#include "status/pool_status.h"
#include "status/verdict.h"

namespace kld::status::test {
namespace {

using kld::test::expect_golden;

/// The healthy machine with one disk faulted, another pool that lost data, and more.
State troubled_state() {
    auto state = healthy_state();
    const auto health = *parse_pool_status(sample("zfs-2.3/status-degraded.txt"));
    state.pools->at(0).health = health[0];
    state.pools->push_back(Pool{"tank", health[1]});
    state.pools->at(1).space = PoolSpace{"tank", 1000000, 970000, 30000, 61, "", true};
    state.boot->next = "rpool/ROOT/before-upgrade";
    state.boot->next_kernel.clear();
    state.failed_services = std::vector<std::string>{"nginx.service", "srv-data.mount"};
    state.reboot_required = "";
    state.check = check::Report{"/",
                                "running system",
                                {{"B02",
                                  "ZFS modules in the initramfs",
                                  check::Status::fail,
                                  "rpool/ROOT/default",
                                  "6.12.107+deb13-amd64",
                                  "no zfs.ko",
                                  "update-initramfs -u",
                                  {}},
                                 {"B22", "EFI system partition", check::Status::pass}}};
    return state;
}

TEST(Screen, AMachineThatIsWell) {
    const auto state = healthy_state();
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::done);
    expect_golden("status/healthy.screen.txt", to_screen(state, false));
}

TEST(Screen, AMachineInTrouble) {
    const auto state = troubled_state();
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::failed);
    expect_golden("status/troubled.screen.txt", to_screen(state, false));
}

TEST(Screen, JsonOfBoth) {
    expect_golden("status/healthy.json", to_json(healthy_state()));
    expect_golden("status/troubled.json", to_json(troubled_state()));
}

TEST(Screen, MetricsOfBoth) {
    expect_golden("status/healthy.prom", to_metrics(healthy_state()));
    expect_golden("status/troubled.prom", to_metrics(troubled_state()));
}

TEST(Screen, AllSayThatATrialBootsNext) {
    auto state = healthy_state();
    state.boot->trial = boot::Trial{.dataset = "rpool/ROOT/new", .left = 2, .allowed = 3};
    const auto screen = to_screen(state, false);
    EXPECT_NE(screen.find("rpool/ROOT/default runs, rpool/ROOT/new boots next"), std::string::npos) << screen;
    EXPECT_NE(screen.find("pending: rpool/ROOT/new boots next"), std::string::npos) << screen;
    const auto json = nlohmann::json::parse(to_json(state));
    EXPECT_EQ(json["boot"]["next"], "rpool/ROOT/new");
    EXPECT_EQ(json["reboot"], nlohmann::json::array({"rpool/ROOT/new boots next"}));
    const auto metrics = to_metrics(state);
    EXPECT_NE(metrics.find("next=\"rpool/ROOT/new\""), std::string::npos) << metrics;
    EXPECT_NE(metrics.find("kldload_reboot_pending 1\n"), std::string::npos) << metrics;
    state.boot->trial->left = 0;
    EXPECT_EQ(nlohmann::json::parse(to_json(state))["boot"]["next"], "rpool/ROOT/default");
    EXPECT_NE(to_metrics(state).find("kldload_reboot_pending 0\n"), std::string::npos);
}

TEST(Screen, NothingKnownIsNull) {
    const auto json = nlohmann::json::parse(to_json(State{}));
    for (const auto* key :
         {"pools", "boot", "arc", "memory", "load", "uptime", "processors", "failed_services", "transactions", "check"})
        EXPECT_TRUE(json.at(key).is_null()) << key;
    EXPECT_EQ(to_metrics(State{}).find("kldload_pool"), std::string::npos);
}

TEST(Screen, ColourIsForTerminalsAlone) {
    const auto state = troubled_state();
    EXPECT_EQ(to_screen(state, false).find('\x1b'), std::string::npos);
    EXPECT_NE(to_screen(state, true).find("\x1b[31mweb1: "), std::string::npos);
    EXPECT_NE(to_screen(healthy_state(), true).find("\x1b[32mweb1: all is well\x1b[0m"), std::string::npos);
}

TEST(Screen, NamesOfOthersDoNotSteerTheTerminal) {
    auto state = healthy_state();
    state.failed_services = std::vector<std::string>{"evil\x1b]0;owned\x07.service"};
    state.transactions->at(0).argv = {"kpkg", "install", "a\x1b[2J"};
    const auto screen = to_screen(state, false);
    EXPECT_EQ(screen.find('\x1b'), std::string::npos);
    EXPECT_NE(screen.find("evil?]0;owned?.service"), std::string::npos);
}

TEST(Screen, AScrubThatRestsOrWasStoppedSaysSinceWhen) {
    auto state = healthy_state();
    state.pools->at(0).health->scan = parse_pool_status(sample("zfs-2.3/status-paused.txt"))->at(0).scan;
    EXPECT_NE(to_screen(state, false).find("  scrub       paused 5 hours ago, 5.0 % done\n"), std::string::npos);
    state.pools->at(0).health->scan = parse_pool_status(sample("zfs-2.1/status-canceled.txt"))->at(0).scan;
    EXPECT_NE(to_screen(state, false).find("  scrub       canceled 6 hours ago\n"), std::string::npos);
}

TEST(Screen, MetricsEscapeWhatEndsALabel) {
    auto state = healthy_state();
    state.boot->running = "rpool/\"a\\b\n";
    EXPECT_NE(to_metrics(state).find(R"(running="rpool/\"a\\b\n")"), std::string::npos);
}

}  // namespace
}  // namespace kld::status::test
