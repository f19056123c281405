// SPDX-License-Identifier: BSD-3-Clause
#include "sample_tree.h"

#include <cstdlib>
#include <iostream>

#include "modules/compression.h"

namespace kld::modules::test {

SampleTree::SampleTree() {
    put("/var/lib/dpkg/status",
        "Package: linux-image-6.12.107+deb13-amd64\nStatus: install ok installed\nVersion: 6.12.107-1\n\n"
        "Package: zfs-dkms\nStatus: install ok installed\nVersion: 2.3.9-0+deb13u1\n");
    put("/var/lib/dpkg/info/linux-image-6.12.107+deb13-amd64.list",
        "/.\n/usr/lib/modules\n/usr/lib/modules/6.12.107+deb13-amd64/kernel/fs/ext4/ext4.ko.xz\n");
    put("/usr/lib/modules/6.12.107+deb13-amd64/modules.builtin", "");
    put("/usr/lib/modules/6.12.107+deb13-amd64/build/Makefile", "");
    put("/usr/src/zfs-2.3.9/META", "");
    put_module({.name = "spl", .depends = ""});
    put_module({.name = "zfs"});
}

void SampleTree::put(const std::string& path, const std::string& bytes) {
    const auto full = root() + path;
    if (files.make_directories(full.substr(0, full.rfind('/'))) && files.write(full, bytes)) return;
    std::cerr << "cannot write " << full << "\n";
    std::abort();
}

void SampleTree::put_module(const SampleModule& sample, const std::string& suffix) {
    const auto plain = make_module(sample);
    const auto bytes = suffix == ".ko.xz" ? *pack_xz(plain) : suffix == ".ko.zst" ? zstd(plain) : plain;
    put(built + "/" + sample.name + suffix, bytes);
}

}  // namespace kld::modules::test
