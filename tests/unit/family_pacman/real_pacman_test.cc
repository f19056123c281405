// SPDX-License-Identifier: BSD-3-Clause
// Whether the real pacman takes what was published, and nothing else.
#include <gtest/gtest.h>

#include "family/pacman/package.h"
#include "family/pacman/repository.h"
#include "support/sample_repository.h"

namespace kld::pacman {
namespace {

constexpr const char* kPackage = "/srv/kldload/kldload-sample-1.0-1-x86_64.pkg.tar.zst";

class RealPackage : public test::SampleMachine {
protected:
    RealPackage() : SampleMachine({pack, publish, packing::KeyKind::ed25519}, "arch") {}
    void prepare() override {
        tree->write("/etc/pacman.conf", "[options]\nArchitecture = auto\nSigLevel = Required DatabaseOptional\n");
        tree->said("mkdir -p /var/lib/pacman /var/cache/pacman/pkg /etc/pacman.d && pacman-key --init");
    }
    std::string refusal() { return refusal_of("pacman -Syy --noconfirm kldload-sample"); }
    /// A new database of what lies in the repository, signed with the builder's key.
    void list_again() {
        with_key([&](const packing::RepositoryKey& key) -> Status {
            KLD_CHECK(runner.run({.argv = {"repo-add", "--quiet", "--sign", "--key", key.fingerprint,
                                           tree->at("/srv/kldload/kldload.db.tar.gz"), tree->at(kPackage)},
                                  .environment = {"GNUPGHOME=" + key.home}}));
            return {};
        });
    }
};

TEST_F(RealPackage, FromInstallToRemove) {
    tree->remember_names();
    tree->said("pacman -S --noconfirm kldload-sample");
    EXPECT_EQ(tree->said("sample; other-sample"), "sample\nsample\n");
    const auto checked = tree->said("pacman -Qkk kldload-sample");
    EXPECT_NE(checked.find("0 altered files"), std::string::npos) << checked;
    EXPECT_EQ(calls(), "installed ");

    tree->said("echo 'setting = 2' >/etc/kldload-sample/settings");
    publish_version("2.0");
    // -yy: what was published within the same second has the same date as the database that pacman holds.
    tree->said("pacman -Syyu --noconfirm");
    EXPECT_EQ(tree->said("pacman -Q kldload-sample; cat /etc/kldload-sample/settings"),
              "kldload-sample 2.0-1\nsetting = 2\n");
    EXPECT_EQ(calls(), "") << "an update is no installation and no removal";

    tree->said("cp -p /usr/lib/kldload/sample /test/kept && echo altered >/usr/lib/kldload/sample");
    const auto altered = tree->sh("pacman -Qkk kldload-sample");
    EXPECT_NE(altered.exit_code, 0) << altered.out;
    tree->said("cp -p /test/kept /usr/lib/kldload/sample && pacman -Rn --noconfirm kldload-sample");
    EXPECT_EQ(calls(), "before_removal removed ");
    EXPECT_EQ(tree->changed_names(), "");
    tree->said("pacman -S --noconfirm kldload-sample");
    EXPECT_EQ(calls(), "installed ") << "again after a removal";
}

TEST_F(RealPackage, AnAlteredPackageIsRefused) {
    alter(kPackage);
    const auto said = refusal();
    EXPECT_NE(said.find("invalid or corrupted package"), std::string::npos) << said;
}

TEST_F(RealPackage, AnAlteredPackageIsRefusedWhateverTheDatabaseSays) {
    const auto other = packed(test::sample_package("1.0", "altered\n"));
    ASSERT_TRUE(runner.run({.argv = {"cp", other, tree->at(kPackage)}}));
    list_again();
    const auto said = refusal();
    EXPECT_NE(said.find("invalid or corrupted package (PGP signature)"), std::string::npos) << said;
}

TEST_F(RealPackage, APackageWithoutSignatureIsRefused) {
    ASSERT_TRUE(files.remove(tree->at(std::string(kPackage) + ".sig")));
    list_again();
    const auto said = refusal();
    EXPECT_NE(said.find("failed retrieving file 'kldload-sample-1.0-1-x86_64.pkg.tar.zst.sig'"), std::string::npos)
        << said;
}

TEST_F(RealPackage, ADatabaseWithoutSignatureIsRefused) {
    const auto place = tree->at("/srv/kldload/kldload.db");
    ASSERT_TRUE(files.remove(place + ".sig"));
    ASSERT_TRUE(files.remove(place + ".tar.gz.sig"));
    const auto said = refusal();
    EXPECT_NE(said.find("failed retrieving file 'kldload.db.sig'"), std::string::npos) << said;
}

TEST_F(RealPackage, ADatabaseOfSomebodyElseIsRefused) {
    forget_key();
    list_again();
    const auto said = refusal();
    EXPECT_NE(said.find("kldload: key"), std::string::npos) << said;
}

}  // namespace
}  // namespace kld::pacman
