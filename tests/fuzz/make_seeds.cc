// SPDX-License-Identifier: BSD-3-Clause
// Writes what the fuzzers begin with: fuzz-seeds DIRECTORY. The signed module is of another key each time, and
// builder.pem goes with it. Streams need a pool: corpus/stream/whole is what kldload-pool send gave of a tree of three
// files.
#include <iostream>

#include "modules/compression.h"
#include "modules/module_signature.h"
#include "samples/efi.h"
#include "samples/initramfs.h"
#include "samples/modules.h"
#include "unit/menu/xdr_writer.h"

namespace {

using namespace kld;

class Seeds {
public:
    explicit Seeds(std::string directory) : directory_(std::move(directory)) {}
    void add(const std::string& name, const std::string& bytes) {
        const auto path = directory_ + "/" + name;
        RealFiles files;
        if (files.make_directories(path.substr(0, path.rfind('/'))) && files.write(path, bytes, 0644)) return;
        std::cerr << "cannot write " << path << '\n';
        std::exit(1);
    }

private:
    std::string directory_;
};

void add_initramfs(Seeds& seeds) {
    using namespace initramfs::test;
    using initramfs::test::link;  // and not the one of unistd.h
    const auto elf = make_elf({"libzfs.so.4"}, "/lib64/ld.so");
    const auto plain = archive(
        {directory("etc"), program("etc/hostid", "abcd"), directory("usr"), directory("usr/sbin"), directory("usr/lib"),
         link("lib", "usr/lib"), link("sbin", "usr/sbin"), directory("lib/modules"), directory("lib/modules/6.1"),
         program("lib/modules/6.1/zfs.ko", "z"), program("lib/modules/6.1/modules.dep", "zfs.ko: spl.ko\n"),
         program("lib/modules/6.1/modules.builtin", "kernel/nvme.ko\n"), program("sbin/zpool", elf),
         program("usr/lib/libzfs.so.4.1", make_elf({"libgcc_s.so.1"})), link("usr/lib/libzfs.so.4", "libzfs.so.4.1")});
    seeds.add("corpus/initramfs/plain", plain);
    for (const auto format : kCompressions)
        seeds.add("corpus/initramfs/" + std::string(initramfs::format_name(format)),
                  archive({directory("kernel")}) + compress(format, plain));
}

void add_modules(Seeds& seeds) {
    using namespace modules::test;
    const auto plain = make_module({.debug_info = true});
    const auto module = modules::sign_module(plain, sample_key()).value();
    seeds.add("builder.pem", sample_key().certificate().pem());
    const auto signature = modules::sign_module("module", sample_key()).value();
    seeds.add("corpus/module_signature/signed", signature);
    constexpr std::size_t kTrailer = 12 + 28;
    seeds.add("corpus/module_signature/message", signature.substr(6, signature.size() - 6 - kTrailer));
    seeds.add("corpus/module_signature/twice", module + modules::sign_module("", sample_key()).value());
    seeds.add("corpus/kernel_module/signed", module);
    seeds.add("corpus/kernel_module/xz", modules::pack_xz(plain).value());
    seeds.add("corpus/kernel_module/zstd", zstd(plain));
    seeds.add("corpus/kernel_module/gzip", gzip(plain));
    seeds.add("corpus/kernel_image/signed", make_kernel("6.12.107+deb13-amd64 (debian) #1 SMP", true));
    seeds.add("corpus/kernel_image/unsigned", make_kernel("6.1 #1", false));
}

void add_labels(Seeds& seeds) {
    using menu::XdrList;
    const auto disk = [](std::uint64_t guid) { return XdrList().text("type", "disk").number("guid", guid); };
    const auto mirror = XdrList().text("type", "mirror").number("guid", 5).lists("children", {disk(10), disk(11)});
    seeds.add("corpus/label/mirror", XdrList()
                                         .text("name", "rpool")
                                         .number("state", 1)
                                         .number("txg", 4)
                                         .number("pool_guid", 77)
                                         .number("hostid", 0x00bab10c)
                                         .text("hostname", "a")
                                         .number("top_guid", 5)
                                         .number("guid", 10)
                                         .number("vdev_children", 2)
                                         .list("vdev_tree", mirror)
                                         .list("features_for_read", XdrList().flag("com.delphix:hole_birth"))
                                         .packed());
    seeds.add("corpus/label/disk", XdrList().number("pool_guid", 1).list("vdev_tree", disk(2)).packed());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Seeds seeds(argv[1]);
    add_initramfs(seeds);
    add_modules(seeds);
    add_labels(seeds);
    seeds.add("corpus/efi_program/signed", boot::test::make_efi_program({{".linux", "kernel"}, {".initrd", "i"}}));
    seeds.add("corpus/efi_program/unsigned", boot::test::make_efi_program({{".text", "x"}}, false));
}
