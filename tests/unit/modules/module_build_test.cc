// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_build.h"
#include "modules/module_signature.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "modules/compression.h"
#include "modules/kernel_module.h"
#include "sample_tree.h"
#include "support/fakes.h"

namespace kld::modules {
namespace {

using namespace test;

class ModuleBuildTest : public testing::Test {
protected:
    SampleTree sample_;
    kld::test::CaptureEvents events_;

    Result<BuiltModules> build(const ModuleWish& wish = kWish) {
        return build_modules(sample_.files, events_, sample_.tree(), wish, sample_key());
    }
    std::string failure(const ModuleWish& wish = kWish) {
        const auto built = build(wish);
        return built ? "no error" : render(built.error());
    }
};

TEST_F(ModuleBuildTest, TakesWhatZfsDkmsBuiltAndSignsIt) {
    const auto built = build();
    ASSERT_TRUE(built) << render(built.error());
    ASSERT_EQ(built->modules.size(), 2U);
    EXPECT_EQ(built->modules[0].name, "spl");
    EXPECT_EQ(built->modules[1].name, "zfs");
    for (const auto& module : built->modules) {
        EXPECT_TRUE(verify_signature(module.bytes, sample_key().certificate()));
        EXPECT_EQ(module.version, "2.3.9-0+deb13u1");
    }
    EXPECT_TRUE(built->layout.xz);
    EXPECT_EQ(built->layout.directory, "/usr/lib/modules");
    EXPECT_GT(built->epoch, 0);
    EXPECT_TRUE(sample_.runner.asked.empty());
}

TEST_F(ModuleBuildTest, ReplacesTheSignatureThatDkmsPut) {
    sample_.put(sample_.built + "/zfs.ko.xz", *sign_module(make_module(), other_key()));
    const auto built = build();
    ASSERT_TRUE(built) << render(built.error());
    EXPECT_EQ(*strip_signature(built->modules[1].bytes), make_module());
    EXPECT_TRUE(verify_signature(built->modules[1].bytes, sample_key().certificate()));
}

TEST_F(ModuleBuildTest, TakesAllThatZfsNeedsAndNothingElse) {
    sample_.put_module({.name = "zfs", .depends = "spl,icp,libcrc32c"});
    sample_.put_module({.name = "icp", .depends = "spl"}, ".ko.zst");
    sample_.put_module({.name = "stranger", .depends = ""});
    const auto built = build();
    ASSERT_TRUE(built) << render(built.error());
    ASSERT_EQ(built->modules.size(), 3U);
    EXPECT_EQ(built->modules[0].name, "icp");
}

TEST_F(ModuleBuildTest, CompilesWhatIsMissing) {
    sample_.remove(sample_.built);
    sample_.runner.act = [this](const Command&) {
        sample_.put_module({.name = "spl", .depends = ""});
        sample_.put_module({.name = "zfs"});
    };
    const auto built = build();
    ASSERT_TRUE(built) << render(built.error());
    EXPECT_EQ(sample_.runner.asked,
              (std::vector<std::vector<std::string>>{{"dkms", "install", "zfs/2.3.9", "-k", "6.12.107+deb13-amd64"}}));
}

TEST_F(ModuleBuildTest, ABuildWithoutZfsKoSaysSoWithTheCompilersLastLines) {
    sample_.remove(sample_.built);
    sample_.put("/var/lib/dkms/zfs/2.3.9/build/make.log", "CC [M] zfs.o\nerror: unknown type name 'bdev_handle'\n");
    sample_.runner.output = {.exit_code = 0, .out = "Building module(s)\n"};
    const auto text = failure();
    EXPECT_NE(text.find("OpenZFS 2.3.9 was not built for the kernel 6.12.107+deb13-amd64: there is no zfs.ko"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("the end of /var/lib/dkms/zfs/2.3.9/build/make.log:"), std::string::npos) << text;
    EXPECT_NE(text.find("error: unknown type name 'bdev_handle'"), std::string::npos) << text;
    EXPECT_NE(text.find("→ exit 0"), std::string::npos) << text;
}

TEST_F(ModuleBuildTest, AnInterruptedBuildIsNoVerdictOnTheKernel) {
    sample_.remove(sample_.built);
    sample_.runner.broken = Error{"dkms failed", {"killed by signal 9"}};
    const auto text = failure();
    EXPECT_NE(text.find("there is no zfs.ko\n  dkms failed\n  killed by signal 9\n"), std::string::npos) << text;
    EXPECT_NE(text.find("hint: the compiler could not be run to its end; build again"), std::string::npos) << text;
}

TEST_F(ModuleBuildTest, FindsTheLogThatDkmsMovedAway) {
    sample_.remove(sample_.built);
    sample_.put("/var/lib/dkms/zfs/2.3.9/6.12.107+deb13-amd64/x86_64/log/make.log", "error: here\n");
    EXPECT_NE(failure().find("error: here"), std::string::npos);
}

TEST_F(ModuleBuildTest, SaysThatTheHeadersAreMissing) {
    sample_.remove(sample_.built);
    sample_.remove("/usr/lib/modules/6.12.107+deb13-amd64/build");
    EXPECT_NE(failure().find("hint: the headers are missing: install linux-headers-6.12.107+deb13-amd64"),
              std::string::npos);
}

TEST_F(ModuleBuildTest, RefusesAModuleOfAnotherKernel) {
    sample_.put_module({.name = "zfs", .vermagic = "6.12.90+deb13-amd64 SMP preempt "});
    EXPECT_NE(failure().find("zfs.ko was built for the kernel \"6.12.90+deb13-amd64\", not for 6.12.107+deb13-amd64"),
              std::string::npos);
}

TEST_F(ModuleBuildTest, RefusesAnSplOfAnotherKernel) {
    sample_.put_module({.name = "spl", .vermagic = "6.12.107+deb13-cloud-amd64 SMP ", .depends = ""});
    EXPECT_NE(failure().find("spl.ko was built for the kernel"), std::string::npos);
}

TEST_F(ModuleBuildTest, RefusesAnotherVersionOfOpenZfs) {
    sample_.put_module({.name = "zfs", .version = "2.2.7-1"});
    EXPECT_NE(failure().find("zfs.ko has version \"2.2.7-1\", the source is zfs-dkms 2.3.9-0+deb13u1"),
              std::string::npos);
}

TEST_F(ModuleBuildTest, NamesTheMissingSpl) {
    sample_.remove(sample_.built + "/spl.ko.xz");
    EXPECT_NE(failure().find("made no spl.ko"), std::string::npos);
}

TEST_F(ModuleBuildTest, NamesTheDamagedFile) {
    sample_.put(sample_.built + "/zfs.ko.xz", pack_xz(make_module())->substr(0, 100));
    EXPECT_NE(failure().find("updates/dkms/zfs.ko.xz: the xz stream of the module is damaged or cut short"),
              std::string::npos);
}

TEST_F(ModuleBuildTest, RefusesATreeOfOtherPackages) {
    auto wish = kWish;
    wish.zfs_version = "2.3.10-1";
    EXPECT_NE(failure(wish).find("the builder tree has zfs-dkms 2.3.9-0+deb13u1, wanted is 2.3.10-1"),
              std::string::npos);
    wish = kWish;
    wish.kernel_package = "linux-image-other";
    EXPECT_NE(failure(wish).find("has linux-image-other not installed"), std::string::npos);
}

TEST_F(ModuleBuildTest, StripsDebugInformationInsideTheTree) {
    sample_.put_module({.name = "zfs", .debug_info = true});
    sample_.put("/tmp/x", "");
    sample_.runner.act = [this](const Command&) { sample_.put("/tmp/kldload-zfs.ko", make_module()); };
    const auto built = build();
    ASSERT_TRUE(built) << render(built.error());
    EXPECT_EQ(sample_.runner.asked.at(0), (std::vector<std::string>{"strip", "--strip-debug", "/tmp/kldload-zfs.ko"}));
    EXPECT_FALSE(inspect_module(built->modules[1].bytes)->has_debug_info);
    EXPECT_FALSE(sample_.files.exists(sample_.root() + "/tmp/kldload-zfs.ko"));
}

TEST_F(ModuleBuildTest, NeverPutsTheKeyIntoTheTree) {
    ASSERT_TRUE(build());
    ProcessRunner runner;
    const auto found =
        runner.run({.argv = {"grep", "-rl", "PRIVATE KEY", sample_.root()}, .accept = [](int) { return true; }});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->out, "");
}

TEST(CheckModule, RefusesAnUnsignedModule) {
    EXPECT_EQ(message_of(check_module(make_module(), "zfs", kWish, sample_key().certificate())),
              "zfs.ko: the module is not signed");
}

TEST(CheckModule, RefusesAnotherSigner) {
    const auto bytes = *sign_module(make_module(), other_key());
    EXPECT_TRUE(message_of(check_module(bytes, "zfs", kWish, sample_key().certificate()))
                    .starts_with("zfs.ko: the module's signature was not made by"));
    EXPECT_TRUE(check_module(bytes, "zfs", kWish, other_key().certificate()));
}

TEST(CheckModule, KnowsTheVersionOfABundledLibrary) {
    auto wish = kWish;
    wish.zfs_version = "2.1.11-1+deb12u1";
    const auto bytes = *sign_module(make_module({.version = "1.4.5a-2.1.11-1+deb12u1"}), sample_key());
    EXPECT_TRUE(check_module(bytes, "zzstd", wish, sample_key().certificate()));
}

TEST(BuilderTree, ReadsInstalledVersions) {
    const std::string status =
        "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: b\nStatus: install ok "
        "installed\nVersion: 2\n"
        "\nPackage: c\nStatus: install ok half-configured\nVersion: 3";
    EXPECT_EQ(installed_version(status, "a"), "");
    EXPECT_EQ(installed_version(status, "b"), "2");
    EXPECT_EQ(installed_version(status, "c"), "");
    EXPECT_EQ(installed_version(status, "d"), "");
}

TEST(BuilderTree, FollowsTheKernelPackage) {
    const auto bookworm = module_layout("/lib/modules/6.1.0-50-amd64/kernel/fs/ext4/ext4.ko\n");
    EXPECT_EQ(bookworm.directory, "/lib/modules");
    EXPECT_FALSE(bookworm.xz);
    const auto trixie = module_layout("/.\n/usr/lib/modules/6.12/kernel/fs/ext4/ext4.ko.xz\n");
    EXPECT_EQ(trixie.directory, "/usr/lib/modules");
    EXPECT_TRUE(trixie.xz);
}

TEST(BuilderTree, WantsOneOpenZfsSource) {
    SampleTree sample;
    EXPECT_EQ(*dkms_source_version(sample.files, sample.root()), "2.3.9");
    sample.put("/usr/src/zfs-2.2.0/META", "");
    EXPECT_NE(message_of(dkms_source_version(sample.files, sample.root())).find("several OpenZFS sources: 2.2.0 2.3.9"),
              std::string::npos);
    sample.remove("/usr/src");
    EXPECT_NE(message_of(dkms_source_version(sample.files, sample.root())).find("no OpenZFS source"),
              std::string::npos);
}

}  // namespace
}  // namespace kld::modules
