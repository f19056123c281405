// SPDX-License-Identifier: BSD-3-Clause
// The host's real apt, asked about a small archive made here.
#include "family/apt/resolver.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "digest/sha256.h"
#include "support/fakes.h"

namespace kld::apt {
namespace {

class Offers : public testing::Test {
protected:
    /// A package of nothing.
    static std::string stanza(const std::string& name, const std::string& depends = {}) {
        return fmt::format(
            "Package: {0}\nVersion: 1\nArchitecture: amd64\n{1}Filename: {0}.deb\nSize: 1\nSHA256: {2}\n"
            "Description: {0}\n\n",
            name, depends.empty() ? "" : "Depends: " + depends + "\n", sha256_hex(name));
    }
    void SetUp() override {
        put("main", stanza("linux-image-amd64", "linux-image-6.1-amd64") + stanza("linux-image-6.1-amd64") +
                        stanza("zfs-dkms") + stanza("smartmontools"));
        put("non-free-firmware", stanza("intel-microcode") + stanza("amd64-microcode"));
        release("s", "Date: Thu, 01 Jan 2026 00:00:00 UTC\n");
    }
    /// @param date  its line
    void release(const std::string& suite, const std::string& date) {
        const auto directory = directory_.path() + "/dists/" + suite;
        ASSERT_TRUE(files_.make_directories(directory));
        ASSERT_TRUE(
            files_.write(directory + "/Release", fmt::format("Suite: {0}\nCodename: {0}\nArchitectures: amd64\n"
                                                             "Components: main non-free-firmware\n{1}SHA256:\n{2}",
                                                             suite, date, index_)));
    }
    void put(const std::string& component, const std::string& packages) {
        const auto name = component + "/binary-amd64/Packages";
        ASSERT_TRUE(files_.make_directories(archive_ + "/" + component + "/binary-amd64"));
        ASSERT_TRUE(files_.write(archive_ + "/" + name, packages));
        index_ += fmt::format(" {} {} {}\n", sha256_hex(packages), packages.size(), name);
    }
    void copy_suite(const std::string& suite, const std::string& date) {
        const auto to = directory_.path() + "/dists/" + suite;
        ASSERT_TRUE(runner_.run({.argv = {"cp", "-r", archive_, to}}));
        release(suite, date);
    }
    std::string line(const std::string& suite, const std::string& components) {
        return fmt::format("deb [trusted=yes arch=amd64] file:{} {} {}", directory_.path(), suite, components);
    }
    Result<Resolved> resolved(const std::vector<std::string>& lines) {
        return resolve(runner_, files_, directory_.path() + "/apt", lines, "linux-image-amd64", "zfs-dkms");
    }
    Status check(const std::string& components, const std::vector<std::string>& wanted,
                 const std::vector<std::string>& packages) {
        KLD_CHECK(resolved({line("s", components)}));
        return check_offers(runner_, directory_.path() + "/apt", wanted, packages);
    }

    RealFiles files_{};
    ProcessRunner runner_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    std::string archive_ = directory_.path() + "/dists/s";
    std::string index_{};
};

TEST_F(Offers, WhatIsThereIsTakenInSilence) {
    const auto done =
        check("main non-free-firmware", {"non-free-firmware"}, {"intel-microcode", "amd64-microcode", "smartmontools"});
    EXPECT_TRUE(done.has_value()) << render(done.error());
    EXPECT_TRUE(check("main", {}, {}).has_value());
}

TEST_F(Offers, AComponentThatTheMirrorLacksIsNamed) {
    const auto done = check("main non-free", {"non-free"}, {});
    ASSERT_FALSE(done.has_value()) << "apt itself passes over it";
    EXPECT_EQ(done.error().message, "the mirror does not have the component non-free");
    EXPECT_NE(done.error().hint.find("sources.list.d"), std::string::npos);
}

TEST_F(Offers, EveryPackageThatTheArchiveLacksIsNamed) {
    const auto some = check("main", {}, {"smartmontools", "intel-microcode", "nothing"});
    ASSERT_FALSE(some.has_value());
    EXPECT_EQ(some.error().message, "the archive does not have intel-microcode, nothing");
    EXPECT_FALSE(check("main", {}, {"nothing"}).has_value());
}

TEST_F(Offers, VersionsAreThoseOfTheNewest) {
    ASSERT_TRUE(check("main", {}, {}));
    const auto versions = offered_versions(runner_, directory_.path() + "/apt", {"zfs-dkms", "linux-image-amd64"});
    ASSERT_TRUE(versions.has_value()) << render(versions.error());
    EXPECT_EQ(*versions, (std::vector<std::string>{"linux-image-amd64 1", "zfs-dkms 1"}));
    EXPECT_FALSE(offered_versions(runner_, directory_.path() + "/apt", {"zfs-dkms", "nothing"}));
}

constexpr long kFirstOfJanuary = 1767225600;  // 2026, 00:00 UTC: date --date=2026-01-01T00:00Z +%s

TEST_F(Offers, TheNewestReleaseDatesWhatIsMadeOfThem) {
    copy_suite("newer", "Date: Thu, 01 Jan 2026 00:01:01 UTC\n");
    const auto found = resolved({line("newer", "main"), line("s", "main")});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    EXPECT_EQ(found->date, kFirstOfJanuary + 61);
    EXPECT_EQ(resolved({line("s", "main")})->date, kFirstOfJanuary);
}

TEST_F(Offers, AReleaseWithoutADateHasNone) {
    release("s", "");
    const auto found = resolved({line("s", "main")});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    EXPECT_EQ(found->date, 0);
}

}  // namespace
}  // namespace kld::apt
