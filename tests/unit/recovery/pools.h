// SPDX-License-Identifier: BSD-3-Clause
// Pools that tests of recovery look at.
#pragma once

#include <gtest/gtest.h>

#include "base/text.h"
#include "recovery/scene.h"
#include "zfs/plan.h"

namespace kld::recovery {

inline constexpr std::uint32_t kOwnHostid = 0x11;

/// Exported, on /dev/vdb2, and zpool(8) would import it.
inline SeenPool seen(const std::string& name, std::uint64_t guid) {
    SeenPool pool;
    pool.label = {.name = name,
                  .import_name = name,
                  .guid = guid,
                  .state = menu::PoolState::exported,
                  .hostid = 0x22,
                  .hostname = "web1",
                  .written = 1795751820,
                  .devices = {"/dev/vdb2"}};
    pool.offer = {name, guid, "ONLINE", {}, {}};
    return pool;
}

inline SeenPool running(const std::string& name, std::uint64_t guid) {
    auto pool = seen(name, guid);
    pool.label.devices = {"/dev/vda2"};
    pool.label.state = menu::PoolState::active;
    pool.label.hostid = kOwnHostid;
    pool.offer = {};
    pool.imported = ImportedPool{.name = name, .guid = guid, .health = "ONLINE", .runs = true};
    return pool;
}

inline Scene scene_of(std::vector<SeenPool> pools) {
    Scene scene{.pools = std::move(pools), .hostid = kOwnHostid};
    for (const auto& pool : scene.pools)
        if (pool.imported) scene.imported.push_back(*pool.imported);
    return scene;
}

using Lines = std::vector<std::string>;

inline Lines commands(const zfs::Plan& plan) {
    Lines all;
    for (const auto& step : plan.steps) all.push_back(shell_line(step.argv));
    return all;
}
inline Lines commands(const Result<zfs::Plan>& plan) {
    return plan ? commands(*plan) : Lines{render(plan.error())};
}

/// Refused with this exit code, a message that has this text, and a way out that has that one.
template <typename T>
void expect_refused(const Result<T>& result, ExitCode code, const std::string& text, const std::string& hint) {
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, code) << render(result.error());
    EXPECT_NE(result.error().message.find(text), std::string::npos) << result.error().message;
    ASSERT_FALSE(result.error().hint.empty());
    EXPECT_NE(result.error().hint.find(hint), std::string::npos) << result.error().hint;
}

}  // namespace kld::recovery
