// SPDX-License-Identifier: BSD-3-Clause
#include "menu/hibernation.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace kld::menu {

TEST(Hibernation, AHibernatedSystemIsNamedAndPlainSwapIsNot) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    const auto swap = [&](const std::string& name, const std::string& signature) {
        auto path = directory->path() + "/" + name;
        EXPECT_TRUE(RealFiles().write(path, std::string(4086, '\0') + signature + std::string(4096, '\0')));
        return path;
    };
    const auto plain = swap("plain", "SWAPSPACE2");
    const auto slept = swap("slept", std::string("S1SUSPEND\0", 10));
    EXPECT_TRUE(check_nobody_hibernates({plain, "/nonexistent"}));
    EXPECT_EQ(check_nobody_hibernates({plain, slept}).error().message,
              slept + " holds a hibernated system, which must go on or be shut down first");
}

}  // namespace kld::menu
