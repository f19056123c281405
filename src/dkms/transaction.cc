// SPDX-License-Identifier: BSD-3-Clause
#include "dkms/transaction.h"

#include <cctype>

#include "base/text.h"

namespace kld::dkms {
namespace {

constexpr std::string_view kImage = "linux-image-";
constexpr std::string_view kHeaders = "linux-headers-";
constexpr std::string_view kKbuild = "linux-kbuild-";

/// "linux-image-6.12.90+deb13-amd64" → the release; nothing for meta-packages and debug symbols.
std::string release_of(const std::string& name) {
    auto release = name.substr(kImage.size());
    if (release.empty() || std::isdigit(static_cast<unsigned char>(release[0])) == 0 || release.ends_with("-dbg"))
        return {};
    constexpr std::string_view kUnsigned = "-unsigned";
    if (release.ends_with(kUnsigned)) release.resize(release.size() - kUnsigned.size());
    return release;
}

/// The value of one field in the output of dpkg-deb.
std::string field(const std::string& text, const std::string& name) {
    for (const auto& line : lines(text))
        if (line.starts_with(name + ": ")) return std::string(trim(line.substr(name.size() + 2)));
    return {};
}

}  // namespace

Result<Transaction> read_transaction(Runner& runner, const std::string& list) {
    Transaction transaction;
    for (const auto& path : lines(list)) {
        const auto file = path.substr(path.rfind('/') + 1);
        // Most of a transaction is neither, and asking costs a process each. The name of the file is apt's own.
        if (!file.starts_with("linux-") && !file.starts_with("zfs-dkms_")) continue;
        KLD_TRY(const auto told, runner.run({.argv = {"dpkg-deb", "--field", path, "Package", "Version"}}));
        const Incoming incoming{field(told.out, "Package"), field(told.out, "Version"), path};
        if (incoming.name == "zfs-dkms") transaction.zfs_source.push_back(incoming);
        if (incoming.name.starts_with(kHeaders) || incoming.name.starts_with(kKbuild))
            transaction.build_packages.push_back(incoming);
        if (incoming.name.starts_with(kHeaders) || incoming.name.starts_with(kImage))
            transaction.kernel_packages.push_back(incoming);
        if (!incoming.name.starts_with(kImage)) continue;
        if (auto release = release_of(incoming.name); !release.empty())
            transaction.kernels.push_back(std::move(release));
    }
    return transaction;
}

Result<Machine> read_machine(Files& files) {
    Machine machine;
    constexpr std::string_view kSource = "zfs-";
    if (files.kind("/usr/src") == FileKind::directory) {
        KLD_TRY(const auto sources, files.list("/usr/src"));
        for (const auto& name : sources)
            if (name.starts_with(kSource) && files.exists("/usr/src/" + name + "/dkms.conf"))
                machine.source = name.substr(kSource.size());
    }
    KLD_TRY(const auto boot, files.list("/boot"));
    constexpr std::string_view kKernel = "vmlinuz-";
    for (const auto& name : boot) {
        if (!name.starts_with(kKernel)) continue;
        auto release = name.substr(kKernel.size());
        if (files.exists("/lib/modules/" + release + "/build")) machine.kernels.push_back(std::move(release));
    }
    return machine;
}

}  // namespace kld::dkms
