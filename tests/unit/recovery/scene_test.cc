// SPDX-License-Identifier: BSD-3-Clause
// All pools, by their labels and by what zpool(8) and zdb(8) say.
#include "recovery/scene.h"

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

const std::vector<std::string> kGet{"zpool", "get", "-Hp", "-o", "name,property,value", "guid,health,altroot,readonly"};

menu::Label label(const std::string& pool, std::uint64_t guid) {
    menu::Label made;
    made.pool = pool;
    made.pool_guid = guid;
    made.guid = made.top_guid = guid + 1;
    made.leaves = {guid + 1};
    made.hostid = 0x22;
    made.hostname = "web1";
    return made;
}

test::FakeFiles machine(const std::string& root = "rpool/ROOT/default") {
    test::FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {"30 1 0:26 / / rw - zfs " + root + " rw\n"};
    files.entries["/etc/hostid"] = {std::string("\x11\0\0\0", 4)};
    return files;
}

TEST(Scene, KnowsWhatIsImportedAndWhatIsNot) {
    auto files = machine();
    test::ReplayRunner runner;
    runner.expect(kGet,
                  "rpool\tguid\t5\nrpool\thealth\tONLINE\nrpool\taltroot\t-\nrpool\treadonly\toff\n"
                  "old pool\tguid\t9\nold pool\thealth\tDEGRADED\nold pool\taltroot\t/mnt\nold pool\treadonly\ton\n");
    runner.expect({"zpool", "import", "-d", "/dev/vdb2"}, "  pool: rpool\n    id: 77\n  state: ONLINE\n");
    const auto scene = probe_scene(
        runner, files,
        {{{"/dev/vda2", label("rpool", 5)}, {"/dev/vdb2", label("rpool", 77)}, {"/dev/vdc", label("tank", 9)}},
         {},
         {"/dev/sdx gave no answer"}},
        false);
    ASSERT_TRUE(scene.has_value()) << render(scene.error());
    ASSERT_EQ(scene->pools.size(), 3U);
    EXPECT_EQ(scene->hostid, 0x11U);
    EXPECT_TRUE(scene->pools[0].imported->runs);
    EXPECT_FALSE(scene->pools[1].imported.has_value());
    EXPECT_EQ(scene->pools[1].offer.state, "ONLINE");
    EXPECT_TRUE(scene->pools[1].of_another_system(scene->hostid));
    EXPECT_EQ(scene->pools[2].imported->name, "old pool") << "by the GUID, whatever it is called here";
    EXPECT_EQ(scene->pools[2].imported->altroot, "/mnt");
    EXPECT_TRUE(scene->pools[2].imported->readonly);
    EXPECT_FALSE(scene->pools[2].imported->runs);
    EXPECT_EQ(remarks(*scene),
              (Lines{"/dev/sdx gave no answer", "2 pools are called rpool: name this one by its GUID, 77",
                     "rpool (77) was last used by web1 and not exported: import it with --force, once that system does "
                     "not run"}));
}

TEST(Scene, AsksForBootEnvironmentsWithoutImporting) {
    auto files = machine("/dev/sda1");
    files.entries["/usr/sbin/zdb"] = {};
    const std::vector<std::string> offers{"zpool", "import", "-d", "/dev/vdb2"};
    for (const auto& [out, err, answer] :
         {std::tuple{"Dataset my pool/ROOT [ZPL], ID 387, cr_txg 14, 24K, 6 objects\n", "", "yes"},
          std::tuple{"", "zdb: can't open 'my pool/ROOT': No such file or directory\n", "no"},
          std::tuple{"", "zdb: can't open 'my pool': Input/output error\n", "-"}}) {
        test::ReplayRunner runner;
        runner.expect(kGet);
        runner.expect(offers, "  pool: my pool\n    id: 77\n  state: ONLINE\n");
        runner.expect({"zdb", "-e", "-p", "/dev/vdb2", "-d", "my pool/ROOT"}, out, *err == '\0' ? 0 : 1, err);
        const auto scene = probe_scene(runner, files, {{{"/dev/vdb2", label("my pool", 77)}}, {}, {}}, true);
        ASSERT_TRUE(scene.has_value()) << render(scene.error());
        const auto table = list_pools(*scene);
        ASSERT_EQ(table.rows.size(), 1U);
        EXPECT_EQ(std::get<std::string>(table.rows[0][5]), answer);
    }
}

TEST(Scene, SaysWhyAPoolIsNotOffered) {
    auto files = machine();
    test::ReplayRunner runner;
    runner.expect(kGet);
    runner.expect({"zpool", "import", "-d", "/dev/vdb2"}, {}, 1, "no pools available to import\n");
    auto exported = label("tank", 77);
    exported.state = menu::PoolState::exported;
    const auto scene = probe_scene(runner, files, {{{"/dev/vdb2", exported}}, {}, {}}, false);
    ASSERT_TRUE(scene.has_value());
    EXPECT_EQ(scene->pools[0].offer.state, "UNKNOWN");
    EXPECT_FALSE(scene->pools[0].offer.may_be_imported());
    EXPECT_EQ(remarks(*scene), (Lines{"tank (77): no pools available to import"}));
}

TEST(Scene, WithoutAnyPoolSaysSo) {
    EXPECT_EQ(remarks({}), (Lines{"no device has a pool: are all disks attached?"}));
    EXPECT_EQ(to_columns(list_pools({})), "");
}

TEST(Scene, ListsForPeopleAndForPrograms) {
    auto scene = scene_of({running("rpool", 5), seen("my pool", 77)});
    scene.pools[1].has_root = true;
    const auto table = list_pools(scene);
    EXPECT_EQ(to_tabs(table),
              "rpool\t5\tONLINE\tweb1\t1795751820\t-\trpool\t-\t/dev/vda2\t0\t00000011\tno\tno\t-\t-\n"
              "my pool\t77\tONLINE\tweb1\t1795751820\tyes\t-\t-\t/dev/vdb2\t0\t00000022\tyes\tno\t-\t-\n");
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size());
}

TEST(Scene, LooksAtImagesOfDisksToo) {
    for (const auto* name : {"sda", "nvme0n1p2", "loop0p2", "nbd0p2", "zd16", "dm-0"})
        EXPECT_TRUE(may_be_recovered(name)) << name;
    for (const auto* name : {"ram0", "zram0", "sr0", "fd0"}) EXPECT_FALSE(may_be_recovered(name)) << name;
}

}  // namespace
}  // namespace kld::recovery
