// SPDX-License-Identifier: BSD-3-Clause
#include "image/bios_notice.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/files.h"
#include "image/boot_disk.h"

namespace kld::image {
namespace {

constexpr std::size_t kCode = 440;  ///< what of the first sector is code; then disk signature and partition table

class BiosNotice : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(files_.write(loader_, "EFI program"));
        const auto made = make_boot_disk(runner_, disk_, *plan_disk(2ULL << 30), {{loader_, "EFI/BOOT/BOOTX64.EFI"}});
        ASSERT_TRUE(made.has_value()) << render(made.error());
    }
    std::string bytes(std::size_t size, std::uint64_t at) const {
        return Fd::open(disk_, O_RDONLY)->read_at(size, at).value();
    }
    std::string run(std::vector<std::string> argv, std::string input = {}) {
        const auto output = runner_.run({.argv = std::move(argv), .input = std::move(input)});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? output->out + output->err : "";
    }

    RealFiles files_{};
    ProcessRunner runner_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    std::string disk_ = directory_.path() + "/disk.raw", loader_ = directory_.path() + "/loader.efi";
};

TEST_F(BiosNotice, IsCodeWithTheTextInTheFirstSectorAlone) {
    EXPECT_EQ(bytes(kCode, 0), bios_notice());
    EXPECT_NE(bios_notice().find("kldload: this disk starts by UEFI"), std::string_view::npos);
    // A jump that no file system's boot sector begins with: the disk is not to be taken for one.
    EXPECT_EQ(bios_notice().front(), '\xea');
    const auto kind = runner_.run({.argv = {"blkid", "--probe", "--output", "export", disk_}});
    ASSERT_TRUE(kind.has_value()) << render(kind.error());
    EXPECT_NE(kind->out.find("PTTYPE=gpt"), std::string::npos) << kind->out;
    EXPECT_EQ(kind->out.find("\nTYPE="), std::string::npos) << kind->out;
}

TEST_F(BiosNotice, LeavesThePartitionTableAsItIs) {
    const auto table = run({"sfdisk", "--dump", disk_});
    const auto after_code = bytes((1 << 20) - kCode, kCode);
    EXPECT_EQ(after_code.substr(510 - kCode, 2), "\x55\xaa");
    EXPECT_EQ(after_code[450 - kCode], '\xee') << "one partition that says GPT";
    EXPECT_NE(run({"sfdisk", "--verify", disk_}).find("No errors detected"), std::string::npos);
    // The disk without it is the same but for the code.
    ASSERT_TRUE(Fd::open(disk_, O_RDWR)->write_at(std::string(kCode, '\0'), 0).has_value());
    EXPECT_EQ(run({"sfdisk", "--dump", disk_}), table);
    ASSERT_TRUE(write_bios_notice(disk_).has_value());
    EXPECT_EQ(bytes((1 << 20) - kCode, kCode), after_code);
}

TEST_F(BiosNotice, StaysWhenFirstBootGrowsThePool) {
    run({"truncate", "--size", "3G", disk_});
    run({"sfdisk", "--no-reread", "--no-tell-kernel", "--force", "-N", "2", disk_}, ", +\n");
    EXPECT_EQ(bytes(kCode, 0), bios_notice());
}

}  // namespace
}  // namespace kld::image
