// SPDX-License-Identifier: BSD-3-Clause
// What qemu-img writes is what importers are known to demand: docs/formats.md.
#include "image/formats.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/text.h"
#include "digest/sha256.h"
#include "image/ovf.h"
#include "image/tar.h"
#include "image/ustar.h"
#include "support/fakes.h"

namespace kld::image {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kDisk = 96 * kMiB;

/// Notes how long a program may take, by its name.
class NotingRunner final : public Runner {
public:
    Result<Output> run(const Command& command) override {
        timeouts[command.argv[0]] = command.timeout;
        return real_.run(command);
    }
    std::map<std::string, std::chrono::seconds> timeouts{};

private:
    ProcessRunner real_{};
};

class Formats : public testing::Test {
protected:
    void SetUp() override {
        const auto raw = Fd::open(raw_, O_RDWR | O_CREAT | O_TRUNC);
        ASSERT_TRUE(raw.has_value());
        ASSERT_EQ(::ftruncate(raw->get(), static_cast<off_t>(kDisk)), 0);
        // Data at both ends and in between, with nothing around it.
        for (const auto& [at, letter] :
             {std::pair(std::uint64_t{0}, 'a'), {40 * kMiB + 4096, 'b'}, {kDisk - 4096, 'c'}})
            ASSERT_TRUE(raw->write_at(std::string(4096, letter), at));
    }
    /// @returns the path of the new image
    std::string write(Format format, Compression compression = Compression::none) {
        const auto output = directory_.path() + "/machine." + name_of(format);
        const auto done = write_format(runner_, files_,
                                       {.raw = raw_,
                                        .output = output,
                                        .format = format,
                                        .compression = compression,
                                        .appliance = {.name = "web1",
                                                      .cpus = 4,
                                                      .memory_mib = 3072,
                                                      .cim_os_type = 96,
                                                      .vmware_os_type = "debian10_64Guest"},
                                        .time = 1700000000});
        EXPECT_TRUE(done.has_value()) << render(done.error());
        return output;
    }
    void expect_equal(const std::string& path, const std::string& format) {
        const auto compared = runner_.run({.argv = {"qemu-img", "compare", "-f", "raw", "-F", format, raw_, path}});
        EXPECT_TRUE(compared.has_value()) << render(compared.error());
    }
    static std::string bytes_at(const std::string& path, std::uint64_t at, std::size_t size) {
        return Fd::open(path, O_RDONLY)->read_at(size, at).value();
    }
    static std::uint64_t size_of(const std::string& path) { return Fd::open(path, O_RDONLY)->size().value(); }
    static std::uint64_t allocated(const std::string& path) {
        struct stat status {};
        ::stat(path.c_str(), &status);
        return static_cast<std::uint64_t>(status.st_blocks) * 512;
    }

    RealFiles files_{};
    NotingRunner runner_{};
    TemporaryDirectory directory_ = TemporaryDirectory::make("/tmp").value();
    std::string raw_ = directory_.path() + "/disk.raw";
};

template <typename Number>
Number big_endian(const std::string& bytes, std::size_t at) {
    Number number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = static_cast<Number>(number << 8 | static_cast<unsigned char>(bytes[at + i]));
    return number;
}

template <typename Number>
Number little_endian(const std::string& bytes, std::size_t at) {
    Number number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

TEST_F(Formats, ALargeDiskMayTakeADay) {
    write(Format::ova);
    EXPECT_EQ(runner_.timeouts["sha256sum"], std::chrono::hours(24));
    for (const auto format : {Format::qcow2, Format::vhd}) {
        runner_.timeouts.clear();
        write(format);
        EXPECT_EQ(runner_.timeouts["qemu-img"], std::chrono::hours(24));
    }
}

TEST_F(Formats, RawIsTheDiskItself) {
    const auto content = bytes_at(raw_, 0, kDisk);
    const auto path = write(Format::raw);
    EXPECT_EQ(bytes_at(path, 0, kDisk), content);
    EXPECT_LT(allocated(path), kMiB) << "it is sparse";
}

TEST_F(Formats, Qcow2InAllCompressions) {
    for (const auto& [compression, name] :
         {std::pair(Compression::none, "zlib"), {Compression::zlib, "zlib"}, {Compression::zstd, "zstd"}}) {
        const auto path = write(Format::qcow2, compression);
        expect_equal(path, "qcow2");
        const auto info = runner_.run({.argv = {"qemu-img", "info", "--output=json", path}});
        const auto parsed = nlohmann::json::parse(info->out);
        EXPECT_EQ(parsed["format-specific"]["data"]["compression-type"], name);
        EXPECT_EQ(parsed["format-specific"]["data"]["lazy-refcounts"], false);
        EXPECT_EQ(parsed["cluster-size"], 65536);
        const auto check = runner_.run({.argv = {"qemu-img", "check", path}});
        EXPECT_TRUE(check.has_value()) << render(check.error());
    }
}

TEST_F(Formats, VhdIsFixedAndOfExactSize) {
    const auto path = write(Format::vhd);
    expect_equal(path, "vpc");
    EXPECT_EQ(size_of(path), kDisk + 512) << "the disk and its footer, nothing else";
    EXPECT_LT(allocated(path), kMiB) << "it is sparse";
    auto footer = bytes_at(path, kDisk, 512);
    EXPECT_EQ(footer.substr(0, 8), "conectix");
    EXPECT_EQ(big_endian<std::uint64_t>(footer, 40), kDisk) << "original size";
    EXPECT_EQ(big_endian<std::uint64_t>(footer, 48), kDisk) << "current size: a whole number of MiB, as Azure demands";
    EXPECT_EQ(big_endian<std::uint32_t>(footer, 60), 2U) << "a fixed disk";
    EXPECT_EQ(big_endian<std::uint64_t>(footer, 16), ~std::uint64_t{0}) << "a fixed disk has no header";
    const auto told = big_endian<std::uint32_t>(footer, 64);
    footer.replace(64, 4, 4, '\0');
    std::uint32_t sum = 0;
    for (const char byte : footer) sum += static_cast<unsigned char>(byte);
    EXPECT_EQ(told, ~sum) << "the footer's own checksum";
}

void expect_stream_optimized(const std::string& head, const std::string& tail, const std::string& name) {
    EXPECT_EQ(head.substr(0, 4), "KDMV");
    EXPECT_EQ(little_endian<std::uint32_t>(head, 8) & 0x30000U, 0x30000U) << "compressed grains, with markers";
    EXPECT_EQ(little_endian<std::uint64_t>(head, 56), ~std::uint64_t{0}) << "the directory's place is in the footer";
    EXPECT_EQ(little_endian<std::uint16_t>(head, 77), 1U) << "deflate";
    const auto descriptor = head.substr(512, little_endian<std::uint64_t>(head, 36) * 512);
    EXPECT_NE(descriptor.find("createType=\"streamOptimized\""), std::string::npos) << descriptor;
    EXPECT_NE(descriptor.find("SPARSE \"" + name + "\""), std::string::npos) << descriptor;
    EXPECT_NE(descriptor.find("ddb.adapterType = \"lsilogic\""), std::string::npos) << descriptor;
    EXPECT_NE(descriptor.find("ddb.virtualHWVersion = \"15\""), std::string::npos) << descriptor;
    // Marker and footer, and the mark of the end.
    EXPECT_EQ(little_endian<std::uint32_t>(tail, 12), 3U) << "a footer follows";
    EXPECT_EQ(tail.substr(512, 4), "KDMV");
    EXPECT_NE(little_endian<std::uint64_t>(tail, 512 + 56), ~std::uint64_t{0});
    EXPECT_EQ(tail.substr(1024), std::string(512, '\0'));
}

TEST_F(Formats, VmdkIsStreamOptimizedUnderItsOwnName) {
    const auto path = write(Format::vmdk);
    expect_equal(path, "vmdk");
    expect_stream_optimized(bytes_at(path, 0, 64 << 10), bytes_at(path, size_of(path) - 1536, 1536), "machine.vmdk");
}

TEST_F(Formats, OvaIsAPlainTarInTheOrderThatImportersRead) {
    const auto path = write(Format::ova);
    EXPECT_EQ(bytes_at(path, 257, 6), std::string("ustar\0", 6));
    std::vector<std::string> names;
    std::map<std::string, std::string> contents;
    ASSERT_TRUE(read_tar(path, [&](const TarEntry& entry, const auto& content) -> Status {
        names.push_back(entry.path);
        EXPECT_TRUE(S_ISREG(entry.mode)) << "no pax header, no directory";
        KLD_TRY(contents[entry.path], content());
        return {};
    }));
    ASSERT_EQ(names, (std::vector<std::string>{"web1.ovf", "web1.mf", "web1-disk1.vmdk"}));
    const auto& disk = contents["web1-disk1.vmdk"];
    EXPECT_EQ(contents["web1.mf"], "SHA256(web1.ovf)= " + sha256_hex(contents["web1.ovf"]) +
                                       "\nSHA256(web1-disk1.vmdk)= " + sha256_hex(disk) + "\n");
    const auto unpacked = directory_.path() + "/web1-disk1.vmdk";
    ASSERT_TRUE(files_.write(unpacked, disk));
    expect_equal(unpacked, "vmdk");
    expect_stream_optimized(disk, disk.substr(disk.size() - 1536), "web1-disk1.vmdk");
    for (const auto& wanted :
         {"ovf:href=\"web1-disk1.vmdk\"", "ovf:fileRef=\"file1\"", "ovf:capacity=\"100663296\"", "firmware", "vmx-15"})
        EXPECT_NE(contents["web1.ovf"].find(wanted), std::string::npos) << wanted;
    EXPECT_NE(contents["web1.ovf"].find("ovf:size=\"" + std::to_string(disk.size()) + "\""), std::string::npos);
    EXPECT_EQ(files_.list(directory_.path()).value(),
              (std::vector<std::string>{"disk.raw", "machine.ova", "web1-disk1.vmdk"}))
        << "nothing else is left";
}

TEST(Ovf, IsTheDocumentedOne) {
    const auto text =
        ovf_descriptor({.name = "a <b> & \"c\"",
                        .cpus = 2,
                        .memory_mib = 2048,
                        .cim_os_type = 96,
                        .vmware_os_type = "debian10_64Guest"},
                       {.file = "disk1.vmdk", .file_bytes = 1, .capacity_bytes = 2, .populated_bytes = 3});
    test::expect_golden("image/appliance.ovf", text);
    // VirtualBox refuses what it does not know, unless it may.
    for (std::size_t at = text.find("<vmw:"); at != std::string::npos; at = text.find("<vmw:", at + 1))
        EXPECT_EQ(text.substr(at, text.find('>', at) - at).find("ovf:required=\"true\""), std::string::npos);
    EXPECT_NE(text.find("<vmw:Config ovf:required=\"false\" vmw:key=\"firmware\" vmw:value=\"efi\"/>"),
              std::string::npos);
}

TEST(Ovf, FilesTooLargeForTheFormAreRefusedBeforeTheyAreRead) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    const auto large = directory.path() + "/large";
    const auto fd = Fd::open(large, O_RDWR | O_CREAT);
    ASSERT_EQ(::ftruncate(fd->get(), 9LL << 30), 0);
    auto tar = UstarWriter::create(directory.path() + "/tar", 0);
    ASSERT_TRUE(tar.has_value());
    const auto copied = tar->copy("large", large);
    ASSERT_FALSE(copied.has_value());
    EXPECT_NE(copied.error().message.find("large"), std::string::npos) << copied.error().message;
    EXPECT_NE(tar->file(std::string(101, 'n'), "").error().message.find("too long"), std::string::npos);
}

TEST(FormatNames, AreKnownByNameAndByEnding) {
    for (const auto format : {Format::raw, Format::qcow2, Format::vhd, Format::vmdk, Format::ova}) {
        EXPECT_EQ(parse_format(name_of(format)), format);
        EXPECT_EQ(format_of_name(std::string("a.b/c.") + name_of(format)), format);
    }
    EXPECT_EQ(format_of_name("disk.img"), Format::raw);
    for (const auto& refused : {parse_format("vdi"), format_of_name("disk.vdi")}) {
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ExitCode::usage);
        EXPECT_NE(refused.error().hint.find("known: raw, qcow2, vhd, vmdk, ova"), std::string::npos);
    }
    EXPECT_EQ(parse_compression("lzma").error().code, ExitCode::usage);
    EXPECT_EQ(parse_compression("zstd"), Compression::zstd);
}

}  // namespace
}  // namespace kld::image
