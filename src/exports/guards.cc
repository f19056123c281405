// SPDX-License-Identifier: BSD-3-Clause
#include "exports/guards.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "exports/environments.h"
#include "exports/identity.h"

namespace kld::exports {
namespace {

constexpr const char* kFallbackLoader = "efi/boot/bootx64.efi";

/// What an image of the pool alone would lack.
Status expect_in_pool(const World& world) {
    for (const std::string place : {"/boot", "/etc", "/usr", "/var", "/var/lib"}) {
        const auto* mount = zfs::mount_of(world.mounts, place);
        if (mount != nullptr && mount->type == "zfs" && boot::pool_of(mount->source) == world.pool) continue;
        return fail(fmt::format("{} is on {}, which is no part of the pool {}", place,
                                mount == nullptr ? "nothing known" : mount->source, world.pool),
                    "kexport takes a system along whose files are all in one pool", ExitCode::refused);
    }
    return {};
}

/// A new identity is written into the root file system.
Status expect_identity_on_root(const World& world) {
    for (const auto& place : identity_directories()) {
        const auto* mount = zfs::mount_of(world.mounts, place);
        if (mount == nullptr || mount->source == world.running) continue;
        return fail(fmt::format("{} is on {} and not on {}: the identity in it cannot be reset", place, mount->source,
                                world.running),
                    "--keep-identity leaves everything as it is", ExitCode::refused);
    }
    return {};
}

Status expect_place(const World& world, const Wish& wish) {
    if (world.directory_kind != FileKind::directory)
        return fail(directory_of(wish.output) + " is no directory", "choose another place with -o", ExitCode::usage);
    if (world.output_kind != FileKind::none)
        return fail(wish.output + " is there already", "choose another name with -o: nothing is overwritten",
                    ExitCode::refused);
    if (world.partial_kind != FileKind::none)
        return fail(work_of(wish) + " is there already, and everything is made in it",
                    "what an export left that was killed goes with the next one to the same place, without --dry-run; "
                    "anything else is yours: choose another name with -o",
                    ExitCode::refused);
    return {};
}

}  // namespace

bool is_encrypted(const boot::Dataset& dataset) {
    const auto& encryption = dataset.value("encryption");
    return encryption != "off" && encryption != "-";
}

Status check_system(const World& world, const Wish& wish) {
    if (wish.plain && wish.raw)
        return fail("--plain and --raw exclude each other", "choose one of them", ExitCode::usage);
    KLD_CHECK(expect_place(world, wish));
    if (!world.missing.empty())
        return fail("programs are missing: " + join(world.missing, ", "),
                    "they are in fdisk (sfdisk), dosfstools (mkfs.vfat), mtools (mmd, mcopy), qemu-utils or qemu-img "
                    "(qemu-img), or packages of like names",
                    ExitCode::refused);
    KLD_CHECK(expect_in_pool(world));
    if (!wish.keep_identity) KLD_CHECK(expect_identity_on_root(world));
    const auto is_loader = [](const image::EspFile& file) { return lower_case(file.target) == kFallbackLoader; };
    if (std::none_of(world.esp.files.begin(), world.esp.files.end(), is_loader))
        return fail(fmt::format("{} has no EFI/BOOT/BOOTX64.EFI", world.esp.place),
                    "another machine has no firmware entry for this system and looks there: copy its loader to that "
                    "name",
                    ExitCode::refused);
    return {};
}

Status check_encryption(const World& world, const Wish& wish, const std::vector<const boot::Dataset*>& exported) {
    std::vector<std::string> encrypted, locked;
    for (const auto* dataset : exported) {
        if (!is_encrypted(*dataset)) continue;
        encrypted.push_back(dataset->name);
        if (dataset->value("keystatus") != "available") locked.push_back(dataset->name);
    }
    if (encrypted.empty()) return {};
    if (!wish.plain && !wish.raw)
        return fail("encrypted datasets are exported only when it is said how: " + join(encrypted, ", "),
                    "--plain makes an image that is not encrypted; --raw keeps them encrypted, with the same "
                    "passphrase or key",
                    ExitCode::refused);
    if (wish.plain && !locked.empty())
        return fail("the key is not loaded of " + join(locked, ", "), "zfs load-key -r " + shell_quote(world.pool),
                    ExitCode::refused);
    if (!wish.raw) return {};
    if (contains(encrypted, world.pool))
        return fail(fmt::format("{} itself is encrypted: a pool cannot be made with a copy of its key", world.pool),
                    "--plain makes an image that is not encrypted", ExitCode::refused);
    for (const auto* dataset : exported) {
        const auto& root = dataset->value("encryptionroot");
        if (!is_encrypted(*dataset) || (zfs::lies_in(dataset->name, root) && contains(encrypted, root))) continue;
        // A clone has the key of what it was cloned from, wherever that is.
        return fail(
            fmt::format("{} has its key from {}, which does not lie above it in the image", dataset->name, root),
            "--plain makes an image that is not encrypted; zfs change-key gives it a key of its own",
            ExitCode::refused);
    }
    if (contains(encrypted, world.running) && !wish.keep_identity)
        return fail("nobody can write into a root that stays encrypted, so its identity cannot be reset",
                    "--keep-identity, when the copy is to take this machine's place; or --plain", ExitCode::refused);
    return {};
}

Status check_identities(const World& world, const std::vector<const boot::Dataset*>& exported) {
    for (const auto* environment : exported) {
        if (!is_other_environment(world, *environment)) continue;
        for (const auto* dataset : exported) {
            if (dataset == environment || !zfs::lies_in(dataset->name, environment->name)) continue;
            if (dataset->value("type") != "filesystem" || dataset->value("canmount") == "off") continue;
            const auto below = dataset->name.substr(environment->name.size());
            for (const auto& place : identity_directories())
                if (zfs::lies_in(place, below) || zfs::lies_in(place, dataset->value("mountpoint")))
                    return fail(fmt::format("{} of {} is on {}: the identity in it cannot be reset", place,
                                            environment->name, dataset->name),
                                "--keep-identity leaves everything as it is; without --all-environments it stays here",
                                ExitCode::refused);
        }
    }
    return {};
}

}  // namespace kld::exports
