// SPDX-License-Identifier: BSD-3-Clause
// Two machines from one tree, in formats that others import: the second needs no package manager, both boot side by
// side, and they have no identity in common.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "base/fd.h"
#include "base/text.h"
#include "image/formats.h"
#include "vm/acceleration.h"
#include "vm/support/format_rules.h"
#include "vm/support/system_checks.h"
#include "vm/support/test_images.h"

namespace kld::test {
namespace {

class Formats : public testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::make("/var/tmp");
        KLD_ASSERT_OK(made);
        directory_.emplace(std::move(*made));
    }
    std::string at(const std::string& name) const { return directory_->path() + "/" + name; }
    Output run(const std::vector<std::string>& argv) {
        ProcessRunner runner;
        const auto output = runner.run({.argv = argv, .timeout = std::chrono::hours(1)});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? *output : Output{-1, {}, {}};
    }
    /// An image of the tree that make-test-images made. @returns the stages of its build
    std::string build(const std::string& name, const std::string& format, const std::vector<std::string>& answers) {
        const auto keys = vm::default_cache_directory() + "/test-images";
        std::vector<std::string> argv{std::string(KLD_BIN_DIR) + "/kldload",
                                      "image",
                                      "debian-13",
                                      "--profile",
                                      "server",
                                      "--root-password-hash-file",
                                      keys + "/root.hash",
                                      "--user-name",
                                      "admin",
                                      "--user-ssh-keys-file",
                                      keys + "/id_ed25519.pub",
                                      "--hostname",
                                      name,
                                      "--format",
                                      format,
                                      "--output",
                                      at(name + "." + format)};
        argv.insert(argv.end(), answers.begin(), answers.end());
        return run(argv).err;
    }
    static std::unique_ptr<Guest> machine(const std::string& image) {
        GuestOptions options;
        options.image = image;
        options.user = "admin";
        options.identity = vm::default_cache_directory() + "/test-images/id_ed25519";
        auto guest = Guest::make(options);
        EXPECT_TRUE(guest.has_value()) << render(guest.error());
        return guest ? std::move(*guest) : nullptr;
    }

    /// The comparison sees one byte.
    void expect_differs(const std::string& raw, const std::string& image) {
        {
            const auto fd = Fd::open(raw, O_RDWR);
            ASSERT_TRUE(fd.has_value());
            constexpr off_t kMiddle = 700 << 20;
            char byte = 0;
            ASSERT_EQ(::pread(fd->get(), &byte, 1, kMiddle), 1);
            byte = static_cast<char>(byte ^ 1);
            ASSERT_EQ(::pwrite(fd->get(), &byte, 1, kMiddle), 1);
        }
        ProcessRunner runner;
        const auto compared = runner.run({.argv = {"qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, image},
                                          .timeout = std::chrono::hours(1),
                                          .accept = [](int) { return true; }});
        ASSERT_TRUE(compared.has_value());
        EXPECT_EQ(compared->exit_code, 1);
    }

    std::optional<TemporaryDirectory> directory_{};
};

TEST_F(Formats, TwoMachinesFromOneTreeHaveNothingInCommon) {
    const auto first = build("one", "ova", {});
    const auto second = build("two", "vhd", {"--pool-name", "tank", "--timezone", "Europe/Berlin"});
    for (const auto* step : {"root tree", "builder tree", "streams"})
        EXPECT_EQ(second.find(step), std::string::npos) << "the second image ran it again:\n" << second;
    expect_appliance(directory_->path(), "one");
    expect_fixed_vhd(at("two.vhd"));

    const auto one = machine(at("one-disk1.vmdk")), two = machine(at("two.vhd"));
    ASSERT_TRUE(one != nullptr && two != nullptr);
    KLD_ASSERT_OK(one->power_on());
    KLD_ASSERT_OK(two->power_on());
    KLD_ASSERT_OK(one->wait_for_ssh());
    KLD_ASSERT_OK(two->wait_for_ssh());
    const auto shell_one = over_ssh(*one), shell_two = over_ssh(*two);
    expect_healthy(shell_one, "rpool/ROOT/default");
    expect_healthy(shell_two, "tank/ROOT/default");
    EXPECT_EQ(answer(shell_two, "cat /etc/timezone"), "Europe/Berlin");
    EXPECT_EQ(answer(shell_one, "hostname"), "one");
    EXPECT_EQ(answer(shell_two, "hostname"), "two");
    const auto ids_one = identities(shell_one, "rpool"), ids_two = identities(shell_two, "tank");
    for (std::size_t i = 0; i < ids_one.size(); ++i) {
        EXPECT_FALSE(ids_one[i].empty());
        EXPECT_NE(ids_one[i], ids_two[i]);
    }
    // What they are made of is the same: one stream of changes can update both.
    const std::string base = "zfs get -H -o value guid ";
    EXPECT_EQ(answer(shell_one, base + "rpool/ROOT/default@base"), answer(shell_two, base + "tank/ROOT/default@base"));
    KLD_ASSERT_OK(one->shut_down_by_ssh());
    KLD_ASSERT_OK(two->shut_down_by_ssh());
}

TEST_F(Formats, AWholeImageIsTheSameDiskInEach) {
    RealFiles files;
    ProcessRunner runner;
    const auto image = image_path("debian-13-core");
    const auto raw = at("disk.raw");
    KLD_ASSERT_OK(image);
    run({"qemu-img", "convert", "-O", "raw", *image, raw});
    struct Case {
        std::string name, as;
        image::Format format;
        image::Compression compression = image::Compression::none;
    };
    using image::Compression, image::Format;
    for (const auto& one : std::vector<Case>{{"plain.qcow2", "qcow2", Format::qcow2},
                                             {"zlib.qcow2", "qcow2", Format::qcow2, Compression::zlib},
                                             {"zstd.qcow2", "qcow2", Format::qcow2, Compression::zstd},
                                             {"disk.vhd", "vpc", Format::vhd},
                                             {"disk.vmdk", "vmdk", Format::vmdk},
                                             {"disk.ova", "vmdk", Format::ova}}) {
        SCOPED_TRACE(one.name);
        KLD_ASSERT_OK(
            image::write_format(runner, files,
                                {.raw = raw,
                                 .output = at(one.name),
                                 .format = one.format,
                                 .compression = one.compression,
                                 .appliance = {.name = "disk", .cim_os_type = 101, .vmware_os_type = "other"}}));
        auto disk = at(one.name);
        if (one.format == Format::ova) {
            expect_appliance(directory_->path(), "disk");
            disk = at("disk-disk1.vmdk");
        }
        if (one.as == "qcow2") run({"qemu-img", "check", disk});
        run({"qemu-img", "compare", "-f", "raw", "-F", one.as, raw, disk});
        KLD_ASSERT_OK(files.remove(disk));
    }
    expect_differs(raw, *image);
}

}  // namespace
}  // namespace kld::test
