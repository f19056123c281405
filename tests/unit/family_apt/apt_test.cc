// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "base/text.h"
#include "digest/sha256.h"
#include "family/apt/deb.h"
#include "family/apt/index.h"
#include "family/apt/manifest.h"
#include "family/apt/repository.h"
#include "family/apt/resolver.h"
#include "family/apt/root_tree.h"
#include "family/apt/sources.h"
#include "packing/repository.h"
#include "support/fakes.h"

namespace kld::apt {
namespace {

catalog::Distro trixie() {
    RealFiles files;
    return catalog::find_distro(files, std::string(KLD_SOURCE_DIR) + "/catalog", "debian-13").value();
}

TEST(Sources, BothFormsAreRead) {
    const auto list = parse_list(
        "# x\ndeb [arch=amd64 signed-by=/k] http://a.test/debian/ bookworm main contrib # y\ndeb-src http://b x "
        "main\n");
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].uris, std::vector<std::string>{"http://a.test/debian"});
    EXPECT_EQ(list[0].components, (std::vector<std::string>{"main", "contrib"}));
    const auto deb822 = parse_deb822(
        "Types: deb\nURIs: http://a.test/d/\nSuites: trixie\n trixie-updates\nComponents: main\n\nTypes: "
        "deb-src\nURIs: http://b\n\nTypes: deb\nEnabled: no\nURIs: http://c\n");
    ASSERT_EQ(deb822.size(), 1U);
    EXPECT_EQ(deb822[0].suites, (std::vector<std::string>{"trixie", "trixie-updates"}));
}

TEST(Sources, MirrorsAreFoundAmongThirdPartyOnes) {
    test::FakeFiles files;
    files.entries["/etc/apt/sources.list.d/a.sources"] = {
        "Types: deb\nURIs: https://other.test/apt\nSuites: nodistro\nComponents: main\n"};
    files.entries["/etc/apt/sources.list.d/b.list"] = {
        "deb http://m.test/debian bookworm main\ndeb http://m.test/sec bookworm-security main\n"};
    const auto mirrors = find_mirrors(host_sources(files, ""));
    ASSERT_TRUE(mirrors.has_value());
    EXPECT_EQ(mirrors->archive, "http://m.test/debian");
    EXPECT_EQ(mirrors->security, "http://m.test/sec");
    EXPECT_EQ(builder_lines(trixie(), *mirrors)[2],
              "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.test/sec trixie-security main "
              "contrib");
}

TEST(Sources, AHostWithoutDebianArchiveIsAnErrorWithAWayOut) {
    const auto mirrors = find_mirrors({{{"https://other.test"}, {"nodistro"}, {"main"}}});
    ASSERT_FALSE(mirrors.has_value());
    EXPECT_NE(mirrors.error().hint.find("sources.list"), std::string::npos);
}

TEST(Sources, ComponentsOfAFeatureAreTheBuildersAndTheMachines) {
    RealFiles files;
    const auto metal = catalog::find_features(files, std::string(KLD_SOURCE_DIR) + "/catalog", {"metal"}, trixie());
    ASSERT_TRUE(metal.has_value()) << render(metal.error());
    const auto distro = catalog::with_components(trixie(), *metal);
    for (const auto& line : builder_lines(distro, {"http://m.test/debian", "http://m.test/sec"}))
        EXPECT_TRUE(line.ends_with(" main contrib non-free-firmware")) << line;
    EXPECT_EQ(target_sources("Types: deb\nURIs: http://v.test\nSuites: trixie\nComponents: main non-free\n", distro),
              "Types: deb\nURIs: http://v.test\nSuites: trixie\nComponents: main contrib non-free-firmware\n");
}

TEST(Sources, TargetKeepsTheVendorsFileButForTheComponents) {
    EXPECT_EQ(
        target_sources("## doc\nTypes: deb\nURIs: http://v.test\nSuites: trixie\nComponents: main contrib non-free\n",
                       trixie()),
        "Types: deb\nURIs: http://v.test\nSuites: trixie\nComponents: main contrib\n");
    EXPECT_EQ(target_sources("# doc\ndeb http://v.test bookworm main non-free\ndeb-src http://v.test bookworm main\n",
                             trixie()),
              "deb http://v.test bookworm main contrib\n");
}

TEST(Index, FieldsOfStanzas) {
    std::vector<std::string> seen;
    each_stanza("Package: a\nVersion: 1\nDescription: x\n Package: no\n\nPackage: b\n", [&](const Stanza& stanza) {
        seen.push_back(std::string(stanza.field("Package")) + "=" + std::string(stanza.field("Version")));
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"a=1", "b="}));
}

TEST(Manifest, NamesDigestAndSourceOfEveryInstalledPackage) {
    const std::string status =
        "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\nPackage: gone\nStatus: deinstall "
        "ok config-files\nVersion: 2\n";
    const auto manifest =
        make_manifest(status, {{"old", "Package: a\nArchitecture: amd64\nVersion: 0\nSHA256: 00\n"},
                               {"main", "Package: a\nArchitecture: amd64\nVersion: 1\nSHA256: 11\n"}});
    ASSERT_TRUE(manifest.has_value()) << render(manifest.error());
    ASSERT_EQ(manifest->size(), 1U);
    EXPECT_EQ(manifest->at(0).sha256, "11");
    EXPECT_EQ(manifest->at(0).source, "main");
    const auto missing = make_manifest(status, {});
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().message.find("a 1 is installed but no signed index"), std::string::npos);
}

TEST(Resolver, FlavoursAreToldApart) {
    for (const auto* yes : {"linux-image-6.12.107+deb13-amd64", "linux-image-6.1.0-56-amd64"})
        EXPECT_TRUE(is_of_flavour(yes, "linux-image-amd64")) << yes;
    for (const auto* no : {"linux-image-amd64", "linux-image-6.12.107+deb13-rt-amd64", "linux-image-cloud-amd64",
                           "linux-image-6.12.107+deb13-amd64-dbg", "linux-image-6.12.107+deb13-amd64-unsigned",
                           "linux-headers-6.12.107+deb13-amd64", ""})
        EXPECT_FALSE(is_of_flavour(no, "linux-image-amd64")) << no;
    EXPECT_TRUE(is_of_flavour("linux-image-6.12.107+deb13-cloud-amd64", "linux-image-cloud-amd64"));
    EXPECT_FALSE(is_of_flavour("linux-image-6.12.107+deb13-amd64", "linux-image-cloud-amd64"));
}

TEST(Sources, OurOwnCarriesItsKey) {
    EXPECT_EQ(own_source("https://x/debian-13", "-----BEGIN\n\nabc\n-----END\n"),
              "Types: deb\nURIs: https://x/debian-13\nSuites: ./\nSigned-By:\n -----BEGIN\n .\n abc\n -----END\n");
}

/// A repository in a directory, with packages of a version that changes.
class RepositoryTest : public testing::Test {
protected:
    TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp");
    RealFiles files_;
    ProcessRunner runner_;
    std::string at(const std::string& name) const { return directory_.path() + "/" + name; }
    std::string deb(const std::string& version, const std::string& content = "x") {
        const Package package{
            .name = "zfs-modules-x", .version = version, .summary = "s", .files = {{"usr/share/x", content}}};
        return *pack(runner_, files_, package, directory_.path(), 1700000000);
    }
    Result<Repository> publish_it(const std::vector<std::string>& debs) {
        return publish(runner_, files_, at("repository"), at("keys"), debs);
    }
};

TEST_F(RepositoryTest, OlderPackagesStayAndTheIndexIsSigned) {
    ASSERT_TRUE(publish_it({deb("1")}));
    const auto second = publish_it({deb("2")});
    ASSERT_TRUE(second.has_value()) << render(second.error());
    const auto packages = *files_.read(at("repository/Packages"));
    EXPECT_NE(packages.find("Version: 1\n"), std::string::npos) << packages;
    EXPECT_NE(packages.find("Version: 2\n"), std::string::npos);
    // As a machine would: the key alone, in a keyring of its own.
    ASSERT_TRUE(files_.make_directories(at("home")));
    ASSERT_TRUE(runner_.run({.argv = {"chmod", "700", at("home")}}));
    const auto gpg = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"gpg", "--batch", "--homedir", at("home")});
        return runner_.run({.argv = arguments}).has_value();
    };
    EXPECT_TRUE(gpg({"--import", at("repository/kldload-builder.asc")}));
    EXPECT_TRUE(gpg({"--verify", at("repository/InRelease")}));
    auto altered = *files_.read(at("repository/InRelease"));
    altered = replace_all(altered, "kldload", "kldloax");
    ASSERT_TRUE(files_.write(at("altered"), altered));
    EXPECT_FALSE(gpg({"--verify", at("altered")}));
}

TEST_F(RepositoryTest, TheListThatClientsKnowStaysWhereverAPublisherWasKilled) {
    ASSERT_TRUE(publish_it({deb("1")}));
    const auto first = *files_.read(at("repository/Packages"));
    ASSERT_TRUE(publish_it({deb("2")}));
    const auto second = sha256_hex(*files_.read(at("repository/Packages")));
    ASSERT_TRUE(files_.write(at("repository/Packages"), first));  // InRelease was renamed, and this was not
    ASSERT_TRUE(publish_it({deb("3")}));
    EXPECT_TRUE(files_.exists(at("repository/by-hash/SHA256/" + second)));
    EXPECT_FALSE(files_.exists(at("repository/by-hash/SHA256/" + sha256_hex(first))));
}

TEST_F(RepositoryTest, OnePublishesAtATime) {
    ASSERT_TRUE(publish_it({deb("1")}));
    auto lock = packing::lock_repository(at("repository"));
    ASSERT_TRUE(lock.has_value());
    auto other = std::async(std::launch::async, [&] { return publish_it({deb("2")}).has_value(); });
    EXPECT_EQ(other.wait_for(std::chrono::seconds(1)), std::future_status::timeout);
    EXPECT_FALSE(files_.exists(at("repository/zfs-modules-x_2_amd64.deb")));
    { const auto given_back = std::move(*lock); }
    EXPECT_TRUE(other.get());
}

TEST_F(RepositoryTest, APublishedPackageIsNeverChanged) {
    ASSERT_TRUE(publish_it({deb("1")}));
    EXPECT_TRUE(publish_it({deb("1")})) << "the same once more is nothing new";
    const auto other = publish_it({deb("1", "other content")});
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ExitCode::refused);
    EXPECT_NE(other.error().message.find("zfs-modules-x_1_amd64.deb is there already"), std::string::npos);
}

TEST(RootTree, ChecksSignaturesAndTakesNoShell) {
    TreeRequest request{.suite = "trixie",
                        .variant = "important",
                        .lines = {"deb [signed-by=/k] http://m trixie main"},
                        .packages = {"a", "b"},
                        .output = "/x/t.tar"};
    const auto argv = tree_argv(request);
    const auto line = shell_line(argv);
    EXPECT_NE(line.find("--include=a,b"), std::string::npos);
    EXPECT_EQ(line.find("trusted"), std::string::npos);
    EXPECT_EQ(line.find("llow-"), std::string::npos);
    EXPECT_EQ(argv.at(argv.size() - 2), "/x/t.tar.partial");
    EXPECT_TRUE(line.starts_with("unshare --mount --propagation=private mmdebstrap ")) << line;
}

TEST(RootTree, FailureLeavesNothingAndAnExistingTreeIsNotTouched) {
    test::FakeFiles files;
    test::CaptureEvents events;
    TreeRequest request{.suite = "trixie", .variant = "important", .output = "/x/tree"};
    {
        test::ReplayRunner runner;
        runner.expect(tree_argv(request), "", 25, "E: no such mirror");
        const auto made = make_tree(runner, files, events, request);
        ASSERT_FALSE(made.has_value());
        EXPECT_NE(render(made.error()).find("no such mirror"), std::string::npos);
        EXPECT_FALSE(files.exists("/x/tree"));
    }
    files.entries["/x/tree/etc/passwd"] = {};
    test::ReplayRunner idle;
    const auto refused = make_tree(idle, files, events, request);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
}

TEST(Deb, PacksFilesScriptsAndFields) {
    RealFiles files;
    ProcessRunner runner;
    auto directory = TemporaryDirectory::make("/tmp").value();
    const Package package{.name = "kld-test",
                          .version = "1.0",
                          .fields = {{"Depends", "zfs-initramfs"}},
                          .summary = "a test",
                          .description = "first\n\nsecond",
                          .files = {{"usr/lib/kld/x", "hello", 0755}},
                          .control = {{"postinst", "#!/bin/sh\n", 0755}}};
    const auto deb = pack(runner, files, package, directory.path(), 1700000000);
    ASSERT_TRUE(deb.has_value()) << render(deb.error());
    const auto listing = runner.run({.argv = {"dpkg-deb", "--contents", *deb}})->out;
    EXPECT_NE(listing.find("-rwxr-xr-x root/root"), std::string::npos) << listing;
    EXPECT_EQ(runner.run({.argv = {"dpkg-deb", "--field", *deb, "Depends"}})->out, "zfs-initramfs\n");
    const auto first = files.read(*deb).value();
    ASSERT_TRUE(pack(runner, files, package, directory.path(), 1700000000).has_value());
    EXPECT_EQ(files.read(*deb).value(), first) << "the same input gives the same bytes";
}

}  // namespace
}  // namespace kld::apt
