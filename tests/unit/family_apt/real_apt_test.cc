// SPDX-License-Identifier: BSD-3-Clause
// Whether the real apt and dpkg take what was published, and nothing else.
#include <gtest/gtest.h>

#include "family/apt/deb.h"
#include "family/apt/repository.h"
#include "support/fakes.h"
#include "support/sample_repository.h"

namespace kld::apt {
namespace {

constexpr const char* kPackage = "/srv/kldload/kldload-sample_1.0_amd64.deb";

TEST(Deb, ItsScriptsCallTheFunctions) {
    auto sample = test::sample_package();
    sample.depends = {"kldload-other", "kldload-third"};
    const auto deb = to_deb(sample);
    auto text = control_text(deb);
    for (const auto& file : deb.control) text += "\n# " + file.path + "\n" + file.bytes;
    test::expect_golden("packing/sample.control", text);
    sample.functions.clear();
    sample.native = false;
    EXPECT_EQ(to_deb(sample).control.size(), 1U) << "conffiles alone";
    EXPECT_EQ(to_deb(sample).architecture, "all");
}

Result<std::string> pack_deb(Runner& runner, Files& files, const packing::Package& package,
                             const std::string& directory, long epoch) {
    return pack(runner, files, to_deb(package), directory, epoch);
}

class RealApt : public test::SampleMachine {
protected:
    RealApt() : SampleMachine({pack_deb, publish, packing::KeyKind::ed25519}, "debian") {}
    void prepare() override {
        tree->write("/etc/apt/apt.conf.d/00test",
                    "APT::Sandbox::User \"root\";\nDPkg::Options:: \"--force-confold\";\n");
        tree->write("/var/lib/dpkg/status", "");
        tree->said("mkdir -p /etc/apt/sources.list.d /etc/apt/preferences.d /var/lib/dpkg/info /var/lib/dpkg/updates");
        tree->said("mkdir /etc/alternatives; ln -s $(command -v mawk gawk | head -n 1) /etc/alternatives/awk");
    }
    std::string refusal() {
        return refusal_of("rm -rf /var/lib/apt/lists; apt-get update && apt-get install -y kldload-sample");
    }
};

TEST_F(RealApt, FromInstallToPurge) {
    tree->remember_names();
    tree->said("apt-get install -y kldload-sample");
    EXPECT_EQ(tree->said("sample; other-sample; dpkg --verify kldload-sample"), "sample\nsample\n");
    EXPECT_EQ(calls(), "installed ");

    tree->said("echo 'setting = 2' >/etc/kldload-sample/settings");
    publish_version("2.0");
    tree->said("apt-get update; apt-get upgrade -y");
    EXPECT_EQ(tree->said("dpkg-query -W kldload-sample; cat /etc/kldload-sample/settings"),
              "kldload-sample\t2.0\nsetting = 2\n");
    EXPECT_EQ(calls(), "") << "an update is no installation and no removal";

    tree->said("apt-get remove -y kldload-sample");
    EXPECT_EQ(calls(), "before_removal removed ");
    tree->said("apt-get install -y kldload-sample");
    EXPECT_EQ(calls(), "installed ") << "again after a removal";
    tree->said("apt-get purge -y kldload-sample");
    EXPECT_EQ(calls(), "before_removal removed purged ");
    EXPECT_EQ(tree->changed_names(), "");
    EXPECT_EQ(tree->sh("test -e /var/lib/kldload").exit_code, 1);
}

// Between the reading of InRelease and that of the list something new is published.
TEST_F(RealApt, AClientThatWasEarlierFindsTheListItKnowsOf) {
    const auto earlier = *files.read(tree->at("/srv/kldload/InRelease"));
    const auto lists = [&] { return files.list(tree->at("/srv/kldload/by-hash/SHA256"))->size(); };
    publish_version("2.0");
    EXPECT_EQ(lists(), 2U);
    publish_version("2.0");
    EXPECT_EQ(lists(), 2U) << "nothing new";
    ASSERT_TRUE(files.write(tree->at("/srv/kldload/InRelease"), earlier));
    tree->said("rm -rf /var/lib/apt/lists; apt-get update; apt-get install -y kldload-sample");
    EXPECT_EQ(tree->said("dpkg-query -W -f '${Version}' kldload-sample"), "1.0");
    publish_version("3.0");
    EXPECT_EQ(lists(), 2U) << "the first list is two lists old";
    tree->said("apt-get update; apt-get upgrade -y");
    EXPECT_EQ(tree->said("dpkg-query -W -f '${Version}' kldload-sample"), "3.0");
}

TEST_F(RealApt, AnAlteredPackageIsRefused) {
    const auto other = packed(test::sample_package("1.0", "altered\n"));
    ASSERT_TRUE(runner.run({.argv = {"cp", other, tree->at(kPackage)}}));
    const auto said = refusal();
    EXPECT_TRUE(said.find("Hash Sum mismatch") != std::string::npos ||
                said.find("unexpected size") != std::string::npos)
        << said;
}

TEST_F(RealApt, AListWithoutSignatureIsRefused) {
    ASSERT_TRUE(files.remove(tree->at("/srv/kldload/InRelease")));
    const auto said = refusal();
    EXPECT_NE(said.find("is not signed"), std::string::npos) << said;
}

TEST_F(RealApt, AListOfSomebodyElseIsRefused) {
    forget_key();
    publish_version("1.0");
    const auto said = refusal();
    EXPECT_NE(said.find("is not signed"), std::string::npos) << said;
}

}  // namespace
}  // namespace kld::apt
