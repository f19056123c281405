// SPDX-License-Identifier: BSD-3-Clause
#include "dkms/prepare.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace kld::dkms {
namespace {

/// Ours: when a kernel's package is unpacked, dkms removes what it has built for that kernel.
constexpr const char* kTree = "/var/lib/kldload/dkms";
constexpr const char* kSources = "/usr/src";
constexpr const char* kKey = "/var/lib/dkms/mok.pub";
constexpr const char* kScratch = "/var/tmp";
constexpr std::size_t kLogLines = 12;
constexpr std::chrono::hours kPatience{4};

std::string version_of_source(const std::string& package_version) {
    return package_version.substr(0, package_version.rfind('-'));
}

/// What dkms made, whatever it says of it: its exit code is 0 for a kernel without headers.
bool has_module(Files& files, const std::string& version, const std::string& kernel) {
    const auto directory = fmt::format("{}/zfs/{}/{}", kTree, version, kernel);
    const auto architectures = files.list(directory);
    if (!architectures) return false;
    for (const auto& architecture : *architectures) {
        const auto modules = files.list(fmt::format("{}/{}/module", directory, architecture));
        if (!modules) continue;
        for (const auto& name : *modules)
            if (name.starts_with("zfs.ko")) return true;
    }
    return false;
}

Error did_not_compile(Files& files, const std::string& version, const std::string& kernel) {
    Error error{fmt::format("zfs {} does not compile for the kernel {}", version, kernel), {}, {}, ExitCode::refused};
    const auto path = fmt::format("{}/zfs/{}/build/make.log", kTree, version);
    if (const auto log = files.read(path)) error.details = last_lines(*log, kLogLines);
    error.details.push_back("all of it: " + path);
    return error;
}

Status compile(Tools& tools, const std::string& version, const std::string& kernel) {
    if (has_module(tools.files, version, kernel)) return {};
    tools.events.stage(fmt::format("zfs {} for {}", version, kernel));
    KLD_CHECK(tools.runner.run({.argv = {"dkms", "build", "-m", "zfs", "-v", version, "-k", kernel, "--dkmstree", kTree,
                                         "--sourcetree", kSources},
                                .timeout = kPatience,
                                .accept = [](int) { return true; }}));
    if (!has_module(tools.files, version, kernel)) return fail(did_not_compile(tools.files, version, kernel));
    return {};
}

/// A kernel of a machine with Secure Boot loads what is signed by an enrolled key; dkms signs with the machine's own.
Status check_key(Tools& tools) {
    const auto any = [](int) { return true; };
    const auto state = tools.runner.run({.argv = {"mokutil", "--sb-state"}, .accept = any});
    if (!state || state->out.find("SecureBoot enabled") == std::string::npos) return {};
    if (!tools.files.exists(kKey)) {
        KLD_CHECK(tools.runner.run({.argv = {"dkms", "generate_mok"}}));
    }
    KLD_TRY(const auto told, tools.runner.run({.argv = {"mokutil", "--test-key", kKey}, .accept = any}));
    if (told.out.find("is already enrolled") != std::string::npos) return {};
    return fail(fmt::format("Secure Boot is on, and the key that dkms signs modules with is not enrolled: {}", kKey),
                fmt::format("mokutil --import {}, reboot, and enrol it in the screen that comes", kKey),
                ExitCode::refused);
}

/// Every kernel that comes needs its headers now: dkms would skip it without a word.
Status check_headers(const Machine& machine, const Transaction& transaction) {
    for (const auto& kernel : transaction.kernels) {
        const auto headers = "linux-headers-" + kernel;
        const bool comes = std::any_of(transaction.build_packages.begin(), transaction.build_packages.end(),
                                       [&](const Incoming& incoming) { return incoming.name == headers; });
        if (comes || contains(machine.kernels, kernel)) continue;
        return fail(fmt::format("the kernel {} comes without its headers, so ZFS cannot be compiled for it", kernel),
                    fmt::format("apt-get install {} (and keep linux-headers-amd64 installed)", headers),
                    ExitCode::refused);
    }
    return {};
}

Status unpack(Tools& tools, const std::vector<Incoming>& packages, const std::string& directory) {
    for (const auto& package : packages)
        KLD_CHECK(tools.runner.run({.argv = {"dpkg-deb", "--extract", package.path, directory}}));
    return {};
}

constexpr const char* kPinsHead =
    "# Written by kldload-dkms: ZFS did not compile with these. Remove this file to try them again.\n";

/// One stanza for each version, so that packages of one source stay together. What was left out before still is: of two
/// versions that do not compile, apt would choose the other one each time.
std::string pins(const std::string& before, const std::vector<Incoming>& packages) {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& package : packages) names[package.version].push_back(package.name);
    std::string text = before.starts_with(kPinsHead) ? before : kPinsHead;
    for (const auto& [version, list] : names) {
        const auto stanza = fmt::format("\nPackage: {}\nPin: version {}\nPin-Priority: -1\n", join(list, " "), version);
        if (text.find(stanza) == std::string::npos) text += stanza;
    }
    return text;
}

Status leave_out(Tools& tools, Error error, const std::vector<Incoming>& packages) {
    KLD_CHECK(tools.files.write(kPins, pins(tools.files.read(kPins).value_or(""), packages)));
    error.hint =
        fmt::format("nothing was changed. apt leaves it out from now on: run it again for all else ({})", kPins);
    return fail(std::move(error));
}

/// An empty tree of records, unless what an interrupted transaction left in it is still of use.
Status make_tree(Tools& tools, const std::string& version, const std::vector<std::string>& kernels) {
    for (const auto& kernel : kernels)
        if (has_module(tools.files, version, kernel)) return {};
    KLD_CHECK(tools.files.remove(kTree));
    KLD_CHECK(tools.files.make_directories(kTree));
    KLD_CHECK(tools.runner.run(
        {.argv = {"dkms", "add", "-m", "zfs", "-v", version, "--dkmstree", kTree, "--sourcetree", kSources}}));
    return {};
}

/// A newer zfs-dkms replaces the modules of all kernels, so it is tried with all of them. Its package compiles them
/// once more: it takes a version that dkms knows already for an older installation, and removes it.
Status try_source(const std::vector<std::string>& kernels, const Transaction& transaction, Tools& tools,
                  const std::string& version) {
    for (const auto& kernel : kernels)
        if (auto done = compile(tools, version, kernel); !done)
            return leave_out(tools, std::move(done.error()), transaction.zfs_source);
    KLD_CHECK(tools.files.remove(kTree));
    return tools.files.remove(kPins);  // what did not compile with the older source may with this one
}

}  // namespace

Status prepare(const Machine& machine, const Transaction& transaction, Tools& tools) {
    if (machine.source.empty()) return {};
    if (transaction.kernels.empty() && transaction.zfs_source.empty()) return {};
    KLD_CHECK(check_headers(machine, transaction));
    KLD_CHECK(check_key(tools));
    KLD_TRY(const auto work, TemporaryDirectory::make(kScratch));
    const auto over = work.path() + "/tree";
    KLD_CHECK(tools.files.make_directories(over + "/usr"));
    KLD_CHECK(unpack(tools, transaction.build_packages, over));
    KLD_CHECK(unpack(tools, transaction.zfs_source, over));
    KLD_CHECK(tools.overlay(over + "/usr"));
    const bool newer = !transaction.zfs_source.empty();
    const auto version = newer ? version_of_source(transaction.zfs_source.front().version) : machine.source;
    std::set<std::string> kernels(transaction.kernels.begin(), transaction.kernels.end());
    if (newer) kernels.insert(machine.kernels.begin(), machine.kernels.end());
    const std::vector<std::string> wanted(kernels.begin(), kernels.end());
    KLD_CHECK(make_tree(tools, version, wanted));
    if (newer) return try_source(wanted, transaction, tools, version);
    for (const auto& kernel : wanted)
        if (auto done = compile(tools, version, kernel); !done)
            return leave_out(tools, std::move(done.error()), transaction.kernel_packages);
    return {};
}

}  // namespace kld::dkms
