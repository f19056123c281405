// SPDX-License-Identifier: BSD-3-Clause
// From a builder tree to signed modules: find or compile them, take foreign signatures off, sign, prove.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/result.h"
#include "modules/builder_tree.h"
#include "modules/signing_key.h"

namespace kld::modules {

/// Which modules are wanted: the exact kernel, and the packages they come from.
struct ModuleWish {
    std::string kernel;          ///< release, "6.12.107+deb13-amd64"
    std::string kernel_package;  ///< "linux-image-6.12.107+deb13-amd64"
    std::string kernel_version;  ///< version of that package, "6.12.107-1"
    std::string zfs_version;     ///< version of the package zfs-dkms, "2.3.9-0+deb13u1"
};

struct SignedModule {
    std::string name;      ///< "zfs"
    std::string bytes;     ///< unpacked, signed
    std::string version;   ///< as the module says
    std::string vermagic;  ///< as the module says
};

struct BuiltModules {
    std::vector<SignedModule> modules;  ///< zfs and all that it depends on and that was built with it, by name
    ModuleLayout layout;
    long epoch = 0;  ///< seconds: when the kernel package was made; 0 when unknown
};

/// Proves one finished module: vermagic names `kernel`, the version is of the same upstream release as `zfs_version`,
/// and the signature verifies with `certificate`. @returns an error that says which of these does not hold
Status check_module(std::string_view bytes, const std::string& name, const ModuleWish& wish,
                    const Certificate& certificate);

/// Takes zfs.ko and what it needs from the tree. What is missing is compiled by `dkms install` inside the tree; when
/// there is still no zfs.ko the error carries the end of the compiler's log. The private key stays in this process.
Result<BuiltModules> build_modules(Files& files, Events& events, const BuilderTree& tree, const ModuleWish& wish,
                                   const SigningKey& key);

}  // namespace kld::modules
