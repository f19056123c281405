// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/lock.h"
#include "support/fakes.h"

namespace kld::pipeline {
namespace {

constexpr std::time_t kDay = 86400;
constexpr std::time_t kNow = 1'800'000'000;

class Cache : public testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::make(testing::TempDir());
        ASSERT_TRUE(made);
        directory.emplace(std::move(*made));
    }
    std::string at(const std::string& name) const { return directory->path() + "/" + name; }
    void write(const std::string& name, std::size_t bytes) {
        ASSERT_TRUE(files.make_directories(std::filesystem::path(at(name)).parent_path()));
        ASSERT_TRUE(files.write(at(name), std::string(bytes, 'x')));
    }
    /// An entry's lock, last asked for so long ago.
    void used(const std::string& entry, std::time_t days) {
        write(entry + ".lock", 0);
        const timespec when{kNow - days * kDay, 0};
        const timespec times[] = {when, when};
        ASSERT_EQ(::utimensat(AT_FDCWD, at(entry + ".lock").c_str(), times, 0), 0);
    }
    std::vector<std::string> names(const std::vector<CacheEntry>& entries) const {
        std::vector<std::string> all;
        for (const auto& entry : entries) all.push_back(entry.kind + "/" + entry.name);
        return all;
    }

    RealFiles files;
    test::CaptureEvents events;
    std::optional<TemporaryDirectory> directory;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_F(Cache, EntriesAreWhatLiesBesideTheirLocks) {
    write("trees/debian-13-core-1.tar", 100'000);
    write("trees/debian-13-core-1.manifest.json", 10);
    write("trees/debian-13-core-10.tar", 10);
    used("trees/debian-13-core-1", 3);
    used("trees/debian-13-core-10", 2);
    write("streams/debian-13-2/root.zfs", 200'000);
    used("streams/debian-13-2", 5);
    used("menu/gone", 40);
    write("test-images/a.qcow2", 10);
    const auto entries = list_cache(directory->path());
    ASSERT_TRUE(entries);
    EXPECT_EQ(names(*entries),
              (Names{"menu/gone", "streams/debian-13-2", "trees/debian-13-core-1", "trees/debian-13-core-10"}));
    EXPECT_EQ((*entries)[0].bytes, 0U);
    EXPECT_GE((*entries)[1].bytes, 200'000U);
    EXPECT_GE((*entries)[2].bytes, 100'010U);
    EXPECT_LT((*entries)[2].bytes, 150'000U) << "what another entry's name begins with is not its own";
    EXPECT_EQ((*entries)[2].used, kNow - 3 * kDay);
    EXPECT_EQ(list_cache(at("nowhere"))->size(), 0U);
}

TEST_F(Cache, ARuleLetsGoAndYoungOnesStay) {
    const std::vector<CacheEntry> entries{{"trees", "a", 100, kNow - 40 * kDay},
                                          {"trees", "b", 100, kNow - 20 * kDay},
                                          {"trees", "c", 100, kNow - 2 * kDay},
                                          {"trees", "d", 100, kNow - 1000},
                                          {"trees", "e", 100, kNow + 5 * kDay}};
    const auto chosen = [&](const CacheRules& rules) { return names(choose_unused(entries, rules, kNow)); };
    EXPECT_EQ(chosen({.unused = kUnusedSeconds}), (Names{"trees/a"}));
    EXPECT_EQ(chosen({.unused = 0}), (Names{"trees/a", "trees/b", "trees/c"}));
    EXPECT_EQ(chosen({.max_bytes = 500}), Names{});
    EXPECT_EQ(chosen({.max_bytes = 499}), (Names{"trees/a"}));
    EXPECT_EQ(chosen({.max_bytes = 0}), (Names{"trees/a", "trees/b", "trees/c"}));
    EXPECT_EQ(chosen({.unused = 30 * kDay, .max_bytes = 350}), (Names{"trees/a", "trees/b"}));
    EXPECT_EQ(chosen({}), Names{});
}

TEST_F(Cache, WhatGoesGoesWhole) {
    write("trees/one.tar", 10);
    write("trees/one.manifest.json", 10);
    write("trees/other.tar", 10);
    used("trees/one", 40);
    used("trees/other", 40);
    write("tools/t/bin/program", 10);
    write("tools/t.manifest.json", 10);
    used("tools/t", 40);
    const auto held = Lock::try_take(at("trees/other.lock"), "busy");
    ASSERT_TRUE(held);
    const auto entries = list_cache(directory->path());
    ASSERT_TRUE(entries);
    const auto removed = remove_entries(files, directory->path(), *entries);
    ASSERT_TRUE(removed);
    EXPECT_EQ(names(*removed), (Names{"trees/one", "tools/t"}));
    EXPECT_EQ(*files.list(at("trees")), (Names{"other.lock", "other.tar"})) << "a build has it in its hands";
    EXPECT_TRUE(files.list(at("tools"))->empty());
}

TEST_F(Cache, ABuildsEndDropsWhatIsOld) {
    write("trees/old.tar", 10);
    used("trees/old", 31);
    write("trees/new.tar", 10);
    used("trees/new", 29);
    drop_unused(files, events, directory->path(), kNow);
    EXPECT_EQ(*files.list(at("trees")), (Names{"new.lock", "new.tar"}));
    ASSERT_EQ(events.told.size(), 1U);
    EXPECT_NE(events.told[0].find("not used for 30 days"), std::string::npos) << events.told[0];
    drop_unused(files, events, directory->path(), kNow);
    EXPECT_EQ(events.told.size(), 1U) << "nothing to say";
    // Who asks for an entry uses it.
    ASSERT_TRUE(Lock::wait_for(at("trees/new.lock")));
    drop_unused(files, events, directory->path(), kNow + 365 * kDay);
    EXPECT_TRUE(files.list(at("trees"))->empty());
}

TEST_F(Cache, ABuildsEndDropsWhatKilledBuildsLeft) {
    const auto busy = *TemporaryDirectory::make(directory->path());
    const auto name = busy.path().substr(busy.path().rfind('/') + 1);
    write("work/kldload.AbCd12/half/tree.tar", 10);
    write("kldload.backup7/of-somebody", 10);
    write("kldload.file12", 10);
    drop_unused(files, events, directory->path(), std::time(nullptr));
    EXPECT_TRUE(files.exists(at("work/kldload.AbCd12"))) << "it may have been made just now";
    EXPECT_TRUE(events.told.empty());
    write("work/builder-debian-13/etc/hostname", 10);
    write("work/builder-debian-13.lock", 0);
    write("work/builder-debian-12/etc/hostname", 10);
    const auto compiling = Lock::wait_for(at("work/builder-debian-12.lock"));
    drop_unused(files, events, directory->path(), std::time(nullptr) + 2 * kDay);
    EXPECT_EQ(*files.list(at("work")), (Names{"builder-debian-12", "builder-debian-12.lock"}));
    for (const auto& kept : {name, std::string("kldload.backup7"), std::string("kldload.file12")})
        EXPECT_TRUE(files.exists(at(kept))) << kept;
    EXPECT_EQ(events.told, (Names{"note what 1 killed builds left in the cache is gone"}));
}

TEST_F(Cache, AnEntryAskedForIsYoungAgain) {
    write("trees/kept.tar", 10);
    used("trees/kept", 400);
    ASSERT_TRUE(Lock::wait_for(at("trees/kept.lock")));
    drop_unused(files, events, directory->path(), std::time(nullptr));
    EXPECT_EQ(*files.list(at("trees")), (Names{"kept.lock", "kept.tar"}));
}

}  // namespace kld::pipeline
