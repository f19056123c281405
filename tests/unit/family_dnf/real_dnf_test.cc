// SPDX-License-Identifier: BSD-3-Clause
// Whether the real dnf and rpm take what was published, and nothing else.
#include <gtest/gtest.h>

#include "family/dnf/repository.h"
#include "family/dnf/rpm.h"
#include "support/sample_repository.h"
#include "support/tiny_packages.h"

namespace kld::dnf {
namespace {

constexpr const char* kPackage = "/srv/kldload/kldload-sample-1.0-1.x86_64.rpm";

class RealRpm : public test::SampleMachine {
protected:
    RealRpm() : SampleMachine({pack, publish, packing::KeyKind::rsa}, "rhel fedora") {}
    void prepare() override {
        tree->write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nbest=True\nreposdir=/etc/yum.repos.d\n");
        const auto base = test::make_rpm_repository(runner, files, tree->at("/srv/base"),
                                                    {{.name = "shell", .version = "1", .provides = "/bin/sh"}});
        ASSERT_TRUE(base.has_value()) << render(base.error());
        tree->write("/etc/yum.repos.d/base.repo", "[base]\nname=base\nbaseurl=file:///srv/base\ngpgcheck=0\n");
    }
    std::string refusal() { return refusal_of("dnf -y --refresh install kldload-sample"); }
    /// A new list of what lies in the repository; signed with the builder's key, or with the signature of the one
    /// before.
    void list_again(bool with_signature) {
        const auto place = tree->at("/srv/kldload"), list = place + "/repodata/repomd.xml";
        ASSERT_TRUE(runner.run({.argv = {"createrepo_c", "--quiet", place}}));
        if (!with_signature) return;
        with_key([&](const packing::RepositoryKey& key) {
            return packing::sign(runner, key, {"--armor", "--detach-sign"}, list, list + ".asc");
        });
    }
};

TEST_F(RealRpm, FromInstallToRemove) {
    tree->said("dnf -y install shell");  // dnf has directories of its own
    tree->remember_names();
    tree->said("dnf -y install kldload-sample");
    EXPECT_EQ(tree->said("sample; other-sample; rpm -V kldload-sample"), "sample\nsample\n");
    EXPECT_EQ(calls(), "installed ");
    EXPECT_NE(tree->said("rpm -qi kldload-sample").find("RSA/SHA"), std::string::npos);

    tree->said("echo 'setting = 2' >/etc/kldload-sample/settings");
    publish_version("2.0");
    tree->said("dnf -y --refresh upgrade");
    EXPECT_EQ(tree->said("rpm -q kldload-sample; cat /etc/kldload-sample/settings"),
              "kldload-sample-2.0-1.x86_64\nsetting = 2\n");
    EXPECT_EQ(calls(), "") << "an update is no installation and no removal";

    tree->said("cp /usr/lib/kldload/sample /test/kept && echo altered >/usr/lib/kldload/sample");
    EXPECT_NE(tree->sh("rpm -V kldload-sample").exit_code, 0);
    tree->said("cp /test/kept /usr/lib/kldload/sample && dnf -y remove kldload-sample");
    EXPECT_EQ(calls(), "before_removal removed ");
    tree->said("rm -f /etc/kldload-sample/settings.rpmsave; rmdir /etc/kldload-sample");
    EXPECT_EQ(tree->changed_names(), "");
    tree->said("dnf -y install kldload-sample");
    EXPECT_EQ(calls(), "installed ") << "again after a removal";
}

TEST_F(RealRpm, AnAlteredPackageIsRefused) {
    alter(kPackage);
    EXPECT_NE(refusal().find("checksum"), std::string::npos) << "the list says another one";
}

TEST_F(RealRpm, AnAlteredPackageIsRefusedWhateverTheListSays) {
    alter(kPackage);
    list_again(true);
    const auto said = refusal();
    EXPECT_NE(said.find("GPG check FAILED"), std::string::npos) << said;
}

TEST_F(RealRpm, AListThatWasChangedIsRefused) {
    list_again(false);
    EXPECT_NE(refusal().find("repomd.xml GPG signature verification error: Bad GPG signature"), std::string::npos);
}

TEST_F(RealRpm, AListWithoutSignatureIsRefused) {
    ASSERT_TRUE(files.remove(tree->at("/srv/kldload/repodata/repomd.xml.asc")));
    const auto said = refusal();
    EXPECT_NE(said.find("repomd.xml.asc"), std::string::npos) << said;
}

TEST_F(RealRpm, AListOfSomebodyElseIsRefused) {
    forget_key();
    list_again(true);
    const auto said = refusal();
    EXPECT_NE(said.find("repomd.xml GPG signature verification error"), std::string::npos) << said;
}

TEST_F(RealRpm, APackageWithoutSignatureIsRefused) {
    ASSERT_TRUE(runner.run({.argv = {"cp", tree->at("/test/kldload-sample-1.0-1.x86_64.rpm"), tree->at(kPackage)}}));
    list_again(true);
    const auto said = refusal();
    EXPECT_NE(said.find("is not signed"), std::string::npos) << said;
}

}  // namespace
}  // namespace kld::dnf
