// SPDX-License-Identifier: BSD-3-Clause
// What vouches for an image, checked by its own tools and by those that everybody has. No machine is started.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "support/spdx_rules.h"
#include "vm/acceleration.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

class Provenance : public testing::Test {
protected:
    /// At a fixed time, so that the bill of materials is the same: that of packages built without one, as another would
    /// make another tree.
    Result<Output> run(std::vector<std::string> argv) {
        argv.insert(argv.begin(), {"env", "--chdir=" + directory_.path()});
        return runner_.run(
            {.argv = argv, .timeout = std::chrono::hours(1), .environment = {"SOURCE_DATE_EPOCH=1767225600"}});
    }
    Result<Output> kldload(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), std::string(KLD_BIN_DIR) + "/kldload");
        return run(arguments);
    }
    nlohmann::json build() {
        const auto hash = vm::default_cache_directory() + "/test-images/root.hash";
        const auto made = kldload({"image", "debian-13", "--profile", "core", "--root-password-hash-file", hash,
                                   "--if-changed", "--json", "--output", "web1.qcow2"});
        EXPECT_TRUE(made.has_value()) << render(made.error());
        return made ? nlohmann::json::parse(made->out) : nlohmann::json();
    }
    std::string read(const std::string& name) { return files_.read(directory_.path() + "/" + name).value_or(""); }

    RealFiles files_{};
    ProcessRunner runner_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/var/tmp").value();
};

TEST_F(Provenance, OfAnImageHoldsAndEndsWithIt) {
    const auto report = build();
    ASSERT_TRUE(report.is_object());
    EXPECT_EQ(report["sbom"], "web1.qcow2.spdx.json");
    EXPECT_EQ(report["checksums"], "web1.qcow2.sha256");
    EXPECT_EQ(report["signature"], "web1.qcow2.sha256.p7s");
    KLD_ASSERT_OK(kldload({"verify", "web1.qcow2"}));

    // By what everybody has: docs/provenance.md.
    const std::string certificate = report["certificate"];
    KLD_ASSERT_OK(run({"openssl", "cms", "-verify", "-binary", "-purpose", "any", "-CAfile", certificate, "-inform",
                       "DER", "-in", "web1.qcow2.sha256.p7s", "-content", "web1.qcow2.sha256", "-out", "/dev/null"}));
    KLD_ASSERT_OK(run({"sha256sum", "--check", "--strict", "web1.qcow2.sha256"}));

    const auto spdx = read("web1.qcow2.spdx.json");
    EXPECT_EQ(join(spdx_faults(spdx), "\n"), "");
    const auto manifest = nlohmann::json::parse(read("web1.qcow2.manifest.json"));
    for (const auto& package : manifest["packages"])
        EXPECT_NE(spdx.find(package["sha256"].get<std::string>()), std::string::npos) << package.dump();
    for (const auto* boots : {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grubx64.efi", "EFI/BOOT/mmx64.efi"})
        EXPECT_NE(spdx.find(boots), std::string::npos) << boots;

    // An image that nothing vouches for is not current. The next has its own list, and the same bill of materials.
    EXPECT_EQ(build()["made"], false);
    const auto list = read("web1.qcow2.sha256");
    KLD_ASSERT_OK(files_.remove(directory_.path() + "/web1.qcow2.sha256.p7s"));
    EXPECT_EQ(build()["made"], true);
    KLD_ASSERT_OK(kldload({"verify", "web1.qcow2"}));
    EXPECT_NE(read("web1.qcow2.sha256"), list);
    EXPECT_EQ(read("web1.qcow2.spdx.json"), spdx);

    KLD_ASSERT_OK(run({"truncate", "--size=-1", "web1.qcow2"}));
    const auto cut = kldload({"verify", "web1.qcow2"});
    ASSERT_FALSE(cut.has_value());
    EXPECT_NE(render(cut.error()).find("web1.qcow2 has "), std::string::npos) << render(cut.error());
    EXPECT_NE(render(cut.error()).find("exit 3"), std::string::npos) << render(cut.error());
}

TEST_F(Provenance, TheMenuIsTheSameBytesAlsoWhenItIsMadeAgain) {
    KLD_ASSERT_OK(kldload({"modules", "publish", "debian-13", "--to", "repository"}));
    // A cache that has all but the menu: what a machine has that keeps it small.
    const auto ours = vm::default_cache_directory();
    const auto cache = directory_.path() + "/cache/kldload";
    KLD_ASSERT_OK(files_.make_directories(cache));
    const auto parts = files_.list(ours);
    KLD_ASSERT_OK(parts);
    for (const auto& part : *parts)
        if (part != "menu") KLD_ASSERT_OK(run({"ln", "--symbolic", ours + "/" + part, cache + "/" + part}));
    KLD_ASSERT_OK(run({"env", "XDG_CACHE_HOME=" + directory_.path() + "/cache", std::string(KLD_BIN_DIR) + "/kldload",
                       "modules", "publish", "debian-13", "--to", "repository"}));
    const auto made = files_.list(cache + "/menu");
    KLD_ASSERT_OK(made);
    EXPECT_NE(std::find_if(made->begin(), made->end(), [](const auto& name) { return name.ends_with(".efi"); }),
              made->end());
}

}  // namespace
}  // namespace kld::test
