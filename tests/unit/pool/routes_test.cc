// SPDX-License-Identifier: BSD-3-Clause
#include "pool/routes.h"

#include <gtest/gtest.h>

namespace kld::pool {

namespace {

Layout layout_of(const std::vector<std::pair<std::string, std::string>>& datasets) {
    Layout layout;
    layout.pool = "p";
    for (const auto& [name, mountpoint] : datasets) {
        DatasetLayout dataset;
        dataset.name = name;
        dataset.mountpoint = mountpoint;
        layout.datasets.push_back(dataset);
    }
    return layout;
}

}  // namespace

TEST(Routes, LongestMountpointWins) {
    const Routes routes(layout_of({{"", "none"}, {"root", "/"}, {"var", "/var"}, {"log", "/var/log"}}));
    EXPECT_EQ(routes.dataset_of(""), 1U);
    EXPECT_EQ(routes.dataset_of("etc/passwd"), 1U);
    EXPECT_EQ(routes.dataset_of("var"), 2U);
    EXPECT_EQ(routes.dataset_of("var/lib/x"), 2U);
    EXPECT_EQ(routes.dataset_of("var/log"), 3U);
    EXPECT_EQ(routes.dataset_of("var/log/journal/x"), 3U);
}

TEST(Routes, AMountpointIsAWholeName) {
    const Routes routes(layout_of({{"root", "/"}, {"var", "/var"}}));
    EXPECT_EQ(routes.dataset_of("variable"), 0U);
    EXPECT_TRUE(routes.is_mountpoint("var"));
    EXPECT_TRUE(routes.is_mountpoint(""));
    EXPECT_FALSE(routes.is_mountpoint("var/log"));
}

TEST(Routes, WhatIsNotMountedTakesNothing) {
    auto layout = layout_of({{"root", "/"}, {"var", "/var"}, {"old", "none"}, {"other", "legacy"}});
    layout.datasets[1].mounts = false;
    const Routes routes(layout);
    EXPECT_EQ(routes.dataset_of("var/lib"), 0U);
    EXPECT_EQ(routes.mountpoints(), std::vector<std::string>{""});
}

}  // namespace kld::pool
