// SPDX-License-Identifier: BSD-3-Clause
#include "modules/provide.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "modules/module_signature.h"
#include "sample_tree.h"
#include "support/fakes.h"

namespace kld::modules {
namespace {

using namespace test;

class ProvideTest : public testing::Test {
protected:
    SampleTree sample_;
    TemporaryDirectory cache_ = *TemporaryDirectory::make("/tmp");
    kld::test::CaptureEvents events_;
    int trees_ = 0;
    bool packer_works_ = true;

    Result<ModulePackage> get(const SigningKey& key = sample_key(), const ModuleWish& wish = kWish) {
        const Request request{
            .wish = wish,
            .cache_directory = cache_.path() + "/modules",
            .key = key,
            .builder_tree = [this]() -> Result<BuilderTree> {
                ++trees_;
                return sample_.tree();
            },
            .pack = [this](const PackagePlan& plan, const std::string& directory) -> Result<std::string> {
                if (!packer_works_) return fail("no packer");
                const auto path = directory + "/" + plan.name + ".deb";
                KLD_CHECK(sample_.files.write(path, plan.files.at(1).bytes));
                return path;
            }};
        return provide(sample_.files, events_, request);
    }
    std::vector<std::string> entries() {
        auto names = *sample_.files.list(cache_.path() + "/modules");
        std::erase_if(names, [](const auto& name) { return name.ends_with(".lock"); });
        return names;
    }
};

TEST_F(ProvideTest, BuildsOnceAndThenNeedsNoTree) {
    const auto first = get();
    ASSERT_TRUE(first) << render(first.error());
    EXPECT_FALSE(first->from_cache);
    EXPECT_EQ(first->name, "zfs-modules-6.12.107+deb13-amd64");
    EXPECT_EQ(first->fingerprint, sample_key().certificate().fingerprint());
    ASSERT_EQ(first->modules.size(), 2U);
    EXPECT_TRUE(verify_signature(*sample_.files.read(first->modules[1].path), sample_key().certificate()));

    const auto second = get();
    ASSERT_TRUE(second) << render(second.error());
    EXPECT_TRUE(second->from_cache);
    EXPECT_EQ(trees_, 1);
    EXPECT_EQ(second->path, first->path);
    EXPECT_EQ(second->sha256, first->sha256);
    EXPECT_EQ(second->modules[1].vermagic, first->modules[1].vermagic);
    EXPECT_EQ(second->wish.kernel_version, "6.12.107-1");
    EXPECT_EQ(events_.told.back(), "note modules for 6.12.107+deb13-amd64 come from the cache");
}

TEST_F(ProvideTest, AnotherKeyGetsAnotherPackage) {
    ASSERT_TRUE(get());
    const auto other = get(other_key());
    ASSERT_TRUE(other);
    EXPECT_EQ(trees_, 2);
    EXPECT_TRUE(verify_signature(*sample_.files.read(other->modules[1].path), other_key().certificate()));
}

TEST_F(ProvideTest, DropsWhatIsDamagedAndSaysSo) {
    for (const std::string victim : {"zfs.ko", "zfs-modules-6.12.107+deb13-amd64.deb", "record.json"}) {
        const auto good = get();
        ASSERT_TRUE(good) << render(good.error());
        const auto path = good->path.substr(0, good->path.rfind('/') + 1) + victim;
        ASSERT_TRUE(sample_.files.write(path, "damaged"));
        events_.told.clear();
        const auto again = get();
        ASSERT_TRUE(again) << render(again.error());
        EXPECT_FALSE(again->from_cache) << victim;
        EXPECT_NE(events_.told.at(0).find("is damaged and is dropped"), std::string::npos) << events_.told.at(0);
    }
    EXPECT_EQ(trees_, 4);
}

TEST_F(ProvideTest, NoticesAMissingFile) {
    const auto good = get();
    ASSERT_TRUE(good);
    ASSERT_TRUE(sample_.files.remove(good->path));
    EXPECT_FALSE(get()->from_cache);
}

TEST_F(ProvideTest, FollowsNoNameOutOfTheEntry) {
    const auto good = get();
    ASSERT_TRUE(good);
    const auto record = good->path.substr(0, good->path.rfind('/')) + "/record.json";
    auto text = *sample_.files.read(record);
    text.replace(text.find("\"zfs.ko\""), 8, "\"../zfs.ko\"");
    ASSERT_TRUE(sample_.files.write(record, text));
    EXPECT_FALSE(get()->from_cache);
}

TEST_F(ProvideTest, AFailedBuildLeavesNothing) {
    sample_.remove(sample_.built);
    const auto failed = get();
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().message.starts_with("cannot make the ZFS modules for 6.12.107+deb13-amd64: "));
    EXPECT_TRUE(entries().empty());
    packer_works_ = false;
    EXPECT_FALSE(get());
    EXPECT_TRUE(entries().empty());
}

TEST(CacheKey, DependsOnEveryInput) {
    std::vector<std::string> keys{cache_key(kWish, "amd64", "f")};
    auto wish = kWish;
    wish.kernel = "x";
    keys.push_back(cache_key(wish, "amd64", "f"));
    wish = kWish;
    wish.kernel_version = "x";
    keys.push_back(cache_key(wish, "amd64", "f"));
    wish = kWish;
    wish.zfs_version = "x";
    keys.push_back(cache_key(wish, "amd64", "f"));
    keys.push_back(cache_key(kWish, "arm64", "f"));
    keys.push_back(cache_key(kWish, "amd64", "g"));
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(std::unique(keys.begin(), keys.end()), keys.end());
    EXPECT_EQ(keys[0].size(), 64U);
}

}  // namespace
}  // namespace kld::modules
