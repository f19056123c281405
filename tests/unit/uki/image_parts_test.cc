// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.h"
#include "support/fakes.h"
#include "uki/elf.h"
#include "uki/initramfs_archive.h"
#include "uki/menu_content.h"
#include "uki/menu_drivers.h"
#include "uki/module_tree.h"

namespace kld::uki {
namespace {

constexpr const char* kModules = "/t/usr/lib/modules/6.1/";

/// A tree whose modules.dep names all required drivers except `without`.
test::FakeFiles tree_without(const std::string& without) {
    test::FakeFiles files;
    std::string dependencies;
    for (const auto& name : required_drivers())
        if (name != without) dependencies += "kernel/" + name + ".ko.xz:\n";
    files.entries[std::string(kModules) + "modules.dep"] = {dependencies};
    files.entries[std::string(kModules) + "modules.builtin"] = {"kernel/fs/efivarfs/efivarfs.ko\n"};
    files.entries["/t/boot/vmlinuz-6.1"] = {"kernel"};
    return files;
}

}  // namespace

TEST(ModuleTree, NamesDependenciesAndSoftDependencies) {
    test::FakeFiles files;
    files.entries[std::string(kModules) + "modules.dep"] = {
        "kernel/usb/xhci-pci.ko.xz: kernel/usb/xhci-hcd.ko.xz kernel/usb/usbcore.ko.xz\nkernel/usb/xhci-hcd.ko.xz: "
        "kernel/usb/usbcore.ko.xz\n"
        "kernel/usb/usbcore.ko.xz:\nkernel/fs/ext4.ko.xz:\nkernel/crypto/crc32c.ko.xz:\n"};
    files.entries[std::string(kModules) + "modules.softdep"] = {"# x\nsoftdep ext4 pre: crc32c not-there\n"};
    files.entries[std::string(kModules) + "modules.builtin"] = {"kernel/drivers/virtio/virtio_pci.ko\n"};
    const auto modules = ModuleTree::read(files, "/t", "6.1");
    ASSERT_TRUE(modules.has_value());
    EXPECT_TRUE(modules->contains("xhci-pci"));
    EXPECT_TRUE(modules->contains("xhci_pci"));
    EXPECT_TRUE(modules->built_in("virtio-pci"));
    EXPECT_EQ(modules->path("xhci_pci"), "kernel/usb/xhci-pci.ko.xz");
    EXPECT_EQ(modules->closure({"xhci-pci", "nothing"}), (std::set<std::string>{"xhci_pci", "xhci_hcd", "usbcore"}));
    EXPECT_EQ(modules->closure({"ext4"}), (std::set<std::string>{"ext4", "crc32c"}));
    EXPECT_EQ(modules->below("kernel/usb/"), (std::vector<std::string>{"usbcore", "xhci_hcd", "xhci_pci"}));
}

TEST(ModuleTree, AMissingIndexIsAnErrorThatNamesIt) {
    test::FakeFiles files;
    const auto modules = ModuleTree::read(files, "/t", "6.1");
    ASSERT_FALSE(modules.has_value());
    EXPECT_NE(modules.error().message.find("/t/usr/lib/modules/6.1/modules.dep"), std::string::npos);
}

TEST(Modules, SignatureAndVermagicAreChecked) {
    const auto unsigned_module = check_module("zfs",
                                              "\x7f"
                                              "ELF",
                                              "6.1");
    ASSERT_FALSE(unsigned_module.has_value());
    EXPECT_EQ(unsigned_module.error().message, "zfs.ko for kernel 6.1 is not signed");
    const auto other = check_module("zfs", "no elf~Module signature appended~\n", "6.1");
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().message, "zfs.ko was built for kernel '', not for 6.1");
    EXPECT_TRUE(has_signature("x~Module signature appended~\n"));
    EXPECT_FALSE(has_signature("x~Module signature appended~\n "));
}

TEST(Modules, EveryRequiredDriverIsMissedByName) {
    for (const auto* name : {"zfs", "nvme", "mpt3sas"}) {
        auto files = tree_without(name);
        const auto modules = ModuleTree::read(files, "/t", "6.1");
        ASSERT_TRUE(modules.has_value());
        const auto chosen = choose_modules(*modules, "6.1");
        ASSERT_FALSE(chosen.has_value());
        EXPECT_EQ(chosen.error().message,
                  std::string("the boot menu cannot be built: kernel 6.1 has no module ") + name);
    }
    auto files = tree_without("efivarfs");  // built in
    EXPECT_TRUE(choose_modules(*ModuleTree::read(files, "/t", "6.1"), "6.1").has_value());
}

TEST(Modules, TheNewestKernelWithZfsIsTaken) {
    auto files = tree_without("");
    files.entries["/t/usr/lib/modules/6.10/modules.dep"] = {"kernel/x.ko:\n"};
    files.entries["/t/usr/lib/modules/6.10/modules.builtin"] = {""};
    files.entries["/t/boot/vmlinuz-6.10"] = {"kernel"};
    const auto version = menu_kernel_version(files, "/t");
    ASSERT_TRUE(version.has_value());
    EXPECT_EQ(*version, "6.1");
    auto without = tree_without("zfs");
    const auto none = menu_kernel_version(without, "/t");
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().message, "no kernel in /t has a zfs module");
}

TEST(Elf, NeedsOfThisProgram) {
    RealFiles files;
    const auto bytes = files.read("/proc/self/exe");
    ASSERT_TRUE(bytes.has_value());
    const auto needs = elf_needs(*bytes);
    ASSERT_TRUE(needs.has_value());
    EXPECT_NE(std::find(needs->libraries.begin(), needs->libraries.end(), "libc.so.6"), needs->libraries.end());
    EXPECT_TRUE(needs->interpreter.starts_with("/lib"));
    EXPECT_EQ(elf_section(*bytes, ".interp"), needs->interpreter + std::string(1, '\0'));
    EXPECT_TRUE(elf_section(*bytes, ".nothing").empty());
}

TEST(Elf, BrokenFilesAreErrors) {
    EXPECT_FALSE(elf_needs("").has_value());
    EXPECT_FALSE(elf_needs("#!/bin/sh\n").has_value());
    RealFiles files;
    const auto bytes = files.read("/proc/self/exe");
    for (const std::size_t size : {4U, 63U, 64U, 100U})
        EXPECT_FALSE(elf_needs(bytes->substr(0, size)).has_value()) << size;
}

TEST(Elf, AMissingLibraryNamesWhoWantsIt) {
    RealFiles real;
    test::FakeFiles files;
    files.entries["/t/usr/bin/x"] = {*real.read("/proc/self/exe")};
    const auto closure = library_closure(files, "/t", {"/usr/bin/x"}, {});
    ASSERT_FALSE(closure.has_value());
    EXPECT_TRUE(closure.error().message.starts_with("/usr/bin/x needs lib")) << closure.error().message;
}

TEST(InitramfsArchive, ParentsAreMadeAndTheBytesAreTheSameEachTime) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    RealFiles files;
    const auto write = [&](const std::string& name) {
        InitramfsArchive archive;
        archive.add_file("usr/bin/x", "content", 0755);
        archive.add_link("bin", "usr/bin");
        archive.add_character_device("dev/console", 5, 1);
        EXPECT_TRUE(S_ISDIR(archive.nodes().at("usr/bin").mode));
        EXPECT_TRUE(S_ISDIR(archive.nodes().at("usr").mode));
        const auto path = directory->path() + "/" + name;
        const auto written = archive.write(path);
        EXPECT_TRUE(written.has_value());
        return files.read(path).value();
    };
    const auto first = write("a");
    EXPECT_EQ(first, write("b"));
    EXPECT_TRUE(first.starts_with("\x28\xb5\x2f\xfd")) << "zstd";
    const auto unpacked = read_module(files, directory->path() + "/a");  // any packed file will do
    ASSERT_TRUE(unpacked.has_value());
    EXPECT_TRUE(unpacked->starts_with("070701"));
    EXPECT_NE(unpacked->find("usr/bin/x"), std::string::npos);
}

TEST(InitramfsArchive, AnUnwritableOutputIsAnError) {
    const auto written = InitramfsArchive().write("/nowhere/at/all");
    ASSERT_FALSE(written.has_value());
    EXPECT_NE(written.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace kld::uki
