// SPDX-License-Identifier: BSD-3-Clause
// The bill of materials of an image that is made up of a few small files.
#include "pipeline/sbom.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "digest/sha256.h"
#include "family/apt/deb.h"
#include "family/apt/manifest.h"
#include "support/fakes.h"
#include "support/spdx_rules.h"

namespace kld::pipeline {
namespace {

using Json = nlohmann::json;

constexpr const char* kIndex = "m.test_debian_dists_trixie_main_binary-amd64_Packages";

apt::ManifestEntry debian_package(const std::string& name, const std::string& version) {
    return {.name = name,
            .version = version,
            .architecture = "amd64",
            .sha256 = sha256_hex(name + version),
            .source = kIndex,
            .path = fmt::format("pool/{}_{}_amd64.deb", name, version),
            .maintainer = "A B <a@b.test>",
            .built_from = name + " " + version};
}

apt::ManifestEntry our_package(const std::string& name, const std::string& built_using = {}) {
    return {.name = name,
            .version = "1",
            .architecture = "amd64",
            .sha256 = sha256_hex(name),
            .source = "kldload",
            .path = "./" + name + "_1_amd64.deb",
            .maintainer = packing::kMaintainer,
            .built_from = name + " 1",
            .built_using = built_using};
}

class ImageSbom : public testing::Test {
protected:
    void SetUp() override {
        for (const auto& made : {menu_.shim, menu_.mok_manager, tree_ + "/var/lib/dpkg/info/x"})
            ASSERT_TRUE(files_.make_directories(made.substr(0, made.rfind('/'))));
        put(menu_.shim, "shim");
        put(menu_.mok_manager, "mok");
        put(menu_.uki, "uki");
        put(at("kldload-menu"), "program");
        put(tree_ + "/var/lib/dpkg/info/shim-signed:amd64.list", "/usr/lib/shim/shimx64.efi.signed\n");
        put(tree_ + "/var/lib/dpkg/info/shim-helpers.list", "/usr/lib/shim/mmx64.efi.signed\n");
        put(menu_.tools_manifest,
            apt::manifest_json({debian_package("shim-signed", "1.44"), debian_package("shim-helpers", "1+15"), zlib_}));
        put(menu_.manifest, apt::manifest_json({zlib_, modules_}));
        put(at("manifest"), apt::manifest_json({zlib_, debian_package("apt", "3"), modules_, boot_}));
        archive_.distro = catalog::find_distro(files_, std::string(KLD_SOURCE_DIR) + "/catalog", "debian-13").value();
        archive_.lines = menu_.lines;
    }
    std::string at(const std::string& name) const { return directory_.path() + "/" + name; }
    void put(const std::string& path, const std::string& text) { ASSERT_TRUE(files_.write(path, text)); }
    Result<std::string> make(const std::string& image = "/out/web1.qcow2") {
        test::ReplayRunner nobody;
        Build build{nobody, files_, events_, {.cache = {}, .keys = {}, .data = {}, .programs = directory_.path()}};
        return image_sbom(build, archive_, loader_,
                          {.image = image, .profile = "core", .manifest = at("manifest"), .time = 1764190800});
    }
    static Json package(const Json& sbom, const std::string& name) {
        for (const auto& entry : sbom["packages"])
            if (entry["name"] == name) return entry;
        return {};
    }
    /// "CONTAINS: a b": names of what `from` is related to, in order.
    static std::string related(const Json& sbom, const std::string& from, const std::string& kind) {
        std::vector<std::string> names;
        for (const auto& relation : sbom["relationships"]) {
            if (relation["spdxElementId"] != package(sbom, from)["SPDXID"] || relation["relationshipType"] != kind)
                continue;
            for (const auto& entry : sbom["packages"])
                if (entry["SPDXID"] == relation["relatedSpdxElement"]) names.push_back(entry["name"]);
        }
        return join(names, " ");
    }

    RealFiles files_{};
    test::CaptureEvents events_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    std::string tree_ = directory_.path() + "/tools";
    Menu menu_{.uki = directory_.path() + "/menu.efi",
               .shim = tree_ + "/usr/lib/shim/shimx64.efi.signed",
               .mok_manager = tree_ + "/usr/lib/shim/mmx64.efi.signed",
               .tools_tree = tree_,
               .version = "0.1.0+6.12+2.3+1.47",
               .manifest = directory_.path() + "/menu.manifest",
               .tools_manifest = directory_.path() + "/tools.manifest",
               .lines = {"deb [signed-by=/k] http://m.test/debian trixie main"}};
    Loader loader_ = menu_;
    Archive archive_{};
    apt::ManifestEntry zlib_ = debian_package("zlib1g", "1:1.3+b1");
    apt::ManifestEntry modules_ = our_package("zfs-modules-6.12", "zfs-linux (= 2.3.9)");
    apt::ManifestEntry boot_ = our_package("kldload-boot");
};

TEST_F(ImageSbom, HoldsToTheRulesAndIsTheSameEachTime) {
    const auto text = make();
    ASSERT_TRUE(text.has_value()) << render(text.error());
    EXPECT_EQ(join(test::spdx_faults(*text), "\n"), "");
    EXPECT_EQ(make().value(), *text);
    EXPECT_EQ(make("/elsewhere/web1.qcow2").value(), *text) << "where the image lies is nobody's business";
    EXPECT_NE(make("/out/web2.qcow2").value(), *text);
}

TEST_F(ImageSbom, NamesAllThatIsInTheImageAndInItsMenu) {
    const auto sbom = Json::parse(make().value());
    EXPECT_EQ(related(sbom, "web1.qcow2", "CONTAINS"),
              "zlib1g apt zfs-modules-6.12 kldload-boot shimx64.efi.signed boot-menu mmx64.efi.signed");
    EXPECT_EQ(related(sbom, "boot-menu", "CONTAINS"), "kldload-menu zlib1g zfs-modules-6.12");
    EXPECT_EQ(related(sbom, "shimx64.efi.signed", "EXPANDED_FROM_ARCHIVE"), "shim-signed");
    EXPECT_EQ(related(sbom, "mmx64.efi.signed", "EXPANDED_FROM_ARCHIVE"), "shim-helpers");
    EXPECT_EQ(related(sbom, "zfs-modules-6.12", "GENERATED_FROM"), "zfs-linux");
    EXPECT_EQ(sbom["packages"].size(), 12U) << "what is in both is there once";
}

TEST_F(ImageSbom, NamesALoaderThatAPersonGave) {
    loader_ = ForeignLoader{"bytes", sha256_hex("bytes"), "2.3.0"};
    const auto text = make();
    ASSERT_TRUE(text.has_value()) << render(text.error());
    EXPECT_EQ(join(test::spdx_faults(*text), "\n"), "");
    const auto sbom = Json::parse(*text);
    EXPECT_EQ(related(sbom, "web1.qcow2", "CONTAINS"),
              "zlib1g apt zfs-modules-6.12 kldload-boot BOOTX64.EFI VMLINUZ.EFI");
    const auto loader = package(sbom, "VMLINUZ.EFI");
    EXPECT_EQ(loader["packageFileName"], "EFI/zbm/VMLINUZ.EFI");
    EXPECT_EQ(loader["checksums"][0]["checksumValue"], sha256_hex("bytes"));
    EXPECT_EQ(text->find("shim"), std::string::npos);
}

TEST_F(ImageSbom, SaysWhatIsKnownOfAPackage) {
    const auto sbom = Json::parse(make().value());
    const auto zlib = package(sbom, "zlib1g");
    EXPECT_EQ(zlib["downloadLocation"], "http://m.test/debian/pool/zlib1g_1:1.3+b1_amd64.deb");
    EXPECT_EQ(zlib["supplier"], "Person: A B (a@b.test)");
    EXPECT_EQ(zlib["checksums"][0]["checksumValue"], zlib_.sha256);
    EXPECT_EQ(zlib["externalRefs"][0]["referenceLocator"],
              "pkg:deb/debian/zlib1g@1:1.3%2Bb1?arch=amd64&distro=debian-13");
    EXPECT_EQ(zlib["licenseDeclared"], "NOASSERTION");
    EXPECT_EQ(package(sbom, "zfs-modules-6.12")["licenseDeclared"], "CDDL-1.0 AND GPL-2.0-or-later");
    EXPECT_EQ(package(sbom, "kldload-boot")["licenseDeclared"], "BSD-3-Clause");
    EXPECT_EQ(package(sbom, "kldload-boot")["downloadLocation"], "NOASSERTION");
    const auto shim = package(sbom, "shimx64.efi.signed");
    EXPECT_EQ(shim["packageFileName"], "EFI/BOOT/BOOTX64.EFI");
    EXPECT_EQ(shim["versionInfo"], "1.44");
    EXPECT_EQ(shim["checksums"][0]["checksumValue"], sha256_hex("shim"));
    EXPECT_EQ(package(sbom, "boot-menu")["checksums"][0]["checksumValue"], sha256_hex("uki"));
    EXPECT_FALSE(package(sbom, "web1.qcow2").contains("checksums"));
}

TEST_F(ImageSbom, ALoaderThatNoPackageOwnsIsAnError) {
    put(tree_ + "/var/lib/dpkg/info/shim-helpers.list", "/usr/lib/shim/fbx64.efi.signed\n");
    const auto made = make();
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().message.find("owns /usr/lib/shim/mmx64.efi.signed"), std::string::npos);
}

TEST_F(ImageSbom, ALoaderOfAPackageThatTheManifestDoesNotKnowIsAnError) {
    put(menu_.tools_manifest, apt::manifest_json({zlib_}));
    const auto made = make();
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().message, menu_.tools_manifest + " does not name shim-signed");
}

TEST_F(ImageSbom, ADamagedManifestIsAnErrorWithAWayOut) {
    put(at("manifest"), "{");
    const auto made = make();
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().message, at("manifest") + " is no manifest of packages");
    EXPECT_FALSE(made.error().hint.empty());
}

}  // namespace
}  // namespace kld::pipeline
