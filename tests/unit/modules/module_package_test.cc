// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_package.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "modules/compression.h"
#include "modules/module_signature.h"
#include "sample_tree.h"
#include "support/fakes.h"

namespace kld::modules {
namespace {

using namespace test;

class ModulePackageTest : public testing::Test {
protected:
    PackagePlan plan(const ModuleLayout& layout = {}) {
        BuiltModules built;
        built.layout = layout;
        built.epoch = 1756440000;
        for (const auto* name : {"spl", "zfs"})
            built.modules.push_back({name, *sign_module(make_module({.name = name}), sample_key()), "", ""});
        return *plan_package(built, kWish, "amd64", sample_key().certificate());
    }
    static std::string field(const PackagePlan& plan, const std::string& name) {
        for (const auto& [key, value] : plan.fields)
            if (key == name) return value;
        return "no such field";
    }
    static const PackagedFile& control(const PackagePlan& plan, const std::string& path) {
        for (const auto& file : plan.control)
            if (file.path == path) return file;
        throw std::out_of_range(path);
    }
};

TEST_F(ModulePackageTest, SatisfiesWhatZfsInitramfsAsksFor) {
    const auto package = plan();
    EXPECT_EQ(package.name, "zfs-modules-6.12.107+deb13-amd64");
    EXPECT_EQ(package.version, "2.3.9-0+deb13u1+kld2");
    EXPECT_EQ(field(package, "Provides"), "zfs-modules (= 2.3.9-0+deb13u1)");
    EXPECT_EQ(field(package, "Depends"), "linux-image-6.12.107+deb13-amd64, kmod, linux-base");
    EXPECT_EQ(field(package, "Conflicts"), "zfs-dkms");
    EXPECT_EQ(package.epoch, 1756440000);
}

TEST_F(ModulePackageTest, TheTieHoldsKernelAndModulesTogether) {
    const auto tie = plan_tie(kWish, "linux-image-amd64", "6.12.107-1", 5);
    EXPECT_EQ(tie.name, "kldload-kernel-amd64");
    EXPECT_EQ(tie.version, "6.12.107-1+2.3.9-0+deb13u1+kld2");
    EXPECT_EQ(field(tie, "Depends"),
              "linux-image-amd64 (= 6.12.107-1), linux-image-6.12.107+deb13-amd64, "
              "zfs-modules-6.12.107+deb13-amd64 (= 2.3.9-0+deb13u1+kld2)");
    EXPECT_EQ(field(tie, "Important"), "yes") << "apt must ask before it removes it for a newer kernel";
    EXPECT_TRUE(tie.files.empty());
}

TEST_F(ModulePackageTest, HoldsTheSignedModulesAsTheKernelShipsItsOwn) {
    const auto packed = plan();
    ASSERT_EQ(packed.files.size(), 3U);
    EXPECT_EQ(packed.files[1].path, "usr/lib/modules/6.12.107+deb13-amd64/updates/kldload/zfs.ko.xz");
    EXPECT_TRUE(verify_signature(*unpack_module(packed.files[1].bytes), sample_key().certificate()));
    const auto plain = plan({.directory = "/lib/modules", .xz = false});
    EXPECT_EQ(plain.files[1].path, "lib/modules/6.12.107+deb13-amd64/updates/kldload/zfs.ko");
    EXPECT_TRUE(verify_signature(plain.files[1].bytes, sample_key().certificate()));
}

TEST_F(ModulePackageTest, SaysWhereTheSourceIs) {
    const auto copyright = plan().files.back();
    EXPECT_EQ(copyright.path, "usr/share/doc/zfs-modules-6.12.107+deb13-amd64/copyright");
    EXPECT_NE(copyright.bytes.find("CDDL-1.0"), std::string::npos);
    EXPECT_NE(copyright.bytes.find("apt-get source zfs-linux=2.3.9-0+deb13u1"), std::string::npos);
    EXPECT_EQ(copyright.bytes.find('@'), std::string::npos);
}

TEST_F(ModulePackageTest, MaintainerScriptsAreValidShellForThisKernel) {
    const auto package = plan();
    ProcessRunner runner;
    for (const auto* name : {"postinst", "postrm"}) {
        const auto& script = control(package, name);
        EXPECT_EQ(script.mode, 0755U);
        EXPECT_TRUE(script.bytes.starts_with("#!/bin/sh\nset -e\n"));
        EXPECT_NE(script.bytes.find("kernel=6.12.107+deb13-amd64\n"), std::string::npos);
        EXPECT_NE(script.bytes.find("depmod \"$kernel\""), std::string::npos);
        EXPECT_TRUE(runner.run({.argv = {"sh", "-n"}, .input = script.bytes}));
    }
    EXPECT_EQ(control(package, "triggers").bytes, "activate-noawait update-initramfs\n");
}

TEST(PackageName, HasOnlyLegalLetters) {
    EXPECT_EQ(package_name("6.1.0-50-amd64"), "zfs-modules-6.1.0-50-amd64");
    EXPECT_EQ(package_name("6.8_RC~1"), "zfs-modules-6.8-rc-1");
}

}  // namespace
}  // namespace kld::modules
