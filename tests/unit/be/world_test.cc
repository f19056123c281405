// SPDX-License-Identifier: BSD-3-Clause
// What is read of a system's boot environments.
#include "be/world.h"

#include "support/fakes.h"
#include "worlds.h"

namespace kld::be {
namespace {

class Probe : public testing::Test {
protected:
    void root(const std::string& dataset) {
        files.entries["/proc/self/mountinfo"] = {"30 1 0:26 / / rw - zfs " + dataset + " rw\n"};
    }
    void pool(const std::string& name, const std::string& answer) {
        runner.expect({"zpool", "get", "-H", "-o", "value", "bootfs,altroot", name}, answer);
    }
    void datasets(const std::string& container, const std::string& text) {
        runner.expect({"zfs", "get", "-Hp", "-r", "-t", "filesystem", "-o", "name,property,value,source",
                       join(kProperties, ","), container},
                      text);
    }
    test::FakeFiles files;
    test::ReplayRunner runner;
};

TEST_F(Probe, OfThePoolThatThisSystemRunsFrom) {
    root("tank/os/default");
    pool("tank", "tank/os/other\n-\n");
    datasets("tank/os", "tank/os\tmountpoint\tnone\tlocal\ntank/os/default\tmountpoint\t/\tlocal\n");
    const auto world = probe(runner, files, {}, false);
    ASSERT_TRUE(world.has_value()) << render(world.error());
    EXPECT_EQ(world->container, "tank/os") << "where the root lies, whatever it is called";
    EXPECT_EQ(world->running, "tank/os/default");
    EXPECT_EQ(world->next, "tank/os/other");
    EXPECT_EQ(world->altroot, "");
    ASSERT_EQ(world->datasets.size(), 1U);
}

TEST_F(Probe, OfAPoolAtAnAltrootHasMountPointsWithoutIt) {
    root("rpool/ROOT/default");
    pool("rpool-123456", "rpool-123456/ROOT/a\n/mnt\n");
    datasets("rpool-123456/ROOT",
             "rpool-123456/ROOT\tmountpoint\tnone\tlocal\nrpool-123456/ROOT/a\tmountpoint\t/mnt\tlocal\n"
             "rpool-123456/ROOT/b\tmountpoint\t/mnt/b\tlocal\n");
    const auto world = probe(runner, files, "rpool-123456", false);
    ASSERT_TRUE(world.has_value()) << render(world.error());
    EXPECT_EQ(world->altroot, "/mnt");
    EXPECT_EQ(world->running, "") << "what runs is of another pool";
    EXPECT_EQ(world->datasets[0].value("mountpoint"), "/");
    EXPECT_EQ(world->datasets[1].value("mountpoint"), "/b");
    EXPECT_TRUE(world->environment("a").has_value());
}

TEST_F(Probe, APoolOfDataAloneCanBeLookedAt) {
    root("rpool/ROOT/default");
    pool("tank", "-\n/mnt\n");
    const auto world = look_at_pool(runner, files, "tank");
    ASSERT_TRUE(world.has_value()) << render(world.error());
    EXPECT_EQ(world->container, "tank/ROOT") << "which is not there, and nobody asks for it";
    EXPECT_EQ(world->altroot, "/mnt");
    EXPECT_EQ(world->running, "");
}

TEST_F(Probe, WithoutAnyDefaultLooksIntoRoot) {
    root("rpool/ROOT/default");
    pool("tank", "-\n-\n");
    runner.expect({"zfs", "get", "-Hp", "-r", "-t", "filesystem", "-o", "name,property,value,source",
                   join(kProperties, ","), "tank/ROOT"},
                  {}, 1, "cannot open 'tank/ROOT': dataset does not exist");
    const auto world = probe(runner, files, "tank", false);
    ASSERT_FALSE(world.has_value());
    EXPECT_NE(world.error().hint.find("kldload's layout"), std::string::npos) << world.error().hint;
}

}  // namespace
}  // namespace kld::be
