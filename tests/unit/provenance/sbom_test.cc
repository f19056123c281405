// SPDX-License-Identifier: BSD-3-Clause
#include "provenance/sbom.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "support/fakes.h"
#include "support/spdx_rules.h"

namespace kld::provenance {
namespace {

Component package(const std::string& name, const std::string& version) {
    return {.kind = "deb",
            .name = name,
            .version = version,
            .architecture = "amd64",
            .supplier = "Person: A B (a@b.test)",
            .download = "http://m.test/pool/" + name + ".deb",
            .source = "source package " + name,
            .sha256 = std::string(64, 'a'),
            .purl = "pkg:deb/debian/" + name + "@" + version};
}

Sbom sample(long time = 1764190800) {
    Sbom sbom("web1.qcow2", time, "kldload-0.1.0");
    const auto image = sbom.add({.kind = "image", .name = "web1.qcow2", .purpose = "FILE"});
    sbom.describe(image);
    sbom.relate(image, "CONTAINS", sbom.add(package("libstdc++6", "1:14-2+b1")));
    const auto modules = sbom.add(
        {.kind = "deb", .name = "zfs-modules", .version = "2.3.9+kld1", .license = "CDDL-1.0 AND GPL-2.0-or-later"});
    sbom.relate(image, "CONTAINS", modules);
    return sbom;
}

TEST(Sbom, IsTheGoldenOne) {
    test::expect_golden("provenance/web1.spdx.json", sample().json());
}

TEST(Sbom, HoldsToTheRulesOfTheSpecification) {
    EXPECT_EQ(join(test::spdx_faults(sample().json()), "\n"), "");
}

TEST(Sbom, TheSameCallsGiveTheSameBytesAndOthersAnotherNamespace) {
    EXPECT_EQ(sample().json(), sample().json());
    const auto space = [](const std::string& text) {
        return nlohmann::json::parse(text)["documentNamespace"].get<std::string>();
    };
    EXPECT_NE(space(sample().json()), space(sample(1764190801).json()));
    auto more = sample();
    more.add(package("c", "1"));
    EXPECT_NE(space(sample().json()), space(more.json()));
}

TEST(Sbom, IdentifiersAreUniqueAlsoWhereTheirLettersAreNotAllowed) {
    Sbom sbom("x", 0, "t");
    const auto plus = sbom.add(package("a+", "1")), tilde = sbom.add(package("a~", "1"));
    EXPECT_EQ(plus, "SPDXRef-deb-a--1-amd64");
    EXPECT_EQ(tilde, "SPDXRef-deb-a--1-amd64-2");
    EXPECT_EQ(sbom.add(package("a~", "1")), tilde) << "what is there already is not there twice";
    sbom.describe(plus);
    EXPECT_EQ(join(test::spdx_faults(sbom.json()), "\n"), "");
}

TEST(Sbom, TextThatIsNotUtf8DoesNoHarm) {
    auto odd = package("a", "1");
    odd.supplier = "Person: H\xe5vard";
    Sbom sbom("x", 0, "t");
    sbom.describe(sbom.add(odd));
    EXPECT_EQ(join(test::spdx_faults(sbom.json()), "\n"), "");
}

/// The rules themselves: each change breaks one.
TEST(SpdxRules, EveryFaultIsNamed) {
    const auto faults_of = [](const std::function<void(nlohmann::json&)>& change) {
        auto json = nlohmann::json::parse(sample().json());
        change(json);
        return join(test::spdx_faults(json.dump()), "\n");
    };
    const std::string first = "SPDXRef-image-web1.qcow2";
    EXPECT_EQ(faults_of([](auto& j) { j.erase("name"); }), "the document has no name");
    EXPECT_EQ(faults_of([](auto& j) { j["spdxVersion"] = "SPDX-2.2"; }),
              "the document has the spdxVersion \"SPDX-2.2\"");
    EXPECT_EQ(faults_of([](auto& j) { j["documentNamespace"] = "http://a#b"; }),
              "the document has the documentNamespace \"http://a#b\"");
    EXPECT_EQ(faults_of([](auto& j) { j["creationInfo"]["creators"].clear(); }), "creationInfo has no creators");
    EXPECT_EQ(faults_of([](auto& j) { j["creationInfo"]["created"] = "now"; }), "creationInfo has the created \"now\"");
    EXPECT_EQ(faults_of([](auto& j) { j["packages"][0]["colour"] = "red"; }), first + " has a colour");
    EXPECT_EQ(faults_of([](auto& j) { j["packages"][0]["supplier"] = "A B"; }), first + " has the supplier \"A B\"");
    EXPECT_EQ(faults_of([](auto& j) { j["packages"][0].erase("filesAnalyzed"); }),
              first + " has no packageVerificationCode");
    EXPECT_EQ(faults_of([](auto& j) { j["packages"][1]["checksums"][0]["checksumValue"] = "12"; }),
              "SPDXRef-deb-libstdc--6-1-14-2-b1-amd64 has the checksumValue \"12\"");
    EXPECT_EQ(faults_of([](auto& j) { j["packages"].push_back(j["packages"][0]); }), first + " is there twice");
    EXPECT_EQ(faults_of([](auto& j) { j["relationships"][1]["relatedSpdxElement"] = "SPDXRef-x"; }),
              "SPDXRef-x is in a relationship, and not there");
    EXPECT_EQ(faults_of([](auto& j) { j["relationships"].erase(0); }), "the document describes nothing");
    EXPECT_EQ(join(test::spdx_faults("{"), "\n"), "it is no JSON");
}

}  // namespace
}  // namespace kld::provenance
