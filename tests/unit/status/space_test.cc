// SPDX-License-Identifier: BSD-3-Clause
#include "status/space.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::status::test {
namespace {

const std::vector<std::string> kSpaceOf{"zfs", "list",
                                        "-Hp", "-r",
                                        "-t",  "filesystem,volume",
                                        "-o",  "name,usedbydataset,usedbysnapshots,usedbyrefreservation"};

TEST(Space, TheLargestComesFirst) {
    kld::test::ReplayRunner runner;
    runner.expect(kSpaceOf,
                  "rpool\t98304\t0\t0\nrpool/ROOT\t98304\t0\t0\nrpool/ROOT/default\t2000000\t300000\t0\n"
                  "rpool/swap\t12288\t0\t4000000\n");
    const auto table = read_space(runner, "");
    ASSERT_TRUE(table.has_value());
    EXPECT_EQ(to_tabs(*table),
              "rpool/swap\t4012288\t12288\t0\t4000000\nrpool/ROOT/default\t2300000\t2000000\t300000\t0\n"
              "rpool\t98304\t98304\t0\t0\nrpool/ROOT\t98304\t98304\t0\t0\n");
}

TEST(Space, OfOneDatasetAndWhatIsBelowIt) {
    kld::test::ReplayRunner runner;
    auto argv = kSpaceOf;
    argv.push_back("tank/my data");
    runner.expect(argv, "", 1, "cannot open 'tank/my data': dataset does not exist\n");
    const auto table = read_space(runner, "tank/my data");
    ASSERT_FALSE(table.has_value());
    EXPECT_EQ(table.error().details.back(), "cannot open 'tank/my data': dataset does not exist");
}

}  // namespace
}  // namespace kld::status::test
