// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tree.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/feature_package.h"
#include "pipeline/packages.h"
#include "support/fakes.h"

namespace kld::pipeline {
namespace {

const std::string kCatalog = std::string(KLD_SOURCE_DIR) + "/catalog";

class RootTree : public testing::Test {
protected:
    void SetUp() override {
        archive_.distro = catalog::find_distro(files_, kCatalog, "debian-13").value();
        archive_.lines = {"deb http://m.test/debian trixie main contrib"};
        wish_.profile = catalog::find_profile(files_, kCatalog, "server").value();
        wish_.locale = "C.UTF-8";
    }
    TreeWish with(const std::vector<std::string>& features) {
        auto wish = wish_;
        wish.features = catalog::find_features(files_, kCatalog, features, archive_.distro).value();
        return wish;
    }
    std::string name(const std::vector<std::string>& features) { return tree_name(archive_, with(features), {"deb"}); }

    RealFiles files_{};
    Archive archive_{};
    TreeWish wish_{};
};

TEST_F(RootTree, HasThePackagesOfItsFeatures) {
    const auto plain = wanted_packages(archive_, wish_);
    const auto cloud = wanted_packages(archive_, with({"cloud"}));
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    for (const auto* package : {"cloud-init", "qemu-guest-agent", "kldload-cloud"}) {
        EXPECT_FALSE(has(plain, package)) << package;
        EXPECT_TRUE(has(cloud, package)) << package;
    }
    for (const auto& package : plain) EXPECT_TRUE(has(cloud, package)) << package;
    EXPECT_FALSE(has(wanted_packages(archive_, with({"vmware"})), "kldload-vmware")) << "it has no files of ours";
}

TEST_F(RootTree, IsAnotherWithOtherFeatures) {
    EXPECT_TRUE(name({}).starts_with("debian-13-server-")) << name({});
    EXPECT_TRUE(name({"metal", "cloud"}).starts_with("debian-13-server+cloud+metal-")) << name({"metal", "cloud"});
    EXPECT_EQ(name({"metal", "cloud"}), name({"cloud", "metal", "cloud"}));
    EXPECT_NE(name({"cloud"}).substr(22), name({"vmware"}).substr(23));
    auto edited = with({"cloud"});
    edited.features.digest = "what the file is now";
    EXPECT_NE(tree_name(archive_, edited, {"deb"}), name({"cloud"}));
    EXPECT_NE(tree_name(archive_, with({"cloud"}), {"another deb"}), name({"cloud"}));
}

TEST_F(RootTree, PackageOfAFeatureHoldsItsFilesAtTheirPlaces) {
    ProcessRunner runner;
    test::CaptureEvents events;
    const auto directory = TemporaryDirectory::make("/tmp").value();
    Build build{
        runner, files_, events, {.cache = directory.path(), .keys = {}, .data = KLD_SOURCE_DIR, .programs = {}}};
    const auto deb = feature_package(build, "cloud");
    ASSERT_TRUE(deb.has_value()) << render(deb.error());
    EXPECT_NE(deb->find("/kldload-cloud_"), std::string::npos);
    const auto content = runner.run({.argv = {"dpkg-deb", "--contents", *deb}})->out;
    EXPECT_NE(content.find("-rw-r--r-- root/root"), std::string::npos) << content;
    EXPECT_NE(content.find("./etc/cloud/cloud.cfg.d/90_kldload.cfg"), std::string::npos) << content;
    EXPECT_EQ(runner.run({.argv = {"dpkg-deb", "--info", *deb, "conffiles"}})->out,
              "/etc/cloud/cloud.cfg.d/90_kldload.cfg\n");
    const auto metal = feature_package(build, "metal");
    ASSERT_TRUE(metal.has_value()) << render(metal.error());
    const auto hooks = runner.run({.argv = {"dpkg-deb", "--contents", *metal}})->out;
    const auto hook = hooks.find("./usr/share/initramfs-tools/hooks/kldload-amd-microcode");
    ASSERT_NE(hook, std::string::npos) << hooks;
    EXPECT_EQ(hooks.substr(hooks.rfind('\n', hook) + 1, 10), "-rwxr-xr-x") << "initramfs-tools runs what may be run";
}

}  // namespace
}  // namespace kld::pipeline
