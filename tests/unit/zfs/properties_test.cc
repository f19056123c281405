// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/properties.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::zfs::test {
namespace {

TEST(Properties, AsOptionsGiveThem) {
    const auto parsed = parse_properties({"compression=zstd", "com.example:note=a=b c", "quota="});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed, (Properties{{"compression", "zstd"}, {"com.example:note", "a=b c"}, {"quota", ""}}));
    for (const auto* bad : {"compression", "=zstd", ""}) {
        const auto none = parse_properties({bad});
        ASSERT_FALSE(none.has_value()) << bad;
        EXPECT_EQ(none.error().code, ExitCode::usage);
    }
}

TEST(Properties, ACloneIsToldWhatWasSetAndNotHowItsOriginWasMade) {
    kld::test::ReplayRunner runner;
    runner.expect({"zfs", "get", "-Hp", "-t", "filesystem", "-o", "name,property,value,source", "-s", "local,received",
                   "all", "rpool/my data"},
                  "rpool/my data\tmountpoint\t/data\tlocal\nrpool/my data\tcanmount\ton\tlocal\n"
                  "rpool/my data\tcompression\tzstd\tlocal\nrpool/my data\trecordsize\t1048576\treceived\n"
                  "rpool/my data\tkeylocation\tprompt\tlocal\nrpool/my data\tutf8only\toff\t-\n"
                  "rpool/my data\torg.kldload:reason\tkbe\tlocal\nrpool/my data\tcom.example:note\ta b\tlocal\n");
    const auto properties = local_properties(runner, "rpool/my data");
    ASSERT_TRUE(properties.has_value());
    EXPECT_EQ(*properties,
              (Properties{{"com.example:note", "a b"}, {"compression", "zstd"}, {"recordsize", "1048576"}}));
}

}  // namespace
}  // namespace kld::zfs::test
