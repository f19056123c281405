// SPDX-License-Identifier: BSD-3-Clause
#include "be/verify.h"

#include "support/fakes.h"
#include "worlds.h"

namespace kld::be {
namespace {

/// Runs the check on an environment that is not mounted, and has no file at all.
Result<check::Report> verify_one(const std::string& mountpoint, const std::string& options) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    runner.expect({"zpool", "sync", "rpool"});
    runner.expect({"zfs", "get", "-Hp", "-t", "filesystem", "-o", "name,property,value,source",
                   "canmount,mountpoint,readonly,origin,encryption,keyformat,keylocation,org.zfsbootmenu:active,"
                   "org.zfsbootmenu:kernel,org.zfsbootmenu:commandline,org.zfsbootmenu:rootprefix",
                   "rpool/ROOT/other"},
                  "rpool/ROOT/other\tmountpoint\t" + mountpoint + "\tlocal\n");
    runner.expect({"mktemp", "--directory", "/run/kldload-verify.XXXXXX"}, "/run/kldload-verify.1\n");
    runner.expect({"mount", "-t", "zfs", "-o", options, "rpool/ROOT/other", "/run/kldload-verify.1"});
    runner.expect({"umount", "/run/kldload-verify.1"});
    runner.expect({"rmdir", "/run/kldload-verify.1"});
    return verify(runner, files, sample(), "rpool/ROOT/other");
}

TEST(Verify, MountsForReadingAsTheDatasetWantsIt) {
    EXPECT_TRUE(verify_one("/", "zfsutil,ro").has_value());
    EXPECT_TRUE(verify_one("legacy", "ro").has_value());
}

}  // namespace
}  // namespace kld::be
