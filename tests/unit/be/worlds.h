// SPDX-License-Identifier: BSD-3-Clause
// Boot environments that tests change.
#pragma once

#include <gtest/gtest.h>

#include "base/text.h"
#include "be/changes.h"

namespace kld::be {

inline constexpr std::time_t kMoment = 1795751820;  // 2026-11-27 03:57 UTC

inline boot::Dataset environment(const std::string& name, const std::string& origin = "-") {
    return {name,
            {{"mountpoint", {"/", "local"}},
             {"canmount", {"noauto", "local"}},
             {"origin", {origin, "-"}},
             {"used", {"1000", "-"}},
             {"usedbysnapshots", {"10", "-"}},
             {"referenced", {"2000", "-"}},
             {"creation", {"1795751820", "-"}},
             {"keystatus", {"-", "-"}}}};
}

/// "default" runs and boots next; "other" was cloned from it, "third" from other.
inline World sample() {
    World world{"rpool", "rpool/ROOT", "rpool/ROOT/default", "rpool/ROOT/default"};
    world.datasets = {environment("rpool/ROOT/default"), environment("rpool/ROOT/other", "rpool/ROOT/default@kbe-1"),
                      environment("rpool/ROOT/third", "rpool/ROOT/other@b")};
    world.snapshots = {
        {.name = "rpool/ROOT/default@kbe-1", .order = 10, .clones = {"rpool/ROOT/other"}},
        {.name = "rpool/ROOT/default@held", .order = 11, .holds = 1},
        {.name = "rpool/ROOT/other@a", .order = 20},
        {.name = "rpool/ROOT/other@b", .order = 21, .clones = {"rpool/ROOT/third"}},
        {.name = "rpool/ROOT/other@c", .order = 22},
    };
    world.mounts = {{"rpool/ROOT/default", "/", "zfs"}};
    world.now = kMoment;
    return world;
}

inline std::vector<std::string> commands(const Result<zfs::Plan>& plan) {
    if (!plan) return {render(plan.error())};
    std::vector<std::string> all;
    for (const auto& step : plan->steps) all.push_back(shell_line(step.argv));
    return all;
}
using Lines = std::vector<std::string>;

/// The plan is refused with this exit code and a message that has this text.
template <typename T>
void expect_refused(const Result<T>& plan, ExitCode code, const std::string& text) {
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error().code, code);
    EXPECT_NE(plan.error().message.find(text), std::string::npos) << plan.error().message;
    EXPECT_FALSE(plan.error().hint.empty());
}

}  // namespace kld::be
