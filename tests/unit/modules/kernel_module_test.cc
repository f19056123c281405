// SPDX-License-Identifier: BSD-3-Clause
#include "modules/kernel_module.h"

#include <gtest/gtest.h>

#include "modules/compression.h"
#include "modules/kernel_image.h"
#include "samples/modules.h"
#include "support/fakes.h"

namespace kld::modules {
namespace {

using namespace test;

TEST(KernelModule, TellsItsFieldsInEveryCompression) {
    const auto plain = make_module();
    const auto xz = pack_xz(plain);
    ASSERT_TRUE(xz);
    EXPECT_NE(*xz, plain);
    for (const auto& bytes : {plain, *xz, gzip(plain), zstd(plain)}) {
        const auto module = inspect_module(bytes);
        ASSERT_TRUE(module) << render(module.error());
        EXPECT_EQ(module->name, "zfs");
        EXPECT_EQ(module->version, "2.3.9-0+deb13u1");
        EXPECT_EQ(module->release(), "6.12.107+deb13-amd64");
        EXPECT_EQ(module->depends, std::vector<std::string>{"spl"});
        EXPECT_FALSE(module->has_debug_info);
        EXPECT_FALSE(module->is_signed);
    }
}

TEST(KernelModule, SeesSeveralDependenciesAndNone) {
    EXPECT_EQ(inspect_module(make_module({.depends = "spl,icp,zlua"}))->depends.size(), 3U);
    EXPECT_TRUE(inspect_module(make_module({.depends = ""}))->depends.empty());
}

TEST(KernelModule, SeesDebugInformation) {
    EXPECT_TRUE(inspect_module(make_module({.debug_info = true}))->has_debug_info);
}

TEST(KernelModule, RefusesWhatIsNoModule) {
    EXPECT_EQ(message_of(inspect_module("#!/bin/sh")), "not a kernel module: it does not begin with the ELF magic");
    auto wide = make_module();
    wide[4] = 1;
    EXPECT_EQ(message_of(inspect_module(wide)), "not a kernel module: it is not a 64-bit little-endian ELF file");
    auto renamed = make_module();
    renamed.replace(renamed.find(".modinfo"), 8, ".nothing");
    EXPECT_EQ(message_of(inspect_module(renamed)), "not a kernel module: it has no section .modinfo");
}

TEST(KernelModule, RefusesAModinfoThatNoneHas) {
    EXPECT_TRUE(inspect_module(make_module({.version = std::string(500'000, 'v')})));
    EXPECT_TRUE(message_of(inspect_module(make_module({.version = std::string(1 << 20, 'v')})))
                    .starts_with("not a kernel module: its .modinfo has 10"));
}

TEST(KernelModule, NamesTheFileInTheError) {
    kld::test::FakeFiles files;
    files.entries["/m/zfs.ko"] = {"junk"};
    EXPECT_TRUE(message_of(inspect_module_file(files, "/m/zfs.ko")).starts_with("/m/zfs.ko: "));
}

TEST(KernelModule, SurvivesTruncationAndMutation) {
    const auto plain = make_module({.debug_info = true});
    int good = 0;
    torment(plain, 5000, [&](const std::string& bytes) { good += inspect_module(bytes) ? 1 : 0; });
    EXPECT_GT(good, 100);  // most bytes of a file are not those of its headers
}

TEST(Compression, RefusesTruncatedAndMutatedStreams) {
    const auto plain = make_module();
    for (const auto& packed : {*pack_xz(plain), gzip(plain), zstd(plain)}) {
        for (std::size_t size = 6; size < packed.size(); ++size)
            EXPECT_FALSE(unpack_module(packed.substr(0, size))) << size << " of " << packed.size();
        torment(packed, 1000, [](const std::string& bytes) { (void)unpack_module(bytes); });
    }
}

TEST(Compression, StopsAtTheLimit) {
    const std::string zeros(1 << 22, '\0');
    for (const auto& packed : {*pack_xz(zeros), gzip(zeros), zstd(zeros)}) {
        const auto out = unpack_module(packed, 1 << 20);
        ASSERT_FALSE(out);
        EXPECT_EQ(out.error().message, "the compressed module unpacks to more than 1 MiB");
    }
}

TEST(Compression, PacksAsTheKernelUnpacks) {
    const auto packed = pack_xz(make_module());
    ASSERT_TRUE(packed);
    // Stream flags of the xz format: 00 01 is CRC32.
    EXPECT_EQ(packed->substr(0, 8), std::string("\xfd"
                                                "7zXZ\0\0\1",
                                                8));
    EXPECT_EQ(*unpack_module(*packed), make_module());
}

TEST(KernelImage, TellsVersionAndSignature) {
    const auto image = inspect_kernel(make_kernel("6.12.107+deb13-amd64 (debian) #1 SMP", true));
    ASSERT_TRUE(image) << render(image.error());
    EXPECT_EQ(image->release(), "6.12.107+deb13-amd64");
    EXPECT_TRUE(image->pe_signed);
    EXPECT_FALSE(inspect_kernel(make_kernel("6.12.107+deb13-amd64", false))->pe_signed);
}

TEST(KernelImage, RefusesWhatIsNoKernel) {
    EXPECT_EQ(message_of(inspect_kernel("MZ")), "not a bootable x86 kernel image: the magic HdrS is missing");
    EXPECT_EQ(message_of(inspect_kernel(make_kernel("", true))),
              "not a bootable x86 kernel image: its version lies outside the file");
}

TEST(KernelImage, SurvivesTruncationAndMutation) {
    torment(make_kernel("6.12.107+deb13-amd64 #1", true), 5000,
            [](const std::string& bytes) { (void)inspect_kernel(bytes); });
}

}  // namespace
}  // namespace kld::modules
