// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/format_rules.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/runner.h"
#include "base/text.h"

namespace kld::test {
namespace {

std::string said(const std::vector<std::string>& argv) {
    ProcessRunner runner;
    const auto output = runner.run({.argv = argv, .timeout = std::chrono::hours(1)});
    EXPECT_TRUE(output.has_value()) << render(output.error());
    return output ? output->out : std::string{};
}

}  // namespace

void expect_fixed_vhd(const std::string& image) {
    constexpr std::uint64_t kFooter = 512, kMiB = 1 << 20;
    const auto fd = Fd::open(image, O_RDONLY);
    ASSERT_TRUE(fd.has_value());
    const auto size = fd->size().value_or(0);
    ASSERT_GT(size, kFooter);
    EXPECT_EQ((size - kFooter) % kMiB, 0U);
    const auto footer = fd->read_at(kFooter, size - kFooter);
    ASSERT_TRUE(footer.has_value());
    EXPECT_TRUE(footer->starts_with("conectix"));
    constexpr std::size_t kCurrentSize = 48, kType = 60;
    EXPECT_EQ(hex(footer->substr(kType, 4)), "00000002") << "fixed";
    std::uint64_t stated = 0;
    for (const unsigned char byte : footer->substr(kCurrentSize, 8)) stated = stated << 8 | byte;
    EXPECT_EQ(stated, size - kFooter);
}

void expect_stream_optimized(const std::string& image) {
    const auto info = said({"qemu-img", "info", "--output", "json", image});
    EXPECT_NE(info.find("\"create-type\": \"streamOptimized\""), std::string::npos) << info;
}

void expect_appliance(const std::string& directory, const std::string& name) {
    const auto archive = directory + "/" + name + ".ova";
    const auto files = lines(said({"tar", "-tf", archive}));
    ASSERT_FALSE(files.empty());
    EXPECT_EQ(files[0], name + ".ovf");
    said({"tar", "-xf", archive, "-C", directory});
    const auto sums = said(
        {"sh", "-c", "cd \"$1\" && sed -n 's/^SHA256(\\(.*\\))= \\(.*\\)$/\\2  \\1/p' \"$2.mf\" | sha256sum --check",
         "sh", directory, name});
    EXPECT_EQ(lines(sums).size(), 2U) << sums;
    expect_stream_optimized(directory + "/" + name + "-disk1.vmdk");
}

}  // namespace kld::test
