// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/importable.h"

#include <gtest/gtest.h>

namespace kld::recovery {
namespace {

constexpr const char* kTwo =
    "   pool: rpool\n"
    "     id: 12345678901234567890\n"
    "  state: ONLINE\n"
    "status: The pool was last accessed by another system.\n"
    " action: The pool can be imported using its name or numeric identifier and\n"
    "\tthe '-f' flag.\n"
    "   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-EY\n"
    " config:\n"
    "\n"
    "\trpool       ONLINE\n"
    "\t  vdb2      ONLINE\n"
    "\n"
    "   pool: my pool\n"
    "     id: 77\n"
    "  state: UNAVAIL\n"
    "status: The pool uses the following feature(s) not supported on this system:\n"
    "\tcom.klarasystems:vdev_zaps_v2 (Support for root vdev ZAP.)\n"
    "action: The pool cannot be imported. Access the pool on a system that supports\n"
    "\tthe required feature(s), or recreate the pool from backup.\n"
    " config:\n"
    "\n"
    "\tmy pool     UNAVAIL  unsupported feature(s)\n"
    "\t  vdc       ONLINE\n";

TEST(Importable, SaysStateAndWhatIsWrong) {
    const auto pools = parse_importable(kTwo);
    ASSERT_EQ(pools.size(), 2U);
    EXPECT_EQ(pools[0].name, "rpool");
    EXPECT_EQ(pools[0].guid, 12345678901234567890U);
    EXPECT_EQ(pools[0].state, "ONLINE");
    EXPECT_TRUE(pools[0].may_be_imported());
    EXPECT_EQ(pools[0].status, "The pool was last accessed by another system.");
    EXPECT_EQ(pools[0].action, "The pool can be imported using its name or numeric identifier and the '-f' flag.");
    EXPECT_EQ(pools[1].name, "my pool");
    EXPECT_FALSE(pools[1].may_be_imported());
    EXPECT_EQ(pools[1].status,
              "The pool uses the following feature(s) not supported on this system: com.klarasystems:vdev_zaps_v2 "
              "(Support for root vdev ZAP.)");
    EXPECT_EQ(pools[1].action,
              "The pool cannot be imported. Access the pool on a system that supports the required feature(s), or "
              "recreate the pool from backup.");
}

TEST(Importable, KnowsAPoolThatMayOnlyBeRead) {
    const auto pools = parse_importable(
        "  pool: tank\n    id: 9\n  state: ONLINE\nstatus: The pool can only be accessed in read-only mode on this "
        "system. It\n\tcannot be accessed in read-write mode because it uses the following\n\tfeature(s) not supported "
        "on this system:\n\torg.x:y\naction: The pool cannot be imported in read-write mode. Import the pool "
        "with\n\t\"-o "
        "readonly=on\", access the pool on a system that supports the\n\trequired feature(s), or restore the pool from "
        "backup.\n config:\n\n\ttank  ONLINE\n");
    ASSERT_EQ(pools.size(), 1U);
    EXPECT_TRUE(pools[0].only_for_reading());
    EXPECT_FALSE(parse_importable(kTwo)[0].only_for_reading());
}

TEST(Importable, NothingAndNoiseAreNoPool) {
    EXPECT_TRUE(parse_importable("").empty());
    EXPECT_TRUE(parse_importable("no pools available to import\n").empty());
    EXPECT_TRUE(parse_importable("\tstate: ONLINE\n  id: 3\n").empty());
}

}  // namespace
}  // namespace kld::recovery
